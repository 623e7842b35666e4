"""Bits that flip and ends that are lost: of an index it is found when it is opened next, and made good from the library; of the
library it is told, and no article is ever another than the one that was added while all is said to be well."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.errors import RagError
from rag.library import Library
from rag.search.catch_up import is_current
from rag.types import Article
from tests.conftest import SEEDS, open_retriever, parsed
from tests.slow.test_kills import QUESTIONS, made

pytestmark = pytest.mark.slow
_SEED = 20260102
FLIPS, CUTS = 10, 4
LIBRARY_FLIPS = 1500
ARTICLES = [Article(p.name, p.read_text("utf-8"), source="seeds") for p in sorted(SEEDS.glob("*.txt"))]
ARTICLES += [made(n) for n in range(40)]
Found = list[list[tuple[str, int, float]]]


def found(folder: Path) -> tuple[Found, list[str]]:
    """What is found in a home's index folder when it is opened, and what was said of it."""
    with Library(folder / "library.sqlite") as library:
        retriever = open_retriever(library)
        notices = retriever.catch_up()
        assert all(is_current(leg, library) for leg in (retriever.engine.lexical, retriever.engine.dense))
        asked = (*QUESTIONS, "ماذا قال تشوركين عن حلب؟")
        return [
            [(h.passage.article, h.passage.start, h.score) for h in retriever.search(parsed(q), 20)] for q in asked
        ], notices


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found]:
    """An index folder of two segments, one with passages taken out, and what is found in it when all of it is built anew."""
    folder = tmp_path_factory.mktemp("whole")
    for part in (ARTICLES[:20], ARTICLES[20:]):
        with Library(folder / "library.sqlite") as library:
            library.add(part)
        found(folder)
    fresh = tmp_path_factory.mktemp("fresh")
    shutil.copy(folder / "library.sqlite", fresh)
    return folder, found(fresh)[0]


def damages(data: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Ways to damage a file, each with its name."""
    for _ in range(FLIPS if data else 0):
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        yield f"bit {bit} of byte {place} flipped", data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]
    cuts = {0, 1, len(data) - 1, *(chance.randrange(len(data)) for _ in range(CUTS))} if data else set()
    for cut in sorted(cuts):
        yield f"cut at {cut}", data[:cut]
    yield "bytes more", data + b"\0"


def test_every_file_of_the_indexes(whole: tuple[Path, Found], tmp_path: Path) -> None:
    folder, wanted = whole
    names = [p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file() and "sqlite" not in p.name]
    assert {"stamp.json", "meta.json", "vectors.faiss"} <= {name.name for name in names}
    tried = 0
    for name in names:
        if name.name.endswith(".lock"):
            continue
        data = (folder / name).read_bytes()
        for how, damaged in [*damages(data, random.Random(f"{_SEED}{name.suffix}")), ("removed", None)]:
            home = tmp_path / "home"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(folder, home)
            if damaged is None:
                (home / name).unlink()
            else:
                (home / name).write_bytes(damaged)
            again, notices = found(home)
            if notices or how != "bytes more" or name.name != "vectors.faiss":  # there they may be a change cut short
                assert len(notices) == 1, f"{name}, {how}: {notices}"
                assert "built" in notices[0], f"{name}, {how}"
            _same(again, wanted, f"{name}, {how}")
            assert found(home)[1] == [], f"{name}, {how}: said again"
            tried += 1
    assert tried > 150


def _same(again: Found, wanted: Found, how: str) -> None:
    for one, two in zip(again, wanted, strict=True):
        assert [hit[:2] for hit in one] == [hit[:2] for hit in two], how
        assert [hit[2] for hit in one] == pytest.approx([hit[2] for hit in two], abs=1e-4), how


def _flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


@pytest.mark.parametrize(("damage", "times"), [(_flipped, LIBRARY_FLIPS), (_cut, 60)], ids=["flips", "cuts"])
def test_the_library(
    whole: tuple[Path, Found], tmp_path: Path, damage: Callable[[bytes, random.Random], bytes], times: int
) -> None:
    data, chance = (whole[0] / "library.sqlite").read_bytes(), random.Random(_SEED)
    by_id = {article.id: article for article in ARTICLES}
    said: list[str] = []
    for n in range(times):
        path = tmp_path / f"{n}.sqlite"
        path.write_bytes(damage(data, chance))
        try:
            with Library(path) as library:
                library.check()
                assert {row[0] for row in library.articles()} == set(by_id), (
                    f"{n}: an article is lost, and nothing said so"
                )
                for id_, article in by_id.items():
                    assert library.article(id_) == article, f"{n}: an article was altered, and nothing said so"
        except RagError as e:
            said.append(str(e))
        for left in tmp_path.glob(f"{n}.sqlite*"):
            left.unlink()
    assert all(str(tmp_path) in line and ";" in line for line in said), "it is told where, and what mends it"
    assert len(said) > times / 4
