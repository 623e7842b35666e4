"""Numbers and dates as a text writes them, in digits or in words, in one form that can be compared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rag.arabic.lexicon import as_number, pattern_of, table, words_of
from rag.arabic.morphology import readings_each
from rag.arabic.rules.spellings import one_spelling
from rag.arabic.text.folding import fold, fold_each
from rag.arabic.text.raised import DIGITS

_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_{DIGITS}]+|[%،؛,;:()·]")
_PERCENT = re.compile(
    rf"(?<!\w){pattern_of('units', use='percent')}(?!\w)|٪|{pattern_of('units', use='percent_english')}(?!\w)"
)

PERCENT = "%"
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")


class _NumberWord(NamedTuple):
    """kind: "digits", "add" (to what is before), "joins" (adds, but is no number alone), "times", or "" for other words."""

    kind: str
    value: float
    joined: bool = False


class Amount(NamedTuple):
    """A number, month or week day as `quantities` names it, and the tokens that it takes: [first, after)."""

    name: str
    first: int
    after: int


def _values(kind: str, english: bool) -> dict[str, float]:
    """The folded number words of a kind, Arabic or English ones, and their values."""
    rows = [row for row in table("numbers") if row["kind"] == kind and row["word"].isascii() == english]
    return {fold(row["word"]): as_number(row["value"]) for row in rows}


_ONLY_JOINED = _values("joins", english=False)
"""Words for "one of" unless they begin a number: «أحد عشر», «الحادي والعشرون»."""
_SMALL = _values("add", english=False) | _ONLY_JOINED
_LARGE = _values("times", english=False)
_AND = "و"
_JOINS_DIGITS = "joins digits"
"""The kind of an «و» that stands before digits, «مليون و200 ألف»."""
_HALF, _HUNDRED = 0.5, 100
_LONGEST = 12
"""Words of the longest number that is read as one."""
_SHORTEST = 2
"""Letters of a number's name: «ست»."""
_HIJRI = 100
"""What is added to the number of a month of the Hijra."""
_MONTHS = {
    fold(row["word"]).replace(" ", "_"): as_number(row["number"]) + (_HIJRI if row["calendar"] == "hijri" else 0)
    for row in table("months")
    if row["text"] != "no"
}
_HOMONYMS = words_of("months", text="beside")
"""Months that are other words, too: taken for months only beside a number or the word month."""
_MONTH = fold("شهر")
_PARTS = _values("part", english=False) | _values("part", english=True)
"""What a number before it counts: «ثلاثة أرباع», "two-thirds"."""
_ENGLISH = _values("add", english=True)
_ROMAN = _values("roman", english=True)
"""Of kings and popes; those of one letter are letters, too."""
_ENGLISH_LARGE = _values("times", english=True)
_DAYS = {fold(row["word"]): as_number(row["number"]) for row in table("weekdays") if row["text"] == "yes"}


def quantities(texts: Iterable[str]) -> list[frozenset[str]]:
    """The numbers, months and week days of each text, each in one form: «ثمانية آلاف», "8 آلاف", "eight thousand" → "8000".

    Ordinals count as their numbers; months come as "month 10", hijri ones from 101 on, days as "day 1" (Sunday) to 7.
    """
    return [frozenset(amount.name for amount in amounts(_tokens(folded))) for folded in fold_each(texts)]


def tokens(text: str) -> list[str]:
    """The folded words, numbers and marks within a sentence; «في المئة» is `PERCENT`."""
    return _tokens(fold(text))


def _tokens(folded: str) -> list[str]:
    return _TOKEN.findall(one_spelling(_PERCENT.sub(f" {PERCENT} ", folded)))


def amounts(listed: Sequence[str]) -> list[Amount]:
    """The numbers, months and week days among the tokens of a text, in order."""
    found: list[Amount] = []
    forms = readings_each(listed, _SHORTEST)
    read = list(map(_word, forms))
    for i, (token, following) in enumerate(pairwise(listed)):
        if token == _AND and following[0].isdecimal():
            read[i], read[i + 1] = _NumberWord(_JOINS_DIGITS, 0), read[i + 1]._replace(joined=True)
    i = 0
    while i < len(listed):
        name, taken = (
            _date_word(listed, read, i, forms[i])
            or _english(listed[i : i + _LONGEST])
            or _numeral(read[i : i + _LONGEST])
        )
        if taken and name[0].isdecimal() and i + taken < len(listed) and listed[i + taken] in _PARTS:
            name, taken = f"{float(name) * _PARTS[listed[i + taken]]:.12g}", taken + 1
        if taken:
            found.append(Amount(name, i, i + taken))
        i += max(taken, 1)
    return found


def _english(listed: Sequence[str]) -> tuple[str, int] | None:
    """The English number that the first tokens make, and how many of them; digits only before "million" and the like."""
    if listed[0] in _ROMAN:
        return f"{_ROMAN[listed[0]]:g}", 1
    whole = part = 0.0
    last, taken = -1.0, 0
    for i, token in enumerate(listed):
        following = listed[i + 1] if i + 1 < len(listed) else ""
        if token[0].isdecimal() and not i and following in _ENGLISH_LARGE:
            part = last = _digits(token)
        elif token in _PARTS and i:
            break
        elif token in _ENGLISH and (not i or last >= _HUNDRED or (last >= 20 and 0 < _ENGLISH[token] < 10)):
            part, last = part + _ENGLISH[token], _ENGLISH[token]
        elif token in _ENGLISH_LARGE and (i == 1 or (i and last < _ENGLISH_LARGE[token])):
            last = _ENGLISH_LARGE[token]
            if last == _HUNDRED:
                part *= _HUNDRED
            else:
                whole, part = whole + (part or 1) * last, 0.0
        elif token == "and" and last >= _HUNDRED and following in _ENGLISH:
            continue
        elif token == "a" and following in _ENGLISH_LARGE and (not i or last == _HALF):
            part = last = part or 1.0
        elif token == "a" and not i and following in _PARTS:
            part = last = 1.0
        else:
            break
        taken = i + 1
    if not taken or (taken == 1 and listed[0] == "one" and (len(listed) == 1 or listed[1] not in _PARTS)):
        return None
    return f"{whole + part:.12g}", taken


def _numeral(words: list[_NumberWord]) -> tuple[str, int]:
    """The number that the first words make, and how many of them; 0 where they make none.

    «ثلاثة ملايين ومئتا ألف»: `whole` is what was multiplied by `scale`, a thousand or more; `part` what was not yet.
    """
    first, *rest = words
    if first.kind in ("", _JOINS_DIGITS):
        return "", 0
    whole, scale, part = 0.0, 0.0, first.value
    if first.kind == "times" and first.value > _HUNDRED:
        whole, scale, part = first.value, 10.0 ** int(math.log10(first.value)), 0.0  # a dual is two of its scale
    taken = scaled = 1
    for place, word in enumerate(rest, 2):
        teen = word.value == 10 and not word.joined and 1 <= part < 10
        follows, multiplies = word.joined and not part, not word.joined and part > 0
        is_part = 0 < word.value < 1
        if word.kind == _JOINS_DIGITS:
            continue
        if word.kind == "add" and (teen or (word.joined and _goes_on(word.value, part, scale))):
            part += word.value * (scale if is_part and not part else 1)
        elif word.kind == "digits" and follows and word.value < scale:
            part = word.value
        elif word.kind == "times" and word.value == scale and rest[place - 3].value * scale == part:
            pass  # «مليار ونصف المليار»
        elif word.kind == "times" and word.value == _HUNDRED and (follows or (multiplies and 1 < part < 10)):
            part = (part or 1) * _HUNDRED
        elif word.kind == "times" and word.value > _HUNDRED and multiplies and 0 < scale <= word.value:
            part, taken = 0.0, scaled  # another number: «مليون وثلاثة ملايين»
            break
        elif word.kind == "times" and word.value > _HUNDRED and ((follows and word.value < scale) or multiplies):
            whole, scale, part = whole + (part or 1) * word.value, word.value, 0.0
            scaled = place
        else:
            break
        taken = place
    if taken == 1 and first.kind == "joins":
        return "", 0
    return f"{whole + part:.12g}", taken


def _goes_on(value: float, part: float, scale: float) -> bool:
    """Whether «و» joins a value to what is before: after a scale what is below it, after hundreds, tens and a half after units."""
    if 0 < value < 1 <= part < _HUNDRED:
        return True
    if part % _HUNDRED == 0:
        return value < (_HUNDRED if part else scale)
    return 20 <= value < _HUNDRED and part % _HUNDRED < 10


def _digits(token: str) -> float:
    """The value of a token that begins with a digit: «1,234.5», «1.234,5», «1.234.567»."""
    if 0 < token.find(".") < token.find(","):
        token = token.replace(".", "").replace(",", ".")
    digits = _THOUSANDS.sub("", token).replace(",", ".")
    return float(digits if digits.count(".") <= 1 else digits.replace(".", ""))


def _word(forms: Sequence[str]) -> _NumberWord:
    """What a token, the first of its `readings`, is within a number."""
    token = forms[0]
    if token[0].isdecimal():
        return _NumberWord("digits", _digits(token))
    for form in forms:
        joined = form is not token and token.startswith(_AND)
        if form in _SMALL:
            return _NumberWord("joins" if form in _ONLY_JOINED else "add", _SMALL[form], joined)
        if form in _LARGE:
            return _NumberWord("times", _LARGE[form], joined)
    return _NumberWord("", 0.0)


def _date_word(
    tokens: Sequence[str], read: Sequence[_NumberWord], i: int, forms: Sequence[str]
) -> tuple[str, int] | None:
    """The month or day at a place, in one of its `readings`, and how many tokens it takes.

    `read` says what each token is within a number: some months are other words, too, unless a number stands beside them.
    """
    for form in forms:
        if form in _DAYS:
            return f"day {_DAYS[form]:g}", 1
        pair = f"{form}_{tokens[i + 1]}" if i + 1 < len(tokens) else ""
        if pair in _MONTHS:
            return f"month {_MONTHS[pair]:g}", 2
        if form in _MONTHS:
            near = [*range(max(0, i - 2), i), *range(i + 1, min(i + 2, len(tokens)))]
            dated = any(_MONTH in tokens[j] or read[j].kind for j in near)
            return (f"month {_MONTHS[form]:g}", 1) if form not in _HOMONYMS or dated else None
    return None
