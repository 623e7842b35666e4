"""The content words of a question, weighed by how rare their grams are, and how much of them a text holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from rag.arabic.letters import EDGE, mark, unmark
from rag.arabic.places import bare, country
from rag.arabic.skeletons import consonants, skeletons
from rag.arabic.words import GRAM, word_grams
from rag.search.query import Query

_SAME_ROOT = 0.8
"""How much of a word another form of its root holds, at least; 0.6 and 0.95 ranked worse (`python -m training.evidence`)."""

Idf = Callable[[Iterable[str]], Mapping[str, float]]


class Terms:
    """The content words of a question; `idf` gives the inverse document frequency of grams in the library.

    A word that has translations is compared in each of their forms, too, and the form that a text holds most of counts.
    """

    def __init__(self, query: Query, idf: Idf) -> None:
        content = [word for word in query.words if word.is_content]
        spelled = [list(chain((word.text,), *(forms for _, forms in word.translations))) for word in content]
        self._countries = [frozenset[str]().union(*map(country, forms)) for forms in spelled]
        self._skeletons = [frozenset[str]().union(*map(skeletons, forms)) for forms in spelled]
        grams = [[frozenset(word_grams(form)) for form in forms] for forms in spelled]
        every = frozenset(gram for forms in grams for form in forms for gram in form)
        self._spelled = [(gram, gram if len(gram) == GRAM else mark([gram])) for gram in every]
        self._idf = idf(every)
        self._forms = [[(form, self._weight(form)) for form in forms] for forms in grams]
        self._weights = [max(weight for _, weight in forms[1:] or forms) for forms in self._forms]
        self._total = sum(self._weights)

    @property
    def size(self) -> float:
        """The logarithm of the number of content words."""
        return math.log(1 + len(self._forms))

    def coverage(self, text: str) -> float:
        """The share in [0, 1], by weight, of the question's grams that a `marked` text holds anywhere.

        Of a word of which the text has another form, such as a broken plural, and of a country that it names by its people or
        capital, most counts as held.
        """
        if not self._total:
            return 0.0
        held = {gram for gram, spelled in self._spelled if spelled in text}
        if len(held) == len(self._spelled):
            return 1.0
        bones = ""
        named = frozenset(map(bare, unmark(text))) if any(self._countries) else frozenset[str]()
        covered = 0.0
        for forms, own, names, weight in zip(self._forms, self._skeletons, self._countries, self._weights, strict=True):
            share = 0.0
            for grams, whole in forms:
                if grams <= held:
                    share = 1.0
                    break
                share = max(share, self._weight(grams & held) / whole)
            if share < _SAME_ROOT:
                bones = bones or consonants(text)
                if not names.isdisjoint(named) or any(_holds(root, bones, text) for root in own):
                    share = _SAME_ROOT
            covered += weight * share
        return covered / self._total

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(self._idf[gram] for gram in grams)


def _holds(root: str, bones: str, text: str) -> bool:
    """Whether one of a text's words has a skeleton; bones: the text's consonants. Most words need no taking apart."""
    at = bones.find(root)
    while at >= 0:
        if root in skeletons(unmark(text)[bones.count(EDGE, 0, at) - 1]):
            return True
        at = bones.find(root, at + 1)
    return False
