"""Names of Latin letters in Arabic ones."""

from pathlib import Path

import pytest

from rag.arabic.text.folding import fold
from rag.arabic.text.grams import word_grams
from rag.errors import ModelError
from rag.query.translation import NAMES
from rag.query.transliteration import Transliterator
from rag.search.embedding import SHIPPED
from training.transliteration import align, count


@pytest.fixture(scope="module")
def shipped() -> Transliterator:
    return Transliterator(SHIPPED / NAMES)


@pytest.mark.parametrize(
    ("name", "arabic"),
    [
        ("churkin", "تشوركين"),
        ("lavrov", "لافروف"),
        ("medvedev", "ميدفيديف"),
        ("kosachev", "كوساتشيف"),
        ("netanyahu", "نتنياهو"),
        ("abkhazia", "أبخازيا"),
    ],
)
def test_most_of_a_name_is_in_one_of_its_spellings(shipped: Transliterator, name: str, arabic: str) -> None:
    wanted = set(word_grams(fold(arabic)))
    shares = [len(wanted.intersection(word_grams(form))) / len(wanted) for form, _ in shipped.forms(name, 3)]
    assert max(shares) >= 0.5


def test_spellings_come_best_first_and_differ(shipped: Transliterator) -> None:
    found = shipped.forms("mohammed", 5)
    assert found[0][1] == 1
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    assert len({form for form, _ in found}) == 5


@pytest.mark.parametrize("name", ["a", "abu", "x" * 40])
def test_any_letters_are_spelled_with_letters(shipped: Transliterator, name: str) -> None:
    assert len(shipped.forms(name, 1)) == 1
    assert all(form for form, _ in shipped.forms(name, 9))


def test_what_is_no_name_by_its_length_has_no_spelling(shipped: Transliterator) -> None:
    assert shipped.forms("x" * 41, 3) == []


def test_what_is_not_latin_has_no_spelling(shipped: Transliterator) -> None:
    assert shipped.forms("g20", 3) == []


@pytest.mark.parametrize("data", [None, b"", b"not gzip"])
def test_a_damaged_model_is_named(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / NAMES
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ModelError, match="install the program again"):
        Transliterator(path)


def test_alignment_finds_which_letters_give_which() -> None:
    pairs = [("ban", "بان"), ("ban", "بن"), ("sam", "سام"), ("shab", "شاب"), ("nash", "ناش"), ("mas", "ماس")] * 5
    units = {unit for path in align(pairs) for unit in path}
    assert {("b", "ب"), ("n", "ن"), ("m", "م"), ("a", "ا")} <= units
    contexts = count(align(pairs))["contexts"]
    assert isinstance(contexts, dict)
    assert "" in contexts
