"""The first line of a text that gives no title of its own, where it reads as one."""

from __future__ import annotations

import re

from rag.arabic.rules.dates import iso_date
from rag.arabic.text.folding import words

FEWEST_WORDS = 4
"""Words of a title that says something by itself, as a headline does and a name does not."""
_FEWEST, _MOST, _LONGEST = 2, 20, 150
"""Words, and characters, of a line that may be a title."""
_LONGER, _PARAGRAPH = 1.5, 60
"""How much longer the next line is, and how many characters it has, where no empty line stands between: lines that were broken at one
width are as long as each other."""
_HEAD = 4000
_UNFINISHED = re.compile(r"[.،,؛;:…\-–—]$|^(?:[-–—•*·]|\d{1,3}[.)\-])\s")
"""How sentences and parts of them end, and how items of lists begin."""


def headline(text: str) -> str:
    """The first line, or the one behind a line with the date; "" where it reads as part of a sentence, or nothing follows."""
    lines = [line.strip() for line in text[:_HEAD].strip().split("\n")]
    if iso_date(lines[0]):
        lines = "\n".join(lines[1:]).strip().split("\n")
    first, rest = lines[0], lines[1:]
    following = next(filter(None, rest), "")
    if not _FEWEST <= len(words(first)) <= _MOST or len(first) > _LONGEST or _UNFINISHED.search(first):
        return ""
    apart = bool(rest) and not rest[0]
    longer = len(following) >= max(_PARAGRAPH, _LONGER * len(first))
    return " ".join(first.split()) if following and (apart or longer) and len("".join(rest)) > len(first) else ""


def says_something(title: str, text: str) -> bool:
    """Whether a title has words enough to answer a question, and the text's beginning does not hold it."""
    found = words(title)
    return len(found) >= FEWEST_WORDS and " ".join(found) not in " ".join(words(text[:_HEAD]))
