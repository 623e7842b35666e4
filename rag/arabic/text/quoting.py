"""A quotation as people read it: one kind of quotation marks, in pairs. What is quoted stays as it is elsewhere."""

from __future__ import annotations

import re
from unicodedata import combining

_PAIRS = re.compile(r"(?<!\w)''(\S.*?)''(?!\w)|(?<!\w)\"(\S.*?)\"(?!\w)|„([^„”“]+)[”“]|“([^“”]+)”")
"""Marks that look the same at both ends open before a word and close behind one."""
_STRAY = re.compile(r"[\"“”„]")
_STRAY_TWO = "''"
"""Taken out last: what stood between two apostrophes may be taken out, too."""
_MARK = re.compile("[«»]")
_END = re.compile(r"[\s،,؛;:]+$")
_EDGES = " \n\t،؛,.;:!؟?()[]{}«»\"“”'…-–—"
"""What a short answer neither begins nor ends with."""
_OPENING, _CLOSING = "([{«", ")]}»"
_SPACE_INSIDE = re.compile(r"(?<=«)\s+|\s+(?=»)")


def readable(quote: str) -> str:
    """The text in one line, every pair of quotation marks as «…» those without a partner and what the sentence trails off in left out."""
    text = _PAIRS.sub(lambda match: f"«{next(part for part in match.groups() if part)}»", " ".join(quote.split()))
    text = _STRAY.sub("", text)
    opened: list[int] = []
    unpaired: set[int] = set()
    for match in _MARK.finditer(text):
        if match.group() == "«":
            opened.append(match.start())
        elif opened:
            opened.pop()
        else:
            unpaired.add(match.start())
    unpaired.update(opened)
    kept = "".join(char for i, char in enumerate(text) if i not in unpaired)
    return _END.sub("", " ".join(_SPACE_INSIDE.sub("", kept.replace(_STRAY_TWO, "")).split()))


def whole_words(text: str, start: int, end: int) -> str:
    """The words that a span touches, without the marks around them, up to a bracket that closes none of theirs."""
    while start and text[start - 1].isalnum() and text[start : start + 1].isalnum():
        start -= 1
    while end < len(text) and (text[end].isalnum() or combining(text[end])) and text[end - 1].isalnum():
        end += 1
    found, opened = text[start:end].strip(_EDGES), 0
    for i, char in enumerate(found):
        opened += (char in _OPENING) - (char in _CLOSING)
        if opened < 0:
            return found[:i].strip(_EDGES)
    return found
