"""The short answer within a sentence that answers a question for a date or a number, where it is clear.

Names are not marked: what follows an office («وزير الخارجية سيرغي لافروف») may as well be any other word («وزير الدفاع قائد الجيش»),
and neither the shipped word table nor the vectors tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rag.arabic.lexicon import words_of
from rag.arabic.morphology import ARTICLE, readings, skeletons
from rag.arabic.rules.forms import DATE_JOINTS, YEARS, is_content
from rag.arabic.rules.numerals import Amount, amounts
from rag.arabic.rules.places import country
from rag.arabic.rules.words import QuestionType
from rag.arabic.text.folding import fold, fold_with_offsets, word_end
from rag.arabic.text.grams import word_grams

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_LIKE = 0.6
"""Share of a word's grams from which another form of it counts as the word."""
_ERAS = words_of("times", use="era")
_OF = fold("من")
_ORDINALS = words_of("numbers", ordinal="bare both") | {
    f"{ARTICLE}{word}" for word in words_of("numbers", ordinal="both")
}
_HALF = 0.5
"""Share of the question's content words that a sentence must hold for its date or number to be the one asked for."""
_DAYS_FROM_NOW = words_of("times", use="from_now")
_BEFORE_LAST = fold("أول")
_TIMES = words_of("times", use="span")
_MEASURES = words_of("units", use="measure")
_NEAR = 4
"""Words from what was asked within which one of several dates or numbers is taken."""


class _Token(NamedTuple):
    """A folded word or number and where it stands in the sentence."""

    text: str
    start: int
    end: int


class _TokenRun(NamedTuple):
    """Tokens from `first` on, up to `after`."""

    first: int
    after: int


class _Read(NamedTuple):
    """A sentence as a question sees it: its tokens, which of them are the question's, and how many of its content words stand there."""

    text: str
    found: list[_Token]
    asked: list[bool]
    share: float


def short_answers(type_: QuestionType, content: Sequence[str], sentences: Sequence[str]) -> list[str]:
    """The words of each sentence that are the date or the number that a question asks for; empty where that is not plain.

    type_, content: the question's type and its content words.
    """
    choose = _CHOOSING.get(type_)
    return [_short_answer(choose, content, sentence) if choose else "" for sentence in sentences]


def _short_answer(choose: Callable[[_Read], _TokenRun | None], content: Sequence[str], sentence: str) -> str:
    folded, offsets = fold_with_offsets(sentence)
    found = [
        _Token(m.group(), offsets[m.start()], word_end(sentence, offsets[m.end() - 1] + 1))
        for m in _TOKEN.finditer(folded)
    ]
    places = [_places(word, found) for word in content]
    asked = [any(i in places_of for places_of in places) for i in range(len(found))]
    share = sum(map(bool, places)) / max(1, len(places))
    run = choose(_Read(sentence, found, asked, share))
    return sentence[found[run.first].start : found[run.after - 1].end] if run else ""


def _places(word: str, found: Sequence[_Token]) -> set[int]:
    """Where a word of the question stands, in this or another form."""
    own, wanted, names = skeletons(word), frozenset(word_grams(word)), country(word)
    return {
        i
        for i, (text, *_) in enumerate(found)
        if not names.isdisjoint(readings(text))
        or not own.isdisjoint(skeletons(text))
        or len(wanted.intersection(word_grams(text))) >= _LIKE * len(wanted)
    }


def _date(read: _Read) -> _TokenRun | None:
    """The one date that the question does not itself name, or the nearest to what was asked."""
    if read.share < _HALF:
        return None
    return _nearest([run for run in _dates(read.found) if not any(read.asked[slice(*run)])], read.asked)


def _dates(found: Sequence[_Token]) -> list[_TokenRun]:
    """The dates of a sentence: each from its day or year to its era, the words between them included."""
    texts = [token.text for token in found]
    part = [False] * len(found)
    for amount in (listed := amounts(texts)):
        if _names_time(amount, texts):
            part[amount.first : amount.after] = [True] * (amount.after - amount.first)
    runs: list[_TokenRun] = []
    for amount in reversed(listed):  # the day before a month, the number behind «سنة»
        after = amount.after + (texts[amount.after : amount.after + 1] == [_OF])
        behind_year = amount.first and texts[amount.first - 1] in YEARS and texts[amount.first].isdecimal()
        if behind_year or _at(part, amount.first - 1) or _at(part, after):
            part[amount.first : amount.after] = [True] * (amount.after - amount.first)
    for i, text in enumerate(texts):
        if text in _DAYS_FROM_NOW or (text in _TIMES and texts[i + 1 : i + 2] and texts[i + 1] in _ERAS):
            part[i] = True
    i = 0
    while i < len(found):
        if not part[i]:
            i += 1
            continue
        first = i - 1 if i and (texts[i - 1] in YEARS or texts[i - 1] == _BEFORE_LAST) else i
        while _at(part, i) or (texts[i : i + 1] and texts[i] in DATE_JOINTS and _at(part, i + 1)):
            i += 1
        while i < len(found) and texts[i] in _ERAS:
            i += 1
        runs.append(_TokenRun(first, i))
    return runs


def _names_time(amount: Amount, texts: Sequence[str]) -> bool:
    """Whether an amount is a month, a day of the week or a year."""
    if not amount.name[0].isdecimal():
        return True
    in_digits = texts[amount.first].isdecimal() and amount.after == amount.first + 1
    return in_digits and len(amount.name) == 4 and amount.name < "2200"


def _at(part: Sequence[bool], i: int) -> bool:
    return 0 <= i < len(part) and part[i]


def _number(read: _Read) -> _TokenRun | None:
    """The one number of what is counted, with the word that it counts; where none stands beside that, the only number.

    The only one counts nothing else: what follows it is no word, or a measure.
    """
    texts = [token.text for token in read.found]
    dated = {i for run in _dates(read.found) for i in range(*run)}
    runs = [
        _TokenRun(amount.first, amount.after)
        for amount in amounts(texts)
        if amount.name[0].isdecimal()
        and not ({amount.first} & dated or read.asked[amount.first] or texts[amount.first] in _ORDINALS)
    ]
    counting = [run for run in runs if any(read.asked[run.after : run.after + 1])]
    if len(counting) == 1:
        return _TokenRun(counting[0].first, counting[0].after + 1)
    if len(runs) != 1 or counting or read.share < _HALF:
        return None
    run = runs[0]
    follows = run.after < len(texts) and _together(read, run.after) and is_content(texts[run.after])
    if not follows:
        return run
    return _TokenRun(run.first, run.after + 1) if texts[run.after] in _MEASURES else None


def _together(read: _Read, i: int) -> bool:
    """Whether nothing but space stands between a token and the one before it."""
    return not read.text[read.found[i - 1].end : read.found[i].start].strip()


def _nearest(runs: Sequence[_TokenRun], asked: Sequence[bool]) -> _TokenRun | None:
    """The only run, or the one nearest to what was asked; none where two are as near."""
    if len(runs) < 2:
        return runs[0] if runs else None
    places = [i for i, is_asked in enumerate(asked) if is_asked]
    if not places:
        return None
    ranked = sorted((min(max(run.first - i, i + 1 - run.after) for i in places), run) for run in runs)
    return ranked[0][1] if ranked[0][0] <= _NEAR and ranked[0][0] < ranked[1][0] else None


_CHOOSING: dict[QuestionType, Callable[[_Read], _TokenRun | None]] = {
    "when": _date,
    "many": _number,
}
