"""Raised digits: a note's number never becomes part of the number before it, and a power never loses its sign."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.raised import apart, raised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("عام 1935²، ثم", "عام 1935 ²، ثم"),
        ("في عهد رشيد³. وبعده", "في عهد رشيد ³. وبعده"),
        ("مساحتها 12 كم² وارتفاعها 10³ أمتار", "مساحتها 12 كم² وارتفاعها 10³ أمتار"),
        ("x² + 10⁻³", "x² + 10⁻³"),
        ("انتهى.⁴وقال", "انتهى. ⁴ وقال"),
        ("نجيب[⁵]، وخالد(⁶)", "نجيب[5]، وخالد(6)"),
        ("عام 1935¹,² كذا", "عام 1935 ¹,² كذا"),
        ("١٩٣٥⁴", "١٩٣٥ ⁴"),
    ],
)
def test_notes_stand_apart_and_powers_stay(text: str, expected: str) -> None:
    assert apart(text) == expected == apart(expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("12", "¹²"), ("٤", "⁴"), ("[5]", "[⁵]"), ("-3", "⁻³"), ("th", "th"), ("*", "*")]
)
def test_numbers_become_raised_signs(text: str, expected: str) -> None:
    assert raised(text) == expected


@given(st.integers(0, 10**9), st.integers(0, 999), st.sampled_from(["", " ", ".", "،", " كلمة"]))
def test_a_number_keeps_its_digits_whatever_is_raised_behind_it(number: int, mark: int, behind: str) -> None:
    found = apart(f"عدد {number}{raised(str(mark))}{behind}")
    assert re.findall(r"\d+", found) == [str(number)]
    assert number == 10 or re.search(rf"\b{number}\b", found)


@given(st.text(max_size=60))
def test_a_text_without_raised_digits_stays(text: str) -> None:
    assert apart(text) == text or re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", text)
