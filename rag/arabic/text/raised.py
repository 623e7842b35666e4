"""Raised digits, as signs of their own (⁴): apart from what they stand behind, where they are no power of it."""

from __future__ import annotations

import re

from rag.arabic.lexicon import words_of
from rag.arabic.text.folding import fold

DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PLAIN = str.maketrans(DIGITS, "0123456789")
_NUMBER = re.compile(r"\s*[\[(]?\s*[-\u2212+]?\d+(?:\s*[,\u060c\u2013-]\s*\d+)*\s*[\])]?\s*")
_DIGIT = re.compile(r"\d")
_SIGNS = str.maketrans("-\u2212+", "⁻⁻⁺")
_RUN = f"[⁺⁻]?[{DIGITS}]+(?:[,\u060c\u2013⁻][{DIGITS}]+)*"
_BRACKETED = re.compile(rf"(?<=\[){_RUN}(?=\])|(?<=\(){_RUN}(?=\))")
_MARK = re.compile(rf"{_RUN}(?=(\w?))")
_NO_GLUE = re.compile(r"[\s(\[«“]")
_BEFORE = re.compile(rf"(?:\d+|[^\W\d_{DIGITS}]+)$")
_LONGEST = 20
"""Characters of a number or unit that has a power."""
_UNITS = words_of("units", use="power")


def raised(text: str) -> str:
    """A raised text with raised signs for its digits; one that is no number stays as it is: «th», «*»."""
    if not _NUMBER.fullmatch(text):
        return text
    return _DIGIT.sub(lambda match: DIGITS[int(match.group())], text).translate(_SIGNS)


def apart(text: str) -> str:
    """A text whose raised digits are signs, with a space between each number of a note and what it stands behind.

    «1935²» is the year and a note; «10³», «كم²» and "x²" are powers. What stands in brackets is of plain digits: «[5]».
    """
    text = _BRACKETED.sub(lambda match: match.group().translate(_PLAIN), text)
    return _MARK.sub(lambda match: _spaced(text, match), text)


def _spaced(text: str, match: re.Match[str]) -> str:
    start = match.start()
    before = _BEFORE.search(text[max(0, start - _LONGEST) : start])
    if not start or _NO_GLUE.match(text[start - 1]) or (before and _has_powers(fold(before.group()))):
        return match.group()
    return f" {match.group()}{' ' if match[1] else ''}"


def _has_powers(folded: str) -> bool:
    return folded == "10" or folded in _UNITS or (len(folded) == 1 and folded.isascii() and folded.isalpha())
