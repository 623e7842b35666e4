"""The content words of a question, weighed by how rare their grams are, and how much of them a text holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from rag.arabic.folding import words
from rag.arabic.words import content_words, word_grams

Idf = Callable[[Iterable[str]], Mapping[str, float]]


class Terms:
    """The content words of a question; `idf` gives the inverse document frequency of grams in the library."""

    def __init__(self, question: str, idf: Idf) -> None:
        self._grams = [frozenset(word_grams(word)) for word in content_words(question)]
        self._idf = idf(frozenset().union(*self._grams))
        self._weights = [sum(self._idf[gram] for gram in grams) for grams in self._grams]
        self._total = sum(self._weights)
        self._known: dict[str, tuple[frozenset[str], tuple[float, ...]]] = {}

    @property
    def size(self) -> float:
        """The logarithm of the number of content words."""
        return math.log(1 + len(self._grams))

    def coverage(self, text: str) -> float:
        """The share in [0, 1], by weight, of the question's grams that a text holds anywhere."""
        return self.match(text)[0]

    def match(self, text: str) -> tuple[float, float]:
        """The coverage, and the mean over the words, by weight, of the share of each that one word of the text holds."""
        if not self._total:
            return 0.0, 0.0
        held: set[str] = set()
        best = [0.0] * len(self._grams)
        for word in set(words(text)):
            shared, shares = self._compare(word)
            if shared:
                held |= shared
                best = list(map(max, best, shares))
        covered = sum(self._idf[gram] * sum(gram in grams for grams in self._grams) for gram in held)
        return covered / self._total, sum(map(float.__mul__, self._weights, best)) / self._total

    def _compare(self, word: str) -> tuple[frozenset[str], tuple[float, ...]]:
        """The grams that a word shares with the question, and the share of each question word; remembered."""
        if word not in self._known:
            grams = frozenset(word_grams(word))
            shares = tuple(len(own & grams) / len(own) for own in self._grams)
            self._known[word] = frozenset(gram for own in self._grams for gram in own & grams), shares
        return self._known[word]
