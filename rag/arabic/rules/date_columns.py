"""Dates in a column for them, where more is known than of one that stands alone: which order of day and month the others have.

Beside what `iso_date` reads: two digits for a year, dates without signs between, seconds and milliseconds since 1970, years of the
Hijra without their mark. What says that there is no date is no date that could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from rag.arabic.lexicon import words_of
from rag.arabic.rules.dates import figures_of, iso_date, of_hijra
from rag.arabic.text.folding import fold

_SHORTEST_YEAR = 2
_LAST_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_WITH_TIME = re.compile(r"((?:1[5-9]|2[01])\d\d)(\d\d)(\d\d)t?\d{4}(?:\d\d)?z?")
"""Of the common era alone: with a time, years of the Hijra look like milliseconds."""
_SECONDS = re.compile(r"(\d{9,10})(?:\.\d+)?")
_MILLISECONDS = re.compile(r"(\d{13})(?:\.\d+)?")
_HIJRI, _COMMON = range(1300, 1500), range(1500, 2200)
"""Years that mean what they are in a column of dates."""
_THIS_CENTURY, _LAST_CENTURY = range(41), range(70, 100)
"""Two digits of a year that are surely of 2000 to 2040, and of 1970 to 1999."""
_MONTHS, _DAYS = 12, 31
_NOTHING = re.compile(r"[\W0_]*|0*1-0*1-0*1(?!\d).*", re.DOTALL)
"""No sign but zeros, and the first day of the first year, which programs write for none."""
_SIGNS = re.compile(r"[\W_]+")
_LONGEST = 80
"""Characters of what cannot be read that are kept to name it."""


def _bare(text: str) -> str:
    return _SIGNS.sub(" ", fold(text)).strip()


_UNKNOWN = frozenset(map(_bare, words_of("date_fields", use="unknown")))


class DateColumn:
    """Reads the values of one column; values: gives all of them, and is asked once and only where their order matters."""

    def __init__(self, values: Callable[[], Iterable[object]]) -> None:
        self._values = values
        self._orders: set[str] | None = None

    def read(self, value: object) -> tuple[str | None, str]:
        """A value as an ISO date, None where it is none; and what is written there, where that cannot be read.

        Of 03/04/2015 the day comes first, unless the column has days over 12 in the second place and none in the first; where it
        has both, such a date is not read. Seconds and milliseconds are taken as days of UTC.
        """
        written = "" if value is None else str(value).strip()
        if _NOTHING.fullmatch(fold(written)) or _bare(written) in _UNKNOWN:
            return None, ""
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        found = self._found(written) if plain else None
        return found, "" if found else written[:_LONGEST]

    def _found(self, written: str) -> str | None:
        figures = figures_of(written)
        if match := _LAST_FIRST.fullmatch(figures):
            return self._ordered(match)
        if match := _YEAR_FIRST.fullmatch(figures):
            return _day(int(match[1]), int(match[3]), int(match[4]))
        folded = fold(written).strip()
        if match := _COMPACT.fullmatch(folded) or _WITH_TIME.fullmatch(folded):
            return _day(*map(int, match.groups()))
        if match := _SECONDS.fullmatch(folded):
            return _since_1970(int(match[1]))
        if match := _MILLISECONDS.fullmatch(folded):
            return _since_1970(int(match[1]) // 1000)
        return iso_date(written)

    def _ordered(self, match: re.Match[str]) -> str | None:
        first, second, year = int(match[1]), int(match[3]), _year(match)
        if year is None:
            return None
        order = _order(first, second)
        if not order and year in _COMMON:
            if self._orders is None:
                self._orders = set(map(_order_in, self._values()))
            if {"day first", "month first"} <= self._orders:
                return None
            order = "month first" if "month first" in self._orders else ""
        return _day(year, first, second) if order == "month first" else _day(year, second, first)


def _year(match: re.Match[str]) -> int | None:
    """The year that comes last; None where two digits are of no sure century, or may be a day behind hyphens."""
    last = int(match[4])
    if len(match[4]) > _SHORTEST_YEAR:
        return last
    if match[2] == "-" and last <= _DAYS:
        return None
    return 2000 + last if last in _THIS_CENTURY else 1900 + last if last in _LAST_CENTURY else None


def _order(first: int, second: int) -> str:
    """Which of two numbers is surely the day; "" where both may be, or none, or they are the same."""
    if first > _MONTHS >= second:
        return "day first"
    return "month first" if second > _MONTHS >= first else "same" if first == second else ""


def _order_in(value: object) -> str:
    match = _LAST_FIRST.fullmatch(figures_of(value)) if isinstance(value, str) else None
    return _order(int(match[1]), int(match[3])) if match and (_year(match) or 0) in _COMMON else ""


def _day(year: int, month: int, day: int) -> str | None:
    """A day of the common era or, by its year, of the Hijra."""
    try:
        if year in _HIJRI:
            return of_hijra(year, month, day).isoformat()
        return date(year, month, day).isoformat() if year in _COMMON else None
    except ValueError:
        return None


def _since_1970(seconds: int) -> str | None:
    found = datetime.fromtimestamp(seconds, UTC).date()
    return found.isoformat() if found.year in _COMMON else None
