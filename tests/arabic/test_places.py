import pytest

from rag.arabic.morphology import readings
from rag.arabic.rules.places import country
from rag.arabic.text.folding import fold


@pytest.mark.parametrize(
    ("word", "other"),
    [("واشنطن", "الأميركي"), ("أمريكا", "الولايات"), ("موسكو", "والروسية"), ("سوريا", "سورية"), ("لندن", "البريطاني")],
)
def test_a_country_by_its_names(word: str, other: str) -> None:
    assert not country(fold(word)).isdisjoint(readings(fold(other)))


@pytest.mark.parametrize("word", ["مجلس", "روسو", "", "washington"])
def test_other_words_name_none(word: str) -> None:
    assert country(fold(word)) == frozenset()
