"""Shapes become letters, the order of sight becomes the order of reading, and nothing is lost on the way."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.filenames import readable
from rag.arabic.text.presentation import in_reading_order, is_arabic, joined, letter_of_glyph, order_votes, plain

MIRRORED = str.maketrans(")]}>»›", "([{<«‹")


@pytest.mark.parametrize(
    ("drawn", "written"),
    [
        ("\ufefb \ufef5\ufef8", "لا لآلأ"),
        ("\ufdf2 \ufdfa \ufdfc", "الله \ufdfa \ufdfc"),
        ("\ufe8d\ufedf\ufedb\ufe98\ufe8e\ufe8f\ufeff", "الكتاب"),
        ("\ufe76\ufe77", "\u064e\u0640\u064e"),
    ],
)
def test_shapes(drawn: str, written: str) -> None:
    assert plain(drawn) == written


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("(يلع) لاق", "قال (علي)"),
        (")يلع( لاق", "قال (علي)"),
        ("«ديج» قافتا", "اتفاق «جيد»"),
        ("٢٠١٥ ماع يف", "في عام ٢٠١٥"),
        ("2,500.75 ةميق", "قيمة 2,500.75"),
        ("23/7/2015 يف", "في 23/7/2015"),
        ("4G ةكبش", "شبكة 4G"),
        ("Covid-19 سوريف", "فيروس Covid-19"),
        ("ةدحتملا (UN) ممألا", "الأمم (UN) المتحدة"),
    ],
)
def test_what_is_seen_is_read(seen: str, read: str) -> None:
    assert in_reading_order(seen, True) == read


def test_the_one_ligature_of_lam_and_alef() -> None:
    assert [letter_of_glyph(unit) for unit in ("ال", "أل", "لا", "ل", "ab")] == ["لا", "لأ", "لا", "ل", "ab"]


@pytest.mark.parametrize("text", ["قال الوزير في المدينة", "على الحكومة، إن", "\ufedb\ufe98\ufe8e\ufe8f"])
def test_votes_tell_the_orders_apart(text: str) -> None:
    assert order_votes(text) > 0 > order_votes(text[::-1])


def test_lines_join() -> None:
    assert joined("كتـ", "اب") == "كتاب"
    assert joined("de-", "cided") == "decided"
    assert joined("Anglo-", "American") == "Anglo- American"
    assert joined("في", "المدينة") == "في المدينة"


@given(st.text(st.sampled_from("ابتلأ\u064e٣5aZé (.,/)«»-%، ")), st.booleans())
def test_nothing_is_lost(seen: str, right_to_left: bool) -> None:
    read = in_reading_order(seen, right_to_left)
    assert Counter(read.translate(MIRRORED)) == Counter(seen.translate(MIRRORED))


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    plain(in_reading_order(text, is_arabic(text)))
    order_votes(text)


@given(st.binary())
def test_every_name_is_readable(name: bytes) -> None:
    assert isinstance(readable(name), str)


def test_a_name_of_western_dos() -> None:
    assert readable("Übung.txt".encode("cp437")) == "Übung.txt"
