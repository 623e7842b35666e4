import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic import clean, find, fold, fold_with_offsets, has_arabic, undirected
from rag.arabic.text.folding import word_counts, words

ANY_TEXT = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("مُحَمَّدٌ", "محمد"),
        ("العـــربية", "العربيه"),
        ("أإآٱا", "ااااا"),
        ("على", "علي"),
        ("مسؤول شيء رئيس", "مسوول شي رييس"),
        ("١٢٣ ۴۵۶", "123 456"),
        ("ﻻ ﷲ ﻣﺤﻤﺪ", "لا الله محمد"),
        ("Éric ÇELİK", "eric celik"),
        ("کتاب فارسی", "كتاب فارسي"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_fold_is_idempotent_on_every_character() -> None:
    for code in range(sys.maxunicode + 1):
        once = fold(chr(code))
        if once != chr(code) and unicodedata.category(chr(code)) != "Cs":
            assert fold(once) == once, hex(code)


@given(ANY_TEXT)
def test_offsets_lead_back_to_the_character_that_gave_each_letter(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    for letter, offset in zip(folded, offsets, strict=True):
        assert letter in fold(text[offset])


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("أي فرصة في النجاح", "ليست لديه «أي فرصة في النجاح».", "أي فرصة في النجاح"),
        ("اي فرصه فى النجاح", "ليست لديه «أيّ فُرصةٍ في النَّجاحِ».", "أيّ فُرصةٍ في النَّجاحِ"),
        ("سنة ٢٠١٥", "في سنة 2015 كان", "سنة 2015"),
        ("قال نعم", "قال: «نعم»", "قال: «نعم"),
    ],
)
def test_find_gives_the_original_words(quote: str, text: str, found: str) -> None:
    span = find(quote, text)
    assert span is not None
    assert text[slice(*span)] == found


@pytest.mark.parametrize(
    ("quote", "text"),
    [("فرص", "فرصة النجاح"), ("8", "عام 1998"), ("النجاح فرصة", "فرصة النجاح"), ("", "نص"), ("؟", "ماذا؟")],
)
def test_find_wants_whole_words_in_order(quote: str, text: str) -> None:
    assert find(quote, text) is None


@given(ANY_TEXT, st.integers(0, 200), st.integers(0, 200))
def test_find_never_crashes_and_its_offsets_are_exact(text: str, a: int, b: int) -> None:
    span = find(text[min(a, b) : max(a, b)], text)
    if span is not None:
        assert 0 <= span[0] < span[1] <= len(text)


def test_clean_takes_out_what_is_not_seen() -> None:
    assert clean(" \u202bماذا\u200f قال\x00\n تشوركين؟ \ud800") == "ماذا قال تشوركين؟"


def test_has_arabic() -> None:
    assert has_arabic("Churkin تشوركين")
    assert not has_arabic("Churkin 2016؟")


def test_text_without_direction_marks_keeps_lines_and_joiners() -> None:
    assert undirected("a\u202egpj.exe\u2069\u200f ب\u061c\x00\ud800") == "agpj.exe ب"
    assert undirected("سطر\n\tمی\u200cخواهم\u200d") == "سطر\n\tمی\u200cخواهم\u200d"


@given(ANY_TEXT, st.lists(st.integers(0, 60), max_size=6))
def test_words_are_counted_as_they_are_split(text: str, cuts: list[int]) -> None:
    places = sorted(min(cut, len(text)) for cut in cuts)
    spans = list(zip(places[::2], places[1::2], strict=False))
    assert word_counts(text, spans) == [len(words(text[start:end])) for start, end in spans]
    assert word_counts(text, [(0, len(text))]) == [len(words(text))]
