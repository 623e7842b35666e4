"""Character 4-grams of words, for matching that knows neither roots nor spellings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rag.arabic.text.vocabulary import Vocabulary

GRAM = 4
"""Letters of a gram, edges included; 3 and 5 were slightly worse on ARCD (`python -m benchmarks.search`)."""


class Grams:
    """The character 4-grams of texts: of each folded word with its edges marked (`#word#`), in order; words of up to two letters
    whole. Those of a word are made once."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._spaced: list[str] = []

    def spaced(self, texts: Sequence[str]) -> list[str]:
        """The grams of each text with a space between any two."""
        found = self._vocabulary.numbered(texts, len(self._spaced))
        self._spaced[found.known :] = map(" ".join, map(_grams_of, found.new))
        words = list(map(self._spaced.__getitem__, found.numbers.tolist()))
        ends = found.counts.cumsum().tolist()
        return [" ".join(words[start:end]) for start, end in pairwise([0, *ends])]


@lru_cache(maxsize=1 << 16)
def word_grams(word: str) -> tuple[str, ...]:
    """The grams of one folded word, in order."""
    return _grams_of(word)


def _grams_of(word: str) -> tuple[str, ...]:
    if len(word) <= 2:
        return (word,)
    marked = f"#{word}#"
    return tuple([marked[i : i + GRAM] for i in range(len(marked) - GRAM + 1)])
