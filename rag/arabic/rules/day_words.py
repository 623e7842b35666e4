"""Days as people write them: a date in words, and the day that «غداً الأربعاء» means in an article of a known day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

from rag.arabic.lexicon import any_of, as_number, pattern_of, table, words_of
from rag.arabic.text.folding import fold, fold_with_offsets, has_arabic

_DAYS = {
    fold(row["word"]): int(as_number(row["days"])) * (-1 if row["goes"] == "back" else 1)
    for row in table("relative_days")
}
_ALONE = words_of("relative_days", alone="yes")
_WEEKDAYS = {fold(row["word"]): int(as_number(row["number"])) for row in table("weekdays") if row["text"] == "yes"}
_OF_DAY = r"(?:يوم\s+)?"
_RELATIVE = re.compile(
    rf"(?<!\w){_OF_DAY}(?P<said>{any_of(_DAYS)})(?:\s+{_OF_DAY}(?P<weekday>{any_of(_WEEKDAYS)}))?(?!\w)"
    rf"|(?<!\w)(?P<of_week>{any_of(_WEEKDAYS)})\s+(?:(?P<last>{pattern_of('times', use='last')})|{pattern_of('times', use='next')})(?!\w)"
)
_WEEK = 7
_BESIDE = (0, -1, 1)
"""Days by which an article's date may differ from the day on which it was written."""


def _months() -> dict[tuple[str, int], str]:
    """The first name of each month in each language."""
    named: dict[tuple[str, int], str] = {}
    for row in table("months"):
        if row["calendar"] == "common":
            is_ours = has_arabic(row["word"])
            name = row["word"] if is_ours else row["word"].capitalize()
            named.setdefault(("ar" if is_ours else "en", int(as_number(row["number"]))), name)
    return named


_MONTHS = _months()


def in_words(iso: str, language: Literal["ar", "en"]) -> str:
    """An ISO date, whole or without day or month, as newspapers write it: 12 أغسطس 2015, 12 August 2015."""
    year, *rest = iso.split("-")
    month = [_MONTHS[language, int(rest[0])]] if rest else []
    return " ".join([*(str(int(day)) for day in rest[1:]), *month, str(int(year))])


def days_meant(text: str, day: date) -> list[tuple[str, date]]:
    """The words of an article's text for days that are counted from its own, in order, each with the day that they mean.

    «أمس», «غداً الأربعاء», «الثلاثاء الماضي»; none whose weekday is not that of the day, give or take one.
    """
    folded, offsets = fold_with_offsets(text)
    found = []
    for match in _RELATIVE.finditer(folded):
        meant: date | None = None
        if match["of_week"]:
            meant = _of_week(day, _WEEKDAYS[match["of_week"]], later=not match["last"])
        elif match["weekday"] or match["said"] in _ALONE:
            meant = _counted(day, _DAYS[match["said"]], _WEEKDAYS.get(match["weekday"] or ""))
        if meant:
            found.append((text[offsets[match.start()] : _end(text, offsets[match.end() - 1])], meant))
    return found


def _of_week(day: date, weekday: int, later: bool) -> date:
    """The next such weekday behind a day, or the last one before it."""
    ahead = (weekday - _weekday(day)) % _WEEK or _WEEK
    return day + timedelta(ahead if later else ahead - _WEEK or -_WEEK)


def _counted(day: date, days: int, weekday: int | None) -> date | None:
    """The day so many days later; where a weekday is named, the one that is it."""
    meant = (day + timedelta(days + beside) for beside in _BESIDE)
    return next((one for one in meant if weekday in (None, _weekday(one))), None)


def _weekday(day: date) -> int:
    """From 1 for Sunday."""
    return day.isoweekday() % _WEEK + 1


def _end(text: str, last: int) -> int:
    """Behind a character and the vowel signs that folding dropped."""
    end = last + 1
    while end < len(text) and not fold(text[end]) and not text[end].isspace():
        end += 1
    return end
