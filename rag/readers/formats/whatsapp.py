"""Chats that WhatsApp exports as text, from phones in Arabic or English: an article a day, each message behind its sender.

Times of day and what WhatsApp itself says are left out: who joined, which pictures were not exported.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from rag.arabic.rules.dates import of_hijra
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.tables import encoding_of_file
from rag.readers.formats.text import LARGEST

_MARKS = r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\s]*"
_LINE = re.compile(
    rf"{_MARKS}(\[)?{_MARKS}(\d{{1,4}}){_MARKS}[/.-]{_MARKS}(\d{{1,2}}){_MARKS}[/.-]{_MARKS}(\d{{1,4}})"  # the day
    rf"[^\d\[\]]{{1,10}}\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?[^\d\[\]:–-]{{0,10}}(?(1)\]|[–-])[ \t]*(.*)",  # the time, and what was said
    re.S,
)
_SAID = re.compile(rf"{_MARKS}~?{_MARKS}([^:\n]{{1,100}}?){_MARKS}: ?(.*)", re.S)
_NOTE = re.compile(r"\u200e|<[^<>\n]*>\s*$")
"""What WhatsApp puts in place of a picture, or for itself: behind a mark that nobody types, or in angles alone."""
_EDITED = re.compile(r"\s*\u200e<[^<>\n]*>\s*$")
_HIJRI_YEARS = range(1300, 1500)
_LONGEST_LINE = 1_000_000
Day = tuple[int, int, int]
"""The numbers of a date in the order in which they stand."""


def is_chat(text: str) -> bool:
    """Whether a text begins with a message, as `[23/07/2015, 10:15:32 PM] Name: …` or `23/7/2015, 10:15 - Name: …`."""
    return bool(_LINE.match(text.lstrip()[:2000]))


def read_whatsapp(path: Path, into: Path) -> Iterator[Part]:
    """The days of a chat in order. The day stands before the month where both fit all dates as well."""
    encoding = encoding_of_file(path)
    read = _order(list(dict.fromkeys(day for day, _ in _messages(path, encoding) if day)))
    lines: list[str] = []
    today, size = "", 0
    for numbers, said in _messages(path, encoding):
        day = read(*numbers) if numbers else today
        if day != today and size:
            yield _part(today, lines, size)
        if day != today:
            today, lines, size = day, [], 0
        size += len(said)
        if said and size <= LARGEST:
            lines.append(said)
    if size:
        yield _part(today, lines, size)


def _part(day: str, lines: list[str], size: int) -> Part:
    too_long = f"is a day of {size:,} characters; expected at most {LARGEST:,}, as one article has"
    return Part(day, Document("\n".join(lines), date=day) if size <= LARGEST else Unfit(too_long), beside=f":{day}")


def _messages(path: Path, encoding: str) -> Iterator[tuple[Day | None, str]]:
    """The date and the words of each message, behind its sender; further lines of one come without a date, and "" for notes."""
    with path.open("rb") as file, io.TextIOWrapper(file, encoding, "replace") as text:
        is_note = False
        while line := text.readline(_LONGEST_LINE):
            if not (found := _LINE.match(line)):
                yield None, "" if is_note else line.rstrip("\n")
                continue
            said = _SAID.match(found[5])
            words = _EDITED.sub("", said[2]).strip() if said else ""
            is_note = not said or bool(_NOTE.match(words or "\u200e"))
            yield (int(found[2]), int(found[3]), int(found[4])), f"{said[1]}: {words}" if said and not is_note else ""


def _order(days: list[Day]) -> Callable[[int, int, int], str]:
    """How dates are read: in the order in which all are days and the fewest go back in time."""

    def day_first(first: int, second: int, third: int) -> str:
        return _iso(first, second, third) if first >= 1000 else _iso(third, second, first)

    def month_first(first: int, second: int, third: int) -> str:
        return _iso(first, second, third) if first >= 1000 else _iso(third, first, second)

    def faults(order: Callable[[int, int, int], str]) -> int:
        read = [order(*day) for day in days]
        return sum(not day for day in read) * len(days) + sum(after < before for before, after in pairwise(read))

    return min((day_first, month_first), key=faults)


def _iso(year: int, month: int, day: int) -> str:
    """The day of the common era; "" where there is none."""
    try:
        if year in _HIJRI_YEARS:
            return of_hijra(year, month, day).isoformat()
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        return ""
