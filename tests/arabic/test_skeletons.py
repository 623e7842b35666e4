import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.folding import fold, words
from rag.arabic.skeletons import skeletons


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
