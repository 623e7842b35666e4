import pytest

from rag.arabic.rules.insisted import Period, asks_for_newest, identifiers, numbers, period
from rag.arabic.text.folding import fold, words


@pytest.mark.parametrize(
    ("question", "since", "until", "rest"),
    [
        ("كم كان السعر عام 2010؟", "2010", "2010", "كم كان السعر ؟"),
        ("كم كان السعر في عام ٢٠١٠؟", "2010", "2010", "كم كان السعر ؟"),
        ("ماذا حدث في أغسطس 2015 بحلب؟", "2015-08", "2015-08", "ماذا حدث بحلب؟"),
        ("ماذا حدث في 6 آب 2015؟", "2015-08-06", "2015-08-06", "ماذا حدث ؟"),
        ("من قتل منذ 2011؟", "2011", "", "من قتل ؟"),
        ("What happened in August 2015?", "2015-08", "2015-08", "What happened ?"),
        ("What has been said since 2010?", "2010", "", "What has been said ?"),
    ],
)
def test_the_time_that_a_question_names(question: str, since: str, until: str, rest: str) -> None:
    assert period(question) == Period(since, until, rest)


@pytest.mark.parametrize("question", ["من أخرج فيلم 2012؟", "كم بلغ 3000 ريال؟", "متى؟", "في 12345", "", "1999"])
def test_a_number_alone_is_no_time(question: str) -> None:
    assert period(question) is None


def test_the_latest_is_asked_for_at_the_beginning() -> None:
    assert asks_for_newest(words("ما آخر سعر للبنزين؟"))
    assert asks_for_newest(words("What is the latest price?"))
    assert not asks_for_newest(words("من رأى الوزير في المدينة آخر مرة؟"))


def test_numbers_that_name_things() -> None:
    assert identifiers(fold("ماذا تنص المادة ٧١ من القانون 12؟")) == {"71", "12"}
    assert identifiers("كم 47 فريقا؟") == frozenset()
    assert numbers("المادتان 70 و71") == {"70", "71"}
