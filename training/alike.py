"""Words of a kind, for questions and sentences in which one is exchanged, so that they no longer fit together: another country, office,
name, verb or number.

Words are of one kind that stand beside the same words: their counts with the words right before and after them, as positive
pointwise mutual information, brought to few dimensions (Levy, Goldberg and Dagan 2015, TACL 3).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

from rag.arabic.text.folding import fold

_TOKEN, _WORD = re.compile(r"[^\W\d_]+|[^\w\s]"), re.compile(r"[^\W\d_]{3,}|\d+")
_LEAST, _CONTEXTS, _DIMENSIONS = 5, 4000, 150
"""Times that a word stands in the texts before it is known; the commonest words, which are counted beside it; and the size of vectors."""
_SMOOTHED = 0.75
"""The power to which counts of contexts are raised, lest rare ones seem to say much (as above)."""
_COMMON = 100
"""The commonest words are not exchanged."""
_ALIKE, _NEAR = 0.6, 15
"""The least cosine of two words of one kind; and the nearest so many, of which one is taken."""
_SHIFTS = (-17, -3, -2, -1, 1, 2, 4, 19)


class Alike:
    """The words of some texts, each with others of its kind."""

    def __init__(self, texts: Iterable[str], seed: int) -> None:
        tokens = [_TOKEN.findall(text) for text in texts]
        counts = Counter(word for some in tokens for word in some)
        self._words = [w for w, times in counts.items() if times >= _LEAST and len(w) > 2 and w.isalpha()]
        self._at = {word: i for i, word in enumerate(self._words)}
        beside = {word: i for i, (word, _) in enumerate(counts.most_common(_CONTEXTS))}
        self._common = {word for word, _ in counts.most_common(_COMMON)}
        rows, columns = [], []
        for some in tokens:
            for before, after in zip(some, some[1:], strict=False):
                for word, other, place in ((before, after, 0), (after, before, _CONTEXTS)):
                    if word in self._at and other in beside:
                        rows.append(self._at[word])
                        columns.append(beside[other] + place)
        shape = (len(self._words), 2 * _CONTEXTS)
        self._vectors = _vectors(csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape), seed)

    def another(self, word: str, random: Random, among: Iterable[str] = ()) -> str:
        """Another word of its kind, of those in `among` if there are any of its kind there; "" if there is none."""
        if word.isdigit():
            others = [other for other in among if other.isdigit() and other != word]
            return random.choice(others or [str(another_number(int(word), random))])
        if word not in self._at or word in self._common:
            return ""
        own = self._vectors[self._at[word]]
        there = [other for other in among if other in self._at and own @ self._vectors[self._at[other]] > _ALIKE]
        if near := [other for other in there if _differ(other, word)]:
            return random.choice(near)
        cosines = self._vectors @ own
        near = [self._words[i] for i in np.argsort(-cosines)[: 2 * _NEAR] if cosines[i] > _ALIKE]
        near = [other for other in near if _differ(other, word)]
        return random.choice(near[:_NEAR]) if near else ""

    def exchanged(self, question: str, sentence: str, random: Random) -> Iterator[tuple[str, str]]:
        """For each word that both hold, in some order: the question with another in its place, and the sentence with another.

        The question's is one that the sentence holds elsewhere, if there is one. Words that have none of their kind are left out.
        """
        held = {fold(found[0]): found for found in _WORD.finditer(sentence)}
        asked = {fold(found[0]): found for found in _WORD.finditer(question)}
        rest = [found[0] for word, found in held.items() if word not in asked]
        for word in random.sample(shared := [word for word in asked if word in held], len(shared)):
            other, instead = self.another(asked[word][0], random, rest), self.another(held[word][0], random)
            if other and instead:
                yield _with(question, asked[word], other), _with(sentence, held[word], instead)


def another_number(number: int, random: Random) -> int:
    """One near to it, at least 1."""
    return number + random.choice([shift for shift in _SHIFTS if number + shift > 0])


def _vectors(counts: csr_matrix, seed: int) -> np.ndarray:
    """Unit vectors of the words; counts: shape (words, contexts)."""
    contexts = np.asarray(counts.sum(0)).ravel()
    smoothed = contexts**_SMOOTHED
    expected = np.asarray(counts.sum(1)).ravel(), smoothed / max(1.0, smoothed.sum())
    found = counts.tocoo()
    information = np.log(found.data / (expected[0][found.row] * expected[1][found.col]))
    kept = csr_matrix((np.maximum(information, 0), (found.row, found.col)), shape=counts.shape)
    left, strengths, _ = randomized_svd(kept, min(_DIMENSIONS, counts.shape[0]), random_state=seed)
    vectors = left * np.sqrt(strengths)
    unit: np.ndarray = (vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    return unit


def _with(text: str, found: re.Match[str], other: str) -> str:
    return text[: found.start()] + other + text[found.end() :]


def _differ(one: str, other: str) -> bool:
    return _stem(one) != _stem(other)


def _stem(word: str) -> str:
    return fold(word).removeprefix("و").removeprefix("ال")[:3]
