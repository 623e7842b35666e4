from datetime import date

import pytest

from rag.arabic.rules.day_words import days_meant, in_words

TUESDAY = date(2015, 8, 11)


@pytest.mark.parametrize(
    ("text", "said", "day"),
    [
        ("يصل غداً الأربعاء إلى عدن", "غداً الأربعاء", 12),
        ("قال أمس الاثنين إن", "أمس الاثنين", 10),
        ("صباح أمس", "أمس", 10),
        ("أمس الأول الأحد", "أمس الأول الأحد", 9),
        ("أول من أمس", "أول من أمس", 9),
        ("اليوم الثلاثاء", "اليوم الثلاثاء", 11),
        ("بعد غدٍ الخميس", "بعد غدٍ الخميس", 13),
        ("يوم الأربعاء الماضي", "الأربعاء الماضي", 5),
        ("الثلاثاء الماضي", "الثلاثاء الماضي", 4),
        ("الجمعة المقبل", "الجمعة المقبل", 14),
        ("الثلاثاء القادم", "الثلاثاء القادم", 18),
        ("أمس الثلاثاء", "أمس الثلاثاء", 11),  # printed the day after, dated the day before
    ],
)
def test_a_day_is_counted_from_the_articles_own(text: str, said: str, day: int) -> None:
    assert days_meant(text, TUESDAY) == [(said, date(2015, 8, day))]


@pytest.mark.parametrize("text", ["اليوم الوطني", "غدا صديقا له", "الأربعاء", "أمس الخميس", "بالأمس القريب", ""])
def test_what_is_not_plain_is_no_day(text: str) -> None:
    assert days_meant(text, TUESDAY) == []


def test_a_date_in_words() -> None:
    assert in_words("2015-08-01", "ar") == "1 أغسطس 2015"
    assert in_words("2015-08-01", "en") == "1 August 2015"
    assert in_words("2015-08", "ar") == "أغسطس 2015"
    assert in_words("2015", "en") == "2015"
    assert in_words("0987-01-02", "ar") == "2 يناير 987"
