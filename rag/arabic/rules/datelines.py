"""The day that a text says at its head it was written on, and the one in a file's name; None wherever it may be another one.

Most dates in a text are those of what it tells. One at its head is its own where it stands alone on a line, or between the place and
the first sentence: «دمشق، 23 تموز 2015 (سانا) - …».
"""

from __future__ import annotations

import re
from itertools import islice

from rag.arabic.lexicon import words_of
from rag.arabic.rules.dates import iso_date
from rag.arabic.text.folding import words

_LINES, _LONGEST_LINE = 5, 90
"""Of the head, and of a line that holds a date and no sentence."""
_LONGEST_PLACE, _SHORTEST_SENTENCE = 3, 40
"""Words, and characters behind a date line's dash; a title with a date in it is shorter."""
_WHOLE = len("YYYY-MM-DD")
_DASH = re.compile(r" [-–—|] ")
_ENDS = re.compile(r" [-–—] |: ")
_BETWEEN = re.compile(r"[،,] | [-–—|/] |\([^()\d]*\)")
_TIME = re.compile(r"\d{1,2}:\d\d[^\d]*")
_EVENTS = words_of("name_words", use="event")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:1[5-9]|2[01])\d\d)([-_.])(\d\d?)\2(\d\d?)(?!\d|\2\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(?<!\d[-_.])(\d\d?)([-_.])(\d\d?)\2((?:1[5-9]|2[01])\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<![^\W_])((?:19|20)\d\d)(\d\d)(\d\d)(?:t?\d{6})?(?![^\W_])", re.IGNORECASE)


def dateline(text: str) -> str | None:
    """The day at a text's head, YYYY-MM-DD; None where there is none, or more than one."""
    found, before = set(), ""
    for number, line in enumerate(islice((line for line in text[:4000].split("\n") if line.strip()), _LINES)):
        line = " ".join(line.split())
        if not before.endswith(":"):  # what it names may have another date, of birth or of a law
            found.add(_alone(line, number > 0) or _before_a_sentence(line))
        before = line
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def day_in_name(name: str) -> str | None:
    """The day in the name of a file or folder, such as 2015-07-23, 23-7-2015 or 20150723; None where there is none, or two."""
    found = {_day(name)}
    for pattern, order in ((_YEAR_FIRST, (1, 3, 4)), (_DAY_FIRST, (4, 3, 1)), (_COMPACT, (1, 2, 3))):
        found |= {_day("-".join(match[n].zfill(2) for n in order)) for match in pattern.finditer(name)}
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _day(written: str) -> str | None:
    found = iso_date(written)
    return found if found and len(found) == _WHOLE else None


def _alone(line: str, below: bool) -> str | None:
    """The day of a line of nothing but a date; below the first one also beside a time, a place or a name."""
    if len(line) > _LONGEST_LINE:
        return None
    if found := _day(line):
        return found
    return _one_of(_DASH.split(line)) if below else None


def _before_a_sentence(line: str) -> str | None:
    for end in _ENDS.finditer(line[:_LONGEST_LINE]):
        parts = [part for part in _BETWEEN.split(line[: end.start()]) if part.strip()]
        place = words(parts[0]) if parts else []
        is_place = len(parts) > 1 and place and place[0] not in _EVENTS
        if is_place and len(line) - end.end() >= _SHORTEST_SENTENCE and (found := _one_of(parts)):
            return found
    return None


def _one_of(parts: list[str]) -> str | None:
    """The day that one of some parts is, where the others are a few words or times of day."""
    days = [found for part in parts if (found := _day(part))]
    others = [part for part in parts if not _day(part) and not _TIME.fullmatch(part.strip())]
    few = all(len(part.split()) <= _LONGEST_PLACE and not re.search(r"\d", part) for part in others)
    return days[0] if len(days) == 1 and few else None
