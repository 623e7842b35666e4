"""The content words of a question, weighed by how rare their grams are, and how much of them a text holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from rag.arabic.folding import words
from rag.arabic.words import word_grams
from rag.search.query import Query

Idf = Callable[[Iterable[str]], Mapping[str, float]]


class Terms:
    """The content words of a question; `idf` gives the inverse document frequency of grams in the library.

    A word that has translations is compared in each of their forms, and the form that a text holds most of counts.
    """

    def __init__(self, query: Query, idf: Idf) -> None:
        content = [word for word in query.words if word.is_content]
        self._forms = [
            [frozenset(word_grams(form)) for _, forms in word.translations for form in forms] for word in content
        ]
        self._every = frozenset(gram for forms in self._forms for grams in forms for gram in grams)
        self._idf = idf(self._every)
        self._weights = [max(map(self._weight, forms)) for forms in self._forms]
        self._total = sum(self._weights)
        self._known: dict[str, frozenset[str]] = {}

    @property
    def size(self) -> float:
        """The logarithm of the number of content words."""
        return math.log(1 + len(self._forms))

    def coverage(self, text: str) -> float:
        """The share in [0, 1], by weight, of the question's grams that a text holds anywhere."""
        return self.match(words(text))[0]

    def match(self, found: Iterable[str]) -> tuple[float, float]:
        """Of a text's folded words: the coverage, and the mean over the question's words, by weight, of the share of each
        that one word of the text holds."""
        if not self._total:
            return 0.0, 0.0
        shared = {grams for word in set(found) if (grams := self._shared(word))}
        held = frozenset().union(*shared)
        covered = alone = 0.0
        for forms, weight in zip(self._forms, self._weights, strict=True):
            covered += weight * max(self._weight(grams & held) / self._weight(grams) for grams in forms)
            alone += weight * max((len(grams & one) / len(grams) for grams in forms for one in shared), default=0.0)
        return covered / self._total, alone / self._total

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(self._idf[gram] for gram in grams)

    def _shared(self, word: str) -> frozenset[str]:
        """The grams that a word shares with the question; remembered."""
        if word not in self._known:
            self._known[word] = self._every.intersection(word_grams(word))
        return self._known[word]
