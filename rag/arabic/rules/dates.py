"""Dates as Arabic files give them, as ISO dates: in digits, with the months' names of every country, and of the Hijra.

Reads a date that stands alone, in a field for it.
"""

from __future__ import annotations

import re
from datetime import date

from rag.arabic.lexicon import as_number, pattern_of, table, words_of
from rag.arabic.text.folding import fold

_ISO = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:[t ]\d\d:?\d\d.*)?)?$", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?$")
_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$")
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/](\d{4})$")
_TIME = re.compile(
    rf"\b\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?{pattern_of('date_fields', use='clock')}\b)?"
    rf"(?: ?{pattern_of('date_fields', use='zone')}?[+-]\d\d:?\d\d\b)?"
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_HIJRI = re.compile(rf"(?<=[\d ]){pattern_of('date_fields', use='hijri')}(?!\w)")
_COMMON = re.compile(rf"(?<=[\d ]){pattern_of('date_fields', use='common')}(?!\w)")
_EQUALS = re.compile(rf"\b{pattern_of('date_fields', use='equals')}\b")
_DASH = re.compile(" [-–—/|] ")
_FIGURES = re.compile(r"[\d/.-]+")
_CALENDARS, _BESIDE = ("hijri", "common"), 2
_LONGEST = 200
_EARLIEST, _LATEST = 1500, 2199
"""Years of the common era that a field without ISO form can mean; years of the Hijra without their mark are before them."""
_LATEST_HIJRI = 1600

_IGNORED = words_of("date_fields", use="beside") | words_of("weekdays")


def _months(calendar: str) -> dict[str, int]:
    return {fold(row["word"]): int(as_number(row["number"])) for row in table("months") if row["calendar"] == calendar}


_NAMES = _months("common")
_HIJRI_NAMES = _months("hijri")
_LEAP_YEARS = frozenset((2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29))
_EPOCH = date(622, 7, 19).toordinal()
"""The first day of the Hijra, 16 July 622 of the Julian calendar."""


def iso_date(text: str) -> str | None:
    """A written date as YYYY-MM-DD, or YYYY-MM or YYYY where it names no day or month; None for what is not surely one.

    Of numbers alone, 03/04/2015, the day comes first, as all Arab countries write it; 07/23/2015 is therefore None, and so
    are years of two digits. A time of day is dropped. Of «5 رمضان 1436 هـ الموافق 22 يونيو 2015» the common date counts.
    Of «7 شوال 1436هـ - 23 يوليو 2015م» it does where both are one day, or two beside it. A date of the Hijra alone is reckoned by
    `of_hijra`.
    """
    if len(text) > _LONGEST:
        return None
    folded = _folded(text)
    found = [_read(part) for part in _parts(_EQUALS, folded)]
    if len(found) == 1 and found[0] is None and len(both := _parts(_DASH, folded)) == len(_CALENDARS):
        found = [_read(part) for part in both]
        if not _is_one_day(found):
            return None
    if not found or any(each is None for each in found):
        return None
    return next((each[1] for each in found if each and not each[0]), found[0] and found[0][1])


def figures_of(text: str) -> str:
    """The figures of a date that has no more than them and a time of day, which is left out: 23/7/2015; "" for any other."""
    if len(text) > _LONGEST:
        return ""
    folded = _TIME.sub(" ", _folded(text))
    figures = folded.strip(" ،,()-|")
    return figures if _FIGURES.fullmatch(figures) else ""


def _folded(text: str) -> str:
    return " ".join(fold(text.replace("هـ", "ه ")).split())


def _parts(between: re.Pattern[str], folded: str) -> list[str]:
    return [part for each in between.split(folded) if (part := each.strip(" ،,()-"))]


def _is_one_day(found: list[tuple[bool, str] | None]) -> bool:
    """Whether two dates are one in both calendars, give or take the days by which those of countries differ."""
    days = [date.fromisoformat(each[1]) for each in found if each and len(each[1]) == len("YYYY-MM-DD")]
    calendars = {each[0] for each in found if each}
    return len(days) == len(calendars) == len(_CALENDARS) and abs((days[0] - days[1]).days) <= _BESIDE


def of_hijra(year: int, month: int, day: int) -> date:
    """The day of the common era of a day of the Hijra, by the civil tabular calendar; ValueError where there is none.

    Thirty years have eleven leap years, as Dershowitz and Reingold reckon it (Calendrical Calculations, "The Islamic
    Calendar"; the Kuwaiti algorithm). The months of a country that go by sight or by Umm al-Qura may begin a day or two beside it.
    """
    long = month % 2 == 1 or (month == 12 and year % 30 in _LEAP_YEARS)
    if not (1 <= year <= _LATEST_HIJRI and 1 <= month <= 12 and 1 <= day <= (30 if long else 29)):
        raise ValueError(f"{year}-{month}-{day} is no day of the Hijra")
    days = (year - 1) * 354 + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2 + day - 1
    return date.fromordinal(_EPOCH + days)


def _read(text: str) -> tuple[bool, str] | None:
    """Whether one date is of the Hijra, and its ISO form."""
    if match := _ISO.match(text):
        return _dated(*match.groups(), hijri=False, earliest=1)
    hijri, common = bool(_HIJRI.search(text)), bool(_COMMON.search(_TIME.sub(" ", text)))
    if hijri and common:
        return None
    bare = _COMMON.sub(" ", _HIJRI.sub(" ", _TIME.sub(" ", text)))
    tokens = _months_joined([token for token in _TOKEN.findall(bare) if token not in _IGNORED])
    digits = [token for token in tokens if token.isdecimal()]
    names = [token for token in tokens if not token.isdecimal()]
    if names:
        return _named(names, tokens, digits, hijri)
    figures = re.sub(r"[^\d/.-]+", " ", bare).strip(" -./")
    figures = re.sub(r" ?([-/.]) ?", r"\1", figures)
    if match := _YEAR_FIRST.match(figures):
        return _dated(match[1], match[3], match[4], hijri=hijri)
    if match := _DAY_FIRST.match(figures):
        return _dated(match[4], match[3], match[1], hijri=hijri)
    if match := _MONTH_FIRST.match(figures):
        return _dated(match[2], match[1], None, hijri=hijri)
    return _dated(figures, None, None, hijri=hijri) if len(digits) == 1 and figures == digits[0] else None


def _months_joined(tokens: list[str]) -> list[str]:
    """The tokens, with months of two words as one."""
    joined: list[str] = []
    for token in tokens:
        pair = f"{joined[-1]} {token}" if joined else ""
        if pair in _NAMES or pair in _HIJRI_NAMES:
            joined[-1] = pair
        else:
            joined.append(token)
    return joined


def _named(names: list[str], tokens: list[str], digits: list[str], hijri: bool) -> tuple[bool, str] | None:
    """A date whose month is named, once or in two ways: 23 تموز/يوليو 2015, July 23, 2015, يوليو 2015."""
    lunar = all(name in _HIJRI_NAMES for name in names)
    table = _HIJRI_NAMES if lunar else _NAMES
    months = {table.get(name) for name in names}
    month = months.pop()
    if months or month is None or (hijri and not lunar):
        return None
    order = "".join("n" if token.isdecimal() else "m" for token in tokens)
    shape = re.sub("m+", "m", order)
    if shape == "mn":
        return _dated(digits[0], month, None, hijri=lunar)
    if shape in ("nmn", "mnn"):
        return _dated(digits[1], month, digits[0], hijri=lunar)
    return None


def _dated(
    year: str, month: str | int | None, day: str | int | None, *, hijri: bool, earliest: int = _EARLIEST
) -> tuple[bool, str] | None:
    try:
        y, m, d = int(year), int(month or 1), int(day or 1)
        if hijri:
            return (True, of_hijra(y, m, d).isoformat()) if day and month else None
        if not earliest <= y <= max(_LATEST, earliest):
            return None
        whole = date(y, m, d).isoformat()
    except ValueError:
        return None
    return False, whole if day else whole[:7] if month else whole[:4]
