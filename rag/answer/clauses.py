"""A sentence or clause as the check of claims sees it: tokens, numbers with what they count, words that say something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rag.arabic import sentences
from rag.arabic.rules.forms import CONTRAST, DATE_JOINTS, begins_anew, is_content, marker
from rag.arabic.rules.numerals import PERCENT, Amount, amounts, tokens
from rag.arabic.text.folding import words
from rag.arabic.text.sentences import BETWEEN_CELLS

_BEFORE = 4
"""Content words before a number that may say what it is about."""
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence or clause: its tokens, its amounts, the places of its content words, and its words with a capital."""

    raw: str
    tokens: list[str]
    amounts: list[Amount]
    content: list[int]
    names: frozenset[str]

    def near(self, amount: Amount) -> tuple[list[str], list[str]]:
        """What an amount counts, up to two tokens behind it; and up to _BEFORE content words before it, nearest first.

        Day, month and year are one; a year may stand between a word and its number («سكانها في عام 2013 إلى …»).
        """
        after: list[str] = []
        before: list[str] = []
        numbers = {other.first for other in self.amounts}
        for i in range(amount.after, min(len(self.tokens), amount.after + 2)):
            token = self.tokens[i]
            if (
                i in numbers
                or begins_anew(token)
                or not (token == PERCENT or (token.isalpha() and not marker("", token)))
            ):
                break
            after.append(token)
        first = amount.first
        ends = {other.after: other for other in self.amounts}
        month = not amount.name[0].isdigit()
        while (end := self._joined(first, ends)) in ends and (end == first or month or not ends[end].name[0].isdigit()):
            first, month = ends[end].first, not ends[end].name[0].isdigit()
        counts = {i: other for other in self.amounts for i in range(other.first, other.after + 1)}
        for i in range(first - 1, max(-1, first - 1 - 2 * _BEFORE), -1):
            if i in counts and not (len(counts[i].name) == 4 and i >= counts[i].first):
                break
            if i in self.content:
                before.append(self.tokens[i])
        return after, before[:_BEFORE]

    def preceding(self, i: int) -> int:
        """The place of the content word before a place; -1 for none."""
        return max((j for j in self.content if j < i), default=-1)

    def _joined(self, first: int, ends: dict[int, Amount]) -> int:
        """Where what stands before a place ends, «من», «سنة» and commas between them taken out where they part a date."""
        while first and first not in ends and self.tokens[first - 1] in DATE_JOINTS:
            first -= 1
        return first


@lru_cache(maxsize=_REMEMBERED)
def clause(raw: str) -> Clause:
    """The clause that a text is; remembered, for passages come again with each claim."""
    listed = tokens(raw)
    found = amounts(listed)
    taken = {i for amount in found for i in range(amount.first, amount.after)}
    content = [i for i, token in enumerate(listed) if i not in taken and token[0].isalpha() and is_content(token)]
    capital = [run for run in raw.split() if run.strip("«“\"'(")[:1].isupper()]
    return Clause(raw, listed, found, content, frozenset(word for run in capital for word in words(run)))


@lru_cache(maxsize=_REMEMBERED)
def split(text: str) -> tuple[list[tuple[int, int]], list[Clause], list[list[Clause]]]:
    """The sentences of a passage: where they stand, as they are, and in the statements that each sets against each other."""
    spans = sentences(text)
    wholes = [text[start:end] for start, end in spans]
    return (
        spans,
        [clause(whole) for whole in wholes],
        [[clause(part) for part in _statements(whole)] for whole in wholes],
    )


def _statements(sentence: str) -> list[str]:
    """The statements that a sentence sets against each other; of a table's row, each cell with the row's first one."""
    first, *cells = sentence.split(BETWEEN_CELLS)
    if len(cells) > 1:
        return [f"{first}{BETWEEN_CELLS}{cell}" for cell in cells]
    return [part for part in CONTRAST.split(sentence) if len(words(part)) > 1] or [sentence]
