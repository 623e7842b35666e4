import pytest

from rag.arabic.rules.varieties import variety
from rag.arabic.rules.words import bare_words
from rag.arabic.text import scripts


@pytest.mark.parametrize(
    ("question", "asked_in"),
    [
        ("شو قال تشوركين؟", "dialect"),
        ("الأسطول رايح فين؟", "dialect"),
        ("إمتى سافر؟", "dialect"),
        ("القاهرة فيها إيه؟", "dialect"),
        ("ما أطول آية في القرآن؟", "standard"),  # folded, «آية» is «إيه»
        ("من هو ستافان دي ميستورا؟", "standard"),
        ("لماذا راح ضحيتها كثيرون؟", "standard"),
        ("ما هو NATO؟", "standard"),
        ("Who is Churkin?", "english"),
    ],
)
def test_what_a_question_is_asked_in(question: str, asked_in: str) -> None:
    assert variety(question) == asked_in


def test_words_lose_their_article_but_not_their_name() -> None:
    assert bare_words("الرئيسُ الأميركي، الله") == ["رييس", "اميركي", "الله"]
    assert bare_words("إلى الآن") == ["الي", "الان"]


def test_runs_of_letters_of_one_script() -> None:
    assert scripts.runs("قالَ: Москва3 وNATO 北京") == [
        ("ARABIC", "قالَ"),
        ("CYRILLIC", "Москва"),
        ("ARABIC", "و"),
        ("LATIN", "NATO"),
        ("CJK", "北京"),
    ]
    assert scripts.runs(" 12 ؟") == []
