"""What is said once more, and what is said otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.repeats import not_told_before, repeats

SAID = (
    "قتل خمسة أشخاص وجرح 7 آخرون في انفجار وقع أمس الثلاثاء وسط المدينة، وأعلنت الشرطة أنها لم تعتقل أحدا. "
    "وقال المتحدث باسم الوزارة إن التحقيق مستمر لمعرفة أسباب الحادث."
)
NEAR = {frozenset("ab")}


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "قُتل 5 أشخاص وجُرح سبعة آخرون في انفجار وقع أمس الثلاثاء وسط المدينة، وأعلنت الشرطة أنها لم تعتقل أحداً",
        "وقال المتحدّث بإسم الوزارة: إن التحقيق مستمر",
        "وأعلنت الشرطة أنها لم تعتقل أحدا",
        "",
    ],
)
def test_the_same_in_other_spelling_or_a_part_of_it_is_a_repetition(text: str) -> None:
    assert repeats(text, SAID)


@pytest.mark.parametrize(
    "text",
    [
        "قتل ستة أشخاص وجرح 7 آخرون في انفجار وقع أمس الثلاثاء وسط المدينة، وأعلنت الشرطة أنها لم تعتقل أحدا.",
        "قتل 7 أشخاص وجرح خمسة آخرون في انفجار وقع أمس الثلاثاء وسط المدينة، وأعلنت الشرطة أنها لم تعتقل أحدا.",
        "قتل خمسة أشخاص وجرح 7 آخرون في انفجار وقع أمس الأربعاء وسط المدينة، وأعلنت الشرطة أنها لم تعتقل أحدا.",
        "وأعلنت الشرطة أنها تعتقل أحدا",
        "وقال المتحدث باسم الوزارة إن التحقيق لم يستمر",
        "وقال المتحدث باسم البلدية إن التحقيق مستمر لمعرفة أسباب الحادث.",
        f"{SAID} وأضاف أن المستشفيات استقبلت المصابين وأن حالة اثنين منهم خطيرة بينما غادر الباقون بعد العلاج.",
    ],
)
def test_other_numbers_days_names_and_denials_are_none(text: str) -> None:
    assert not repeats(text, SAID)


def test_only_near_duplicates_repeat_each_other_and_the_first_stays() -> None:
    items = [("a", SAID), ("c", SAID), ("a", SAID), ("b", SAID), ("b", "وصل 12 وزيرا إلى القمة."), ("c", SAID)]
    assert not_told_before(items, NEAR) == [0, 1, 2, 4, 5]
    assert not_told_before(items, set()) == [0, 1, 2, 3, 4, 5]


def test_what_several_said_together_is_a_repetition() -> None:
    first, second = SAID.split(". ")
    items = [("a", first), ("a", second), ("b", SAID)]
    assert not_told_before(items, NEAR) == [0, 1]
    assert not_told_before(items[1:], NEAR) == [0, 1]


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_repeats_itself_and_what_holds_it(text: str, other: str) -> None:
    assert repeats(text, text)
    repeats(text, other)
