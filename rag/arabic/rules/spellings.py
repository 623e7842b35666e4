"""One spelling for what people write in several: numbers with their thousands apart, percentages, dates in figures, names in two words.

Works on folded texts and gives folded texts, for `numerals` to take apart; a number's value is found there.
"""

from __future__ import annotations

import re

from rag.arabic.lexicon import any_of, as_number, pattern_of, table
from rag.arabic.text.folding import fold, has_arabic
from rag.arabic.text.raised import DIGITS

_DIGIT = re.compile(r"\d")
_DATE = re.compile(r"(?<![\d/.-])(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?![/.-]?\d)")
_PERCENT_FIRST = re.compile(r"(?<!\d)(?<!\d )%\s?(\d+(?:[.,]\d+)*)")
_SPACED = re.compile(r"(?<![\d.,/])[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?![.,/]?\d)")
_WITH_COMMAS = re.compile(r"(?<![\d.,/])[1-9]\d{0,2}(?:،\d{3})+(?!\d)")
_SCALES = any_of(
    fold(row["word"]) for row in table("numbers") if row["kind"] == "times" and as_number(row["value"]) >= 1000
)
_MEASURED = pattern_of("units", use="decimal")
_WITH_DOTS = re.compile(rf"(?<![\d.,/])[1-9]\d{{0,2}}\.\d{{3}}(?![.,/]?\d)(?!\s?(?:%|(?:{_SCALES}|{_MEASURED})(?!\w)))")
"""Behind another word, three digits after a dot are thousands in Arabic; a share or «1.234 مليار» is a decimal."""
_POWER = re.compile(rf"(?<![\d.,/])10(⁻?)([{DIGITS}]{{1,2}})(?![{DIGITS}])")
_COMMON_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d{2})\s?م(?!\w)")
_SERVANT = re.compile(r"(?<!\w)([وف]?[بلك]?عبد)(?=ال\w{2})")
_FATHER = re.compile(
    rf"(?<!\w)([وف]?[بلك]?اب[واي])(?=(?:{pattern_of('given_names')}|{pattern_of('name_words', use='after_father')})(?!\w))"
)
_LAST_HIJRI = 1500
"""Years before are of the Hijra where a date in figures names them."""
_DAYS, _MONTHS = 31, 12


def _months(calendar: str) -> dict[int, str]:
    """The folded name of each month, the first that the table has."""
    rows = [row for row in table("months") if row["calendar"] == calendar]
    return {int(as_number(row["number"])): fold(row["word"]) for row in reversed(rows)}


_COMMON, _HIJRI = _months("common"), _months("hijri")


def one_spelling(folded: str) -> str:
    """A folded text with «عبد الله» for «عبدالله», and with numbers in one form.

    15000 for 15.000, 15 000 and 15،000; 1000 for 10³; 12% for %12; «17 اكتوبر 1978» for 17/10/1978; 2015 for «2015م».
    """
    folded = _FATHER.sub(r"\1 ", _SERVANT.sub(r"\1 ", folded))
    if not _DIGIT.search(folded):
        return folded
    folded = _DATE.sub(_named, folded)
    folded = _PERCENT_FIRST.sub(r"\1 %", folded)
    folded = _POWER.sub(_power, folded)
    folded = _WITH_COMMAS.sub(_figures, _SPACED.sub(_figures, folded))
    if has_arabic(folded):
        folded = _WITH_DOTS.sub(_figures, folded)
    return _COMMON_YEAR.sub(r"\1 ", folded)


def _figures(match: re.Match[str]) -> str:
    return "".join(filter(str.isdecimal, match.group()))


def _power(match: re.Match[str]) -> str:
    exponent = int("".join(str(DIGITS.index(digit)) for digit in match[2]))
    return f"{10**-exponent:.{exponent}f}" if match[1] else str(10**exponent)


def _named(match: re.Match[str]) -> str:
    """A date in figures with its month by name, the day before it; what is no date as it is."""
    first, _, second, third = match.groups()
    if len(first) == len("1978"):
        year, month, day = int(first), int(second), int(third)
    elif len(third) == len("1978"):
        year, month, day = int(third), int(second), int(first)
        if month > _MONTHS >= day:  # as Americans write it
            month, day = day, month
    else:
        return match.group()
    if not (0 < month <= _MONTHS and 0 < day <= _DAYS):
        return match.group()
    return f"{day} {(_HIJRI if year < _LAST_HIJRI else _COMMON)[month]} {year}"
