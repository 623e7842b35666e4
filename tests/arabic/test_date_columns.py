"""Dates in columns of tables: what is read there beside dates that stand alone, and what is never guessed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.rules.date_columns import DateColumn


def read(*values: object) -> list[tuple[str | None, str]]:
    column = DateColumn(lambda: values)
    return [column.read(value) for value in values]


def dates(*values: object) -> list[str | None]:
    return [found for found, _ in read(*values)]


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2015-07-23", "2015-07-23"),
        ("23 يوليو، 2015 | 14:30", "2015-07-23"),
        ("الخميس 6 شوال 1436هـ - 23 يوليو 2015م", "2015-07-23"),
        ("20150723", "2015-07-23"),
        ("٢٠١٥٠٧٢٣", "2015-07-23"),
        (20150723, "2015-07-23"),
        ("20150723T100000", "2015-07-23"),
        ("20150723101010", "2015-07-23"),
        ("1437660000", "2015-07-23"),
        (1437660000, "2015-07-23"),
        (1437660000.25, "2015-07-23"),
        ("1437660000000", "2015-07-23"),
        ("23/7/15", "2015-07-23"),
        ("23.7.98", "1998-07-23"),
        ("07/23/2015", "2015-07-23"),
        ("7/23/2015 10:00 PM", "2015-07-23"),
        ("1436/9/5", "2015-06-22"),
        ("5/9/1436", "2015-06-22"),
        ("14360905", "2015-06-22"),
        (2015, "2015"),
        ("03/04/2015", "2015-04-03"),
    ],
)
def test_a_date_is_read(value: object, iso: str) -> None:
    assert read(value) == [(iso, "")]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "-",
        "—",
        "?",
        0,
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00",
        "NULL",
        "N/A",
        "nan",
        float("nan"),
        "None",
        "غير معروف",
        "غَيْر مَعْرُوفٍ",
        "بدون تاريخ",
        "(غير محدد)",
    ],
)
def test_what_says_that_there_is_no_date_is_no_fault(value: object) -> None:
    assert read(value) == [(None, "")]


@pytest.mark.parametrize(
    "value",
    [
        "42208",
        "2015-13-40",
        "أمس",
        "منذ يومين",
        "حوالي 1950",
        "2015-2016",
        "يوليو - أغسطس 2015",
        "1436 هـ",
        "15-07-23",
        "23/7/55",
        "31/4/2015",
        "99/99/2015",
        "1/1436",
        "7 شوال 1436هـ - 23 يوليو 2014م",
        True,
        {"day": 7},
        ["2015-07-23"],
        7,
    ],
)
def test_what_is_not_surely_a_date_is_told(value: object) -> None:
    assert read(value) == [(None, str(value))]


def test_the_column_says_which_number_is_the_day() -> None:
    assert dates("03/04/2015", "23/7/2015") == ["2015-04-03", "2015-07-23"]
    assert dates("03/04/2015", "07/23/2015", "3/4/15") == ["2015-03-04", "2015-07-23", "2015-03-04"]
    assert dates("07/23/2015", "03/04/2015", "23/7/2015", "4/4/2015") == [
        "2015-07-23",
        None,
        "2015-07-23",
        "2015-04-04",
    ]
    assert dates("03/04/2015", "5/29/1436", None, {}) == ["2015-04-03", "2015-03-20", None, None]


def test_the_column_is_looked_through_once_and_only_where_that_matters() -> None:
    asked = []
    column = DateColumn(lambda: asked.append(1) or ["3/14/2015"])
    assert column.read("23/7/2015") == ("2015-07-23", "")
    assert not asked
    assert [column.read(value)[0] for value in ("3/4/2015", "5/6/2015")] == ["2015-03-04", "2015-05-06"]
    assert len(asked) == 1


DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(st.lists(DAYS, min_size=1, max_size=8), st.sampled_from("/-."), st.booleans())
def test_no_day_is_taken_for_a_month(days: list[date], sign: str, month_first: bool) -> None:
    shape = f"%m{sign}%d{sign}%Y" if month_first else f"%d{sign}%m{sign}%Y"
    proven = any(day.day > 12 for day in days)
    for day, found in zip(days, dates(*(day.strftime(shape) for day in days)), strict=True):
        if proven or not month_first:
            assert found == day.isoformat()


@given(st.datetimes(datetime(1974, 1, 1), datetime(2099, 1, 1)))
def test_seconds_milliseconds_and_figures_in_a_row_are_one_day(at: datetime) -> None:
    seconds = int(at.replace(tzinfo=UTC).timestamp())
    found = dates(seconds, str(seconds), f"{at:%Y%m%d}", f"{at:%Y%m%dT%H%M%S}", f"{at:%Y-%m-%d %H:%M}")
    assert set(found) == {at.date().isoformat()}
    if at.year > 2001:
        assert dates(seconds * 1000) == [at.date().isoformat()]


@given(
    st.lists(
        st.text(max_size=30) | st.text("0123456789٠١٢/-.: م", max_size=20) | st.integers() | st.floats(), max_size=5
    )
)
def test_whatever_stands_in_a_column_gives_a_date_or_is_told(values: list[object]) -> None:
    for found, told in read(*values):
        assert found is None or date.fromisoformat((found + "-01-01")[:10])
        assert not (found and told)


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 28))
def test_a_year_of_two_figures_is_of_no_century_that_may_be_another(year: int, month: int, day: int) -> None:
    (found,) = dates(f"{day}/{month}/{year:02}")
    if found:
        assert date.fromisoformat(found) < date(2041, 1, 1)
        assert int(found[2:4]) == year
    else:
        assert 40 < year < 70
