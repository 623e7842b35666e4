"""What is removed or replaced is overwritten, in the library's file and in its log."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.library import Library
from rag.types import Article

LENGTHS = (20, 300, 3000)
"""Words; short articles share a page of the file, long ones overflow into pages of their own."""


def marked(number: int) -> tuple[bytes, bytes]:
    return f"سر{number:06d}س".encode(), f"title{number:06d}x".encode()


def article(rng: random.Random, number: int) -> Article:
    secret, title = (mark.decode() for mark in marked(number))
    words = " ".join(
        rng.choices(["قال", "الوزير", "إن", "المشروع", "سيبدأ", "غدا", "في", "المدينة"], k=rng.choice(LENGTHS))
    )
    return Article(f"a{number}", f"{secret} {words} {secret}.", title=title)


@pytest.mark.parametrize("at_once", [1, 100])
def test_no_letter_of_it_is_left(tmp_path: Path, at_once: int) -> None:
    rng = random.Random(at_once)
    path = tmp_path / "library.sqlite"
    with Library(path) as library:
        library._db.execute("PRAGMA wal_autocheckpoint = 0")  # so that nothing but the removal writes the file
        library.add([article(rng, number) for number in range(600)])
        gone = rng.sample(range(600), 100)
        library.add([Article(f"a{number}", "نص جديد تماما.") for number in gone[:20]])
        for start in range(0, 100, at_once):
            assert library.remove([f"a{number}" for number in gone[start : start + at_once]]) == []
        held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        kept = next(number for number in range(600) if number not in gone)
        assert marked(kept)[1] in held
    assert [number for number in gone if any(mark in held for mark in marked(number))] == []
