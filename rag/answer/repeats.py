"""What near-duplicate articles say once more is shown once; what one of them says otherwise stays.

Pure; which articles are near-duplicates the library knows.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol, TypeVar

from rag.arabic.rules.forms import is_content, keys
from rag.arabic.rules.numerals import amounts, tokens
from rag.arabic.rules.polarity import denied_places
from rag.arabic.text.folding import words_each

_NEW = 0.04
"""The share of a text's words that may be others: one with up to 24 of some weight has all of them, in some form."""


class Quoted(Protocol):
    """Anything that quotes a text."""

    @property
    def quote(self) -> str: ...


_Quoted = TypeVar("_Quoted", bound=Quoted)


def without_repetitions(ordered: Sequence[_Quoted]) -> list[_Quoted]:
    """The quotes in order, without those that have the same words as an earlier one."""
    found = words_each([quoted.quote for quoted in ordered])
    first: dict[tuple[str, ...], _Quoted] = {}
    for quoted, said in zip(ordered, found, strict=True):
        first.setdefault(tuple(said), quoted)
    return list(first.values())


def not_told_before(texts: Sequence[tuple[str, str]], near: Set[frozenset[str]]) -> list[int]:
    """The places of the texts that do not repeat earlier ones of near-duplicate articles.

    texts: the article of each, and what it says. near: the pairs of articles that are near-duplicates.
    """
    kept: list[int] = []
    for i, (article, text) in enumerate(texts):
        before = [texts[j][1] for j in kept if frozenset((article, texts[j][0])) in near]
        if not (before and repeats(text, "\n".join(before))):
            kept.append(i)
    return kept


def repeats(text: str, said: str) -> bool:
    """Whether a text says nothing but what was said: the same words but for a few, the same numbers, the same denied."""
    own, known = tokens(text), tokens(said)
    agreed = frozenset[str]().union(*map(keys, set(known)))
    numbers = {i for amount in amounts(own) for i in range(amount.first, amount.after)}
    asked = {word for i, word in enumerate(own) if i not in numbers and is_content(word)}
    new = [word for word in asked if agreed.isdisjoint(keys(word))]
    if len(new) > _NEW * len(asked) or not _places(own) <= _places(known):
        return False
    denied, denied_before = _denied(own), _denied(known)
    return denied <= denied_before and not (denied_before - denied) & asked


def _places(listed: Sequence[str]) -> set[tuple[str, str]]:
    """Each number, month and week day with a word at its side, before it where there is one."""
    found = set()
    for amount in amounts(listed):
        beside = listed[: amount.first][-1:] or listed[amount.after :][:1]
        found.add((amount.name, "".join(beside)))
    return found


def _denied(listed: Sequence[str]) -> set[str]:
    return {listed[i] for i in denied_places(listed) if is_content(listed[i])}
