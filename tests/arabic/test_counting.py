"""Numbers of lists as people write them."""

from __future__ import annotations

import pytest

from rag.arabic.text.counting import ABJAD, ALPHABET, counted


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        (3, "decimal", "3"),
        (3, "arabicAbjad", "ج"),
        (3, "arabicAlpha", "ت"),
        (29, "arabicAbjad", "أأ"),
        (12, "hindiNumbers", "١٢"),
        (27, "lowerLetter", "aa"),
        (2, "upperLetter", "B"),
        (1994, "upperRoman", "MCMXCIV"),
        (4, "lowerRoman", "iv"),
        (7, "decimalZero", "07"),
        (5, "unknown", "5"),
        (0, "arabicAbjad", "أ"),
    ],
)
def test_numbers_are_written_as_lists_write_them(number: int, form: str, written: str) -> None:
    assert counted(number, form) == written


def test_both_orders_have_the_same_letters() -> None:
    assert sorted(ABJAD) == sorted(ALPHABET)
    assert len(set(ABJAD)) == 28
