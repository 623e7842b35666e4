from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.morphology import (
    affixes,
    readings,
    skeletons,
    sounds,
    stem,
    stems,
    without_article,
    without_conjunction,
)
from rag.arabic.text.folding import fold, words
from rag.errors import TableError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("سيجتمع", "الاجتماع"),
        ("رفضته", "رفض"),
        ("اعترفت", "واعترافها"),
        ("معاهدة", "معاهدتي"),
        ("بندا", "بندين"),
        ("خروج", "يخرجون"),
        ("تعليق", "علقت"),
    ],
)
def test_forms_of_one_root_share_a_skeleton(one: str, other: str) -> None:
    assert skeletons(fold(one)) & skeletons(fold(other))


@pytest.mark.parametrize(("one", "other"), [("عاصمة", "معاهدة"), ("حرب", "بحر"), ("توفي", "وفد"), ("عمر", "أمر")])
def test_other_words_share_none(one: str, other: str) -> None:
    assert not skeletons(fold(one)) & skeletons(fold(other))


def test_a_word_of_few_consonants_has_none_and_a_latin_one_is_its_own() -> None:
    assert skeletons("في") == frozenset()
    assert skeletons("nato") == {"nato"}


@given(st.text())
def test_any_word_has_skeletons_of_three_letters_or_none(text: str) -> None:
    assert all(len(s) >= 3 for word in words(text) if not word.isascii() for s in skeletons(word))


@pytest.mark.parametrize(
    ("rule", "word", "left"),
    [
        (without_conjunction, "وقال", "قال"),
        (without_conjunction, "ولد", "ولد"),
        (without_article, "البيت", "بيت"),
        (without_article, "الله", "الله"),
        (without_article, "بالبيت", "بالبيت"),
        (stem, "تعترف", "عترف"),
        (stem, "اعترفت", "عترف"),
        (stem, "والرفض", "رفض"),
    ],
)
def test_what_each_rule_leaves(rule: Callable[[str], str], word: str, left: str) -> None:
    assert rule(word) == left


def test_all_stems_of_a_word() -> None:
    assert {"قصفتها", "قصفت", "قصف"} <= stems("قصفتها")
    assert "حركه" in stems("حركتها")
    assert "قصف" in stems("سيقصف")
    assert not stems("كتاب") & stems("كاتب")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("وليد", {"وليد", "ليد"}),
        ("ولروسيا", {"ولروسيا", "لروسيا", "روسيا"}),
        ("وبالاردن", {"وبالاردن", "بالاردن", "الاردن", "اردن"}),
        ("للبنان", {"للبنان", "لبنان", "بنان"}),
        ("والله", {"والله", "الله", "له"}),
        ("سيقول", {"سيقول", "يقول"}),
        ("في", {"في"}),
    ],
)
def test_all_readings_of_what_stands_before_a_word(word: str, found: set[str]) -> None:
    assert set(readings(word)) == found
    assert readings(word)[0] == word


def test_number_words_may_be_shorter() -> None:
    assert readings("وست") == ("وست",)
    assert readings("وست", 2) == ("وست", "ست")


def test_what_spellings_of_a_foreign_name_agree_in() -> None:
    assert sounds("هوجو") & sounds("هوغو")
    assert sounds("تشافيز") & sounds("شافيز")
    assert sounds("محمد") & sounds("محمود") == {"~~محمد"}
    assert sounds("جو") == frozenset()


def test_a_rule_without_affixes_is_told() -> None:
    with pytest.raises(
        TableError, match=r"affixes\.tsv: found no row for nothing, expected one of article used by nothing"
    ):
        affixes("nothing", "article")
