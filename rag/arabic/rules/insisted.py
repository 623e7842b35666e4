"""What a question insists on: a time, the latest of several, and numbers that name things («المادة 71»)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.arabic.lexicon import any_of, as_number, pattern_of, table, words_of
from rag.arabic.text.folding import fold, fold_with_offsets

_MONTHS = {fold(row["word"]): int(as_number(row["number"])) for row in table("months") if row["calendar"] == "common"}
_IN = pattern_of("times", use="in")
_SINCE = pattern_of("times", use="since")
_YEAR = r"(?P<year>(?:18|19|20)\d\d)"
_PERIOD = re.compile(
    rf"(?<!\w)(?:(?P<since>{_SINCE})\s+|{_IN}\s+)?(?:(?:(?P<day>\d{{1,2}})\s+)?(?P<month>{any_of(_MONTHS)})\s+)?"
    rf"(?:(?P<word>{pattern_of('times', use='year')})\s+)?{_YEAR}(?!\w)"
)
_BARE = re.compile(_YEAR)
_NEWEST = words_of("times", use="newest")
_OPENING = 4
"""Words at the beginning of a question among which the one for the latest stands."""
_IDENTIFIER = re.compile(rf"(?<!\w){pattern_of('units', use='identifier')}\s+(\d+)(?!\w)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a question names, as beginnings of ISO dates (`Scope`), and the question without its words for it."""

    since: str
    until: str
    rest: str


def period(question: str) -> Period | None:
    """The first time that a question names by its year: «عام 2010», «في أغسطس 2015», "since 2010"; None where it names none.

    A number alone is none, since «2010» may be a name.
    """
    folded, offsets = fold_with_offsets(question)
    for match in _PERIOD.finditer(folded):
        if _BARE.fullmatch(match.group()):
            continue
        parts = [match["year"]]
        if match["month"]:
            parts.append(f"{_MONTHS[match['month']]:02}")
        if match["day"]:
            parts.append(f"{int(match['day']):02}")
        time = "-".join(parts)
        rest = f"{question[: offsets[match.start()]]} {question[offsets[match.end() - 1] + 1 :]}"
        return Period(time, "" if match["since"] else time, " ".join(rest.split()))
    return None


def asks_for_newest(tokens: list[str]) -> bool:
    """Whether folded words of a question ask for the latest: «ما آخر سعر …»."""
    return not _NEWEST.isdisjoint(tokens[:_OPENING])


def identifiers(folded: str) -> frozenset[str]:
    """The numbers in a folded text that name things: of «المادة 71» and «رقم 47»."""
    return frozenset(_IDENTIFIER.findall(folded))


def numbers(folded: str) -> frozenset[str]:
    """The runs of digits in a folded text."""
    return frozenset(_NUMBER.findall(folded))
