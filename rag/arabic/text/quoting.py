"""A quotation as it is shown: the article's own characters between marks of ours, and the words of a short answer in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from unicodedata import combining

_MARKS, _OTHER_MARKS = ("«", "»"), ("“", "”")
"""Around a quotation; the others where it holds the first ones itself."""
_LINE_END = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_TRAILS_OFF = re.compile(r"[\s،,؛;:]+$")
_EDGES = " \n\t،؛,.;:!؟?()[]{}«»\"“”'…-–—"
"""What a short answer neither begins nor ends with."""
_OPENING, _CLOSING = "([{«", ")]}»"


def quoted(quote: str) -> str:
    """The quote to the letter, in one line, between quotation marks of a kind that it does not hold: «…», else “…”."""
    opens, closes = _OTHER_MARKS if set(_MARKS) & set(quote) else _MARKS
    return f"{opens}{_LINE_END.sub(' ', quote)}{closes}"


def without_trail(quote: str) -> str:
    """The quote without the commas, colons and spaces in which it trails off."""
    return _TRAILS_OFF.sub("", quote)


def listed(parts: Sequence[str], language: Literal["ar", "en"]) -> str:
    """The parts that are not empty, with the language's comma between them."""
    return ("، " if language == "ar" else ", ").join(filter(None, parts))


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
