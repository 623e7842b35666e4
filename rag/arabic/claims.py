"""What makes one sentence contradict another to the letter: quotations, negations; and the marks of citations."""

from __future__ import annotations

import re

from rag.arabic.folding import fold, words

MARKER = re.compile(r"[\[【]\s*(\d+(?:\s*[,،;؛]\s*\d+)*)\s*[\]】]")
"""`[1]`, `[١]`, `[1، 2]`, `【1】`; the group holds the numbers."""
STOPS = ".،"
"""Marks that may follow a citation's marker."""
BEFORE_MARK = re.compile(r"\s+(?=[.!?،؛؟])")
"""Spaces that taking a marker out leaves before a mark."""
_QUOTED = re.compile(r"“([^“”]+)”|«([^«»]+)»|\"([^\"]+)\"|''(.+?)''")
_NEGATIONS = frozenset(fold("لم لن ليس ليست ليسوا لست لا ولم ولن وليس وليست ولا فلم فلن فليس فليست فلا").split())


def quotations(text: str) -> list[str]:
    """What stands between quotation marks; the outer quotation where one lies in another of its kind's own marks."""
    return [next(part for part in match if part) for match in _QUOTED.findall(text)]


def negations(text: str) -> int:
    """How many words of a text deny."""
    return sum(word in _NEGATIONS for word in words(text))
