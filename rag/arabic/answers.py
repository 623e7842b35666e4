"""The short answer within a sentence that answers a question for a date, a number or who holds an office, where it is clear."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rag.arabic.folding import fold, fold_with_offsets, word_set
from rag.arabic.forms import DATE_JOINTS, YEARS, is_content, is_verb
from rag.arabic.names import is_definite
from rag.arabic.numerals import Amount, amounts
from rag.arabic.skeletons import skeletons
from rag.arabic.words import Kind, content_words, kind, word_grams

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_LIKE = 0.6
"""Share of a word's grams from which another form of it counts as the word."""
_ERAS = word_set("الميلادي ميلادي ميلادية هجري هجرية م ه ق الماضي الماضية الفائت الفائتة المقبل المقبلة القادم الجاري")
_OF = fold("من")
_LONGEST_NAME = 3
_ORDINALS = word_set(
    "أول أولى ثاني ثانية ثالث ثالثة رابع رابعة خامس سادس سابع ثامن تاسع عاشر الأول الأولى الثاني الثانية الثالث الثالثة"
)
_NEAR = 4
"""Words from what was asked within which one of several dates or numbers is taken."""


class _Token(NamedTuple):
    """A folded word or number and where it stands in the sentence."""

    text: str
    start: int
    end: int


class _Run(NamedTuple):
    """Tokens from `first` on, up to `after`."""

    first: int
    after: int


def short_answer(question: str, sentence: str) -> str:
    """The words of a sentence that are the date, the number or the name that a question asks for; empty where that is not plain."""
    choose = _CHOOSING.get(kind(question))
    if choose is None:
        return ""
    folded, offsets = fold_with_offsets(sentence)
    found = [_Token(m.group(), offsets[m.start()], offsets[m.end() - 1] + 1) for m in _TOKEN.finditer(folded)]
    asked = _asked(question, found)
    run = choose(question, sentence, found, asked)
    return sentence[found[run.first].start : found[run.after - 1].end] if run else ""


def _asked(question: str, found: Sequence[_Token]) -> list[bool]:
    """Which tokens are words of the question, in this or another form."""
    sought = [(skeletons(word), frozenset(word_grams(word))) for word in content_words(question)]

    def is_asked(word: str) -> bool:
        grams, own = frozenset(word_grams(word)), skeletons(word)
        return any(not own.isdisjoint(roots) or len(grams & wanted) >= _LIKE * len(wanted) for roots, wanted in sought)

    return [is_asked(token.text) for token in found]


def _date(question: str, sentence: str, found: Sequence[_Token], asked: Sequence[bool]) -> _Run | None:
    """The one date that the question does not itself name, or the nearest to what was asked."""
    return _nearest([run for run in _dates(found) if not any(asked[run.first : run.after])], asked)


def _dates(found: Sequence[_Token]) -> list[_Run]:
    """The dates of a sentence: each from its day or year to its era, the words between them included."""
    texts = [token.text for token in found]
    part = [False] * len(found)
    for amount in (listed := amounts(texts)):
        if _names_time(amount, texts):
            part[amount.first : amount.after] = [True] * (amount.after - amount.first)
    runs: list[_Run] = []
    for amount in reversed(listed):  # the day before a month, the number behind «سنة»
        after = amount.after + (texts[amount.after : amount.after + 1] == [_OF])
        behind_year = amount.first and texts[amount.first - 1] in YEARS and texts[amount.first].isdigit()
        if behind_year or _at(part, amount.first - 1) or _at(part, after):
            part[amount.first : amount.after] = [True] * (amount.after - amount.first)
    i = 0
    while i < len(found):
        if not part[i]:
            i += 1
            continue
        first = i - 1 if i and texts[i - 1] in YEARS else i
        while _at(part, i) or (texts[i : i + 1] and texts[i] in DATE_JOINTS and _at(part, i + 1)):
            i += 1
        while i < len(found) and texts[i] in _ERAS:
            i += 1
        runs.append(_Run(first, i))
    return runs


def _names_time(amount: Amount, texts: Sequence[str]) -> bool:
    """Whether an amount is a month, a day of the week or a year."""
    if not amount.name[0].isdigit():
        return True
    in_digits = texts[amount.first].isdigit() and amount.after == amount.first + 1
    return in_digits and len(amount.name) == 4 and amount.name < "2200"


def _at(part: Sequence[bool], i: int) -> bool:
    return 0 <= i < len(part) and part[i]


def _number(question: str, sentence: str, found: Sequence[_Token], asked: Sequence[bool]) -> _Run | None:
    """The one number of what is counted, with the word that it counts; where none stands beside that, the only number."""
    texts = [token.text for token in found]
    dated = {i for run in _dates(found) for i in range(*run)}
    runs = [
        _Run(amount.first, amount.after)
        for amount in amounts(texts)
        if amount.name[0].isdigit()
        and not ({amount.first} & dated or asked[amount.first] or texts[amount.first] in _ORDINALS)
    ]
    counting = [run for run in runs if any(asked[run.after : run.after + 1])]
    chosen = counting[0] if len(counting) == 1 else runs[0] if len(runs) == 1 and not counting else None
    if chosen is None:
        return None
    follows = chosen.after < len(found) and texts[chosen.after].isalpha() and is_content(texts[chosen.after])
    return _Run(chosen.first, chosen.after + (follows and _together(sentence, found, chosen.after)))


def _holder(question: str, sentence: str, found: Sequence[_Token], asked: Sequence[bool]) -> _Run | None:
    """The name that follows the office asked for: «وزير الخارجية الروسي سيرغي لافروف»."""
    wanted = len(content_words(question))
    if wanted < 2:
        return None
    for end in range(wanted, len(found)):
        begins = end - wanted
        if not all(asked[begins:end]) or asked[end]:
            continue
        after = end
        while after < len(found) and after - end < _LONGEST_NAME and _may_be_name(found[after].text):
            if not _together(sentence, found, after):
                break
            after += 1
        if after > end:
            return _Run(end, after)
    return None


def _may_be_name(word: str) -> bool:
    return is_content(word) and not is_definite(word) and not is_verb(word) and word.isalpha()


def _together(sentence: str, found: Sequence[_Token], i: int) -> bool:
    """Whether nothing but space stands between a token and the one before it."""
    return not sentence[found[i - 1].end : found[i].start].strip()


def _nearest(runs: Sequence[_Run], asked: Sequence[bool]) -> _Run | None:
    """The only run, or the one nearest to what was asked; none where two are as near."""
    if len(runs) < 2:
        return runs[0] if runs else None
    places = [i for i, is_asked in enumerate(asked) if is_asked]
    if not places:
        return None
    ranked = sorted((min(max(run.first - i, i + 1 - run.after) for i in places), run) for run in runs)
    return ranked[0][1] if ranked[0][0] <= _NEAR and ranked[0][0] < ranked[1][0] else None


_CHOOSING: dict[Kind, Callable[[str, str, Sequence[_Token], Sequence[bool]], _Run | None]] = {
    "when": _date,
    "many": _number,
    "who": _holder,
}
