"""Arabic as it is drawn, put back into Arabic as it is written: letters for their shapes, and the order they are read in.

Lines come as *units*, what one glyph stands for; a unit of several letters (a ligature) is in reading order within.
The way back from the order of sight follows the Unicode bidirectional algorithm (UAX #9) in reverse; where two texts
look the same (a number beside a Latin word), the Latin word is taken to be read first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag.arabic.lexicon import spelled

_FORMS = re.compile("[\ufb50-\ufdcf\ufdf0-\ufdf9\ufe70-\ufefc]")
"""Shapes of letters; the signs ﷺ ﷻ ﷼ ﷽ are written by people and stay."""
_RTL = re.compile("[\u0590-\u05ff\u0608\u060b\u060d\u061b-\u064a\u066d-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_MARK = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]+")
_ALEFS = "اأإآٱ"
_OPEN, _CLOSED = "([{<«‹", ")]}>»›"
_MIRROR = str.maketrans(_OPEN + _CLOSED, _CLOSED + _OPEN)
_NUMBER = "D+(?:CD+)*"
_LEFT_TO_RIGHT = re.compile(rf"(?:{_NUMBER})?L(?:[LD]|[CN ]+(?=[LD]))*|{_NUMBER}")
_RIGHT_TO_LEFT = re.compile("A(?:[ADCN ]*A)?")
_FREQUENT = frozenset(spelled("stop_words", use="frequent"))
_WORD = re.compile("[\u0620-\u063f\u0641-\u064a]+")
_TAIL = re.compile("(?<=[\u0620-\u064a])[،؛؟](?=\\s)|(?<=[\u0620-\u064a])[.،؛؟]$")
_HEAD = re.compile("(?<!\\S)[،؛؟](?=[\u0620-\u064a])|^[.،؛؟](?=\\s?[\u0620-\u064a])")
_TATWEEL = "\u0640"
_SOFT_HYPHEN = "\u00ad"


def plain(text: str) -> str:
    """The text with letters in place of their shapes (U+FB50–FDFF, U+FE70–FEFF), a ligature as its letters in order."""
    return _FORMS.sub(lambda m: unicodedata.normalize("NFKC", m.group()).strip(), text).replace("\ufeff", "")


def is_mark(unit: str) -> bool:
    """Whether a unit is harakat alone, which belong to the letter that they are drawn over."""
    return bool(unit) and _MARK.fullmatch(unit) is not None


def letter_of_glyph(unit: str) -> str:
    """What one glyph stands for; the only ligature of lam and alef has the lam first, however the file spells it."""
    if len(unit) == len("لا") and unit[0] in _ALEFS and unit[1] == "ل":
        return unit[::-1]
    return unit


def is_arabic(text: str) -> bool:
    """Whether a text is of letters read from right to left, for the greater part."""
    right = sum(1 for _ in _RTL.finditer(text))
    return right > 0 and 2 * right >= sum(map(str.isalpha, text))


def in_reading_order(units: Sequence[str], right_to_left: bool) -> str:
    """The text of a line whose units stand as they are seen, from the left; `right_to_left` is the paragraph's direction."""
    if right_to_left:
        return _reversed(units)
    kinds = "".join(map(_kind, units))
    parts, done = [], 0
    for match in _RIGHT_TO_LEFT.finditer(kinds):
        parts += [*units[done : match.start()], _reversed(units[match.start() : match.end()])]
        done = match.end()
    return "".join([*parts, *units[done:]])


def _reversed(units: Sequence[str]) -> str:
    """Units seen from the left, as they are read from the right: numbers and Latin words keep their order within."""
    kinds = "".join(map(_kind, units))
    parts: list[tuple[bool, Sequence[str]]] = []
    done = 0
    for match in _LEFT_TO_RIGHT.finditer(kinds):
        parts += [(True, [unit]) for unit in units[done : match.start()]]
        parts.append((False, units[match.start() : match.end()]))
        done = match.end()
    parts += [(True, [unit]) for unit in units[done:]]
    parts.reverse()
    drawn = "".join("".join(part) for _, part in parts)
    mirrored = "".join("".join(part).translate(_MIRROR) if turned else "".join(part) for turned, part in parts)
    return drawn if _bracketed(drawn) > _bracketed(mirrored) else mirrored


def _bracketed(text: str) -> int:
    """How many brackets stand as brackets do: an opening one before a word, a closing one behind it and behind one that opens."""
    points = opened = 0
    for i, char in enumerate(text):
        inward = 1 if char in _OPEN else -1 if char in _CLOSED else 0
        if inward:
            inside = text[i + inward : i + inward + 1] if i + inward >= 0 else ""
            points += 1 if inside and not inside.isspace() else -1
            opened += inward
            points -= opened < 0
            opened = max(opened, 0)
    return points - opened


def _kind(unit: str) -> str:
    """A: read from the right; L: from the left; D: a digit; C: what stands within numbers; a space; N: other signs."""
    for char in unit:
        if char.isdecimal():
            return "D"
        if _RTL.match(char) or _MARK.match(char):
            return "A"
        if char.isalpha():
            return "L"
    return "C" if unit in {".", ",", "/", ":", "٫", "٬", "،"} else " " if unit.isspace() else "N"


def order_votes(text: str) -> int:
    """How much the text looks like Arabic in the order of reading: above 0, yes; below, its letters stand reversed."""
    votes = 0
    for stretch in text.split():
        shapes = [unicodedata.decomposition(char).split(" ")[0] for char in stretch if _FORMS.match(char)]
        if len(shapes) > 1:
            votes += 2 * ((shapes[0] == "<initial>") - (shapes[0] == "<final>"))
            votes += 2 * ((shapes[-1] == "<final>") - (shapes[-1] == "<initial>"))
    letters = plain(text)
    for match in _WORD.finditer(_MARK.sub("", letters)):
        word = match.group()
        if len(word) > 1:
            votes += _word_votes(word) - _word_votes(word[::-1])
    return votes + len(_TAIL.findall(letters)) - len(_HEAD.findall(letters))


def _word_votes(word: str) -> int:
    """Signs that a word is in the order of reading."""
    return 2 * (word in _FREQUENT) + (word.startswith("ال") and len(word) > 3) + (word[-1] in "ةى") + (word[0] == "إ")


def joined(first: str, second: str) -> str:
    """Two lines of a paragraph as one: with a space, or as one word where the first ends within a word.

    A word ends within at a soft hyphen, at a tatweel, and at a hyphen between small letters of a script that has small ones.
    """
    if first.endswith((_SOFT_HYPHEN, _TATWEEL)):
        return first[:-1] + second
    if first.endswith(("-", "\u2010")) and first[-2:-1].islower() and second[:1].islower():
        return first[:-1] + second
    return f"{first} {second}"
