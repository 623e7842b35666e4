"""Numbers and dates as a text writes them, in digits or in words, in one form that can be compared."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from rag.arabic.folding import fold

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
_PREFIX = re.compile("^(?:و|ف)?(?:ب|ك|ل)?(?:ال|لل)?(?=..)")


class _Word(NamedTuple):
    """kind: "digits", "add" (to what is before), "joins" (adds, but is no number alone), "times", or "" for other words."""

    kind: str
    value: float
    joined: bool = False


def _values(listed: str) -> dict[str, float]:
    return {
        form: float(value) for value, *forms in map(str.split, listed.strip().splitlines()) for form in map(fold, forms)
    }


_SMALL = _values("""
0 صفر
0.5 نصف
1 واحد واحدة أول أولى أحد إحدى حادي حادية
2 اثنان اثنين اثنا اثني اثنتان اثنتين اثنتا اثنتي ثاني ثانية
3 ثلاثة ثلاث ثالث ثالثة
4 أربعة أربع رابع رابعة
5 خمسة خمس خامس خامسة
6 ستة ست سادس سادسة
7 سبعة سبع سابع سابعة
8 ثمانية ثماني ثمان ثامن ثامنة
9 تسعة تسع تاسع تاسعة
10 عشرة عشر عاشر عاشرة
20 عشرون عشرين
30 ثلاثون ثلاثين
40 أربعون أربعين
50 خمسون خمسين
60 ستون ستين
70 سبعون سبعين
80 ثمانون ثمانين
90 تسعون تسعين
200 مئتان مئتين مائتان مائتين مئتا مئتي مائتا مائتي
300 ثلاثمئة ثلاثمائة
400 أربعمئة أربعمائة
500 خمسمئة خمسمائة
600 ستمئة ستمائة
700 سبعمئة سبعمائة
800 ثمانمئة ثمانمائة ثمانيمئة
900 تسعمئة تسعمائة
""")
_LARGE = _values("""
100 مئة مائة مية
1000 ألف ألفا آلاف
2000 ألفان ألفين ألفي
1000000 مليون مليونا ملايين
2000000 مليونان مليونين مليوني
1000000000 مليار مليارا مليارات بليون
2000000000 ملياران مليارين ملياري
1000000000000 تريليون ترليون
""")
_ONLY_JOINED = frozenset(map(fold, ("أحد", "إحدى", "حادي", "حادية")))
"""Words for "one of" unless they begin a number: «أحد عشر», «الحادي والعشرون»."""
_AND = "و"
_HALF, _HUNDRED = 0.5, 100
_LONGEST = 12
"""Words of the longest number that is read as one."""
_MONTHS = _values("""
1 يناير كانون_الثاني جانفي
2 فبراير شباط فيفري
3 مارس آذار
4 أبريل إبريل نيسان أفريل
5 مايو أيار ماي
6 يونيو يونيه حزيران جوان
7 يوليو يوليه تموز جويلية
8 أغسطس آب أوت
9 سبتمبر أيلول
10 أكتوبر تشرين_الأول
11 نوفمبر تشرين_الثاني
12 ديسمبر كانون_الأول
101 محرم
102 صفر_الخير
103 ربيع_الأول
104 ربيع_الآخر ربيع_الثاني
105 جمادى_الأولى
106 جمادى_الآخرة جمادى_الثانية
107 رجب
108 شعبان
109 رمضان
110 شوال
111 ذو_القعدة ذي_القعدة
112 ذو_الحجة ذي_الحجة
""")
_HOMONYMS = frozenset(map(fold, ("مارس", "آب", "ماي", "أوت", "جوان", "رجب", "شعبان", "صفر")))
"""Months that are other words, too: taken for months only beside a number or the word month."""
_MONTH = fold("شهر")
_DAYS = _values("1 الأحد\n2 الاثنين الإثنين\n3 الثلاثاء\n4 الأربعاء\n5 الخميس\n6 الجمعة\n7 السبت")


def quantities(text: str) -> frozenset[str]:
    """The numbers, months and week days of a text, each in one form: «ثمانية آلاف», "8 آلاف" and "8000" → "8000".

    Ordinals count as their numbers; months come as "month 10", hijri ones from 101 on, days as "day 1" (Sunday) to 7.
    """
    tokens = _TOKEN.findall(fold(text))
    found: set[str] = set()
    i = 0
    while i < len(tokens):
        named = _date_word(tokens, i)
        name, taken = named or _numeral([_word(token) for token in tokens[i : i + _LONGEST]])
        if taken:
            found.add(name)
        i += max(taken, 1)
    return frozenset(found)


def _numeral(words: list[_Word]) -> tuple[str, int]:
    """The number that the first words make, and how many of them; 0 where they make none.

    «ثلاثة ملايين ومئتا ألف»: `whole` is what was multiplied by `scale`, a thousand or more; `part` what was not yet.
    """
    first, *rest = words
    if first.kind == "":
        return "", 0
    whole, scale, part = 0.0, 0.0, first.value
    if first.kind == "times" and first.value > _HUNDRED:
        whole, scale, part = first.value, 10.0 ** int(math.log10(first.value)), 0.0  # a dual is two of its scale
    taken = 1
    for word in rest:
        teen = word.value == 10 and not word.joined and 1 <= part < 10
        follows, multiplies = word.joined and not part, not word.joined and part > 0
        if word.kind == "add" and (teen or (word.joined and _goes_on(word.value, part, scale))):
            part += word.value * (scale if word.value == _HALF and not part else 1)
        elif word.kind == "times" and word.value == _HUNDRED and (follows or (multiplies and 1 < part < 10)):
            part = (part or 1) * _HUNDRED
        elif word.kind == "times" and word.value > _HUNDRED and ((follows and word.value < scale) or multiplies):
            whole, scale, part = whole + (part or 1) * word.value, word.value, 0.0
        else:
            break
        taken += 1
    if taken == 1 and first.kind == "joins":
        return "", 0
    return f"{whole + part:.12g}", taken


def _goes_on(value: float, part: float, scale: float) -> bool:
    """Whether «و» joins a value to what is before: after a scale what is below it, after hundreds, tens after units."""
    if part % _HUNDRED == 0:
        return value < (_HUNDRED if part else scale)
    return 20 <= value < _HUNDRED and part % _HUNDRED < 10


def _word(token: str) -> _Word:
    """What a token is within a number."""
    if token[0].isdigit():
        digits = _THOUSANDS.sub("", token).replace(",", ".")
        return _Word("digits", float(digits if digits.count(".") <= 1 else digits.replace(".", "")))
    for form, joined in ((token, False), (_PREFIX.sub("", token), token.startswith(_AND))):
        if form in _SMALL:
            return _Word("joins" if form in _ONLY_JOINED else "add", _SMALL[form], joined)
        if form in _LARGE:
            return _Word("times", _LARGE[form], joined)
    return _Word("", 0.0)


def _date_word(tokens: list[str], i: int) -> tuple[str, int] | None:
    """The month or day at a place, and how many tokens it takes."""
    bare = re.sub("^(?:و|ف)?(?:ب|ل)?", "", tokens[i]) if tokens[i] not in _DAYS else tokens[i]
    for form in (tokens[i], bare):
        if form in _DAYS:
            return f"day {_DAYS[form]:g}", 1
        pair = f"{form}_{tokens[i + 1]}" if i + 1 < len(tokens) else ""
        if pair in _MONTHS:
            return f"month {_MONTHS[pair]:g}", 2
        if form in _MONTHS:
            near = tokens[max(0, i - 2) : i] + tokens[i + 1 : i + 2]
            dated = any(_MONTH in word or _word(word).kind for word in near)
            return (f"month {_MONTHS[form]:g}", 1) if form not in _HOMONYMS or dated else None
    return None
