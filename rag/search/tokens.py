"""The tokens of words, remembered: in an archive the same ones come again and again."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np

from rag.arabic.text.vocabulary import Vocabulary

_AT_ONCE = 256
_PLAIN = re.compile(r"[a-z0-9\u0621-\u064a]*")
"""Letters which the tokenizer's own normalising leaves as they are."""


@dataclass(frozen=True, slots=True)
class Tokenised:
    """The tokens of some texts in a row, where those of each word and of each text end among them, and how many words each text
    has; shapes (tokens,), (words,), (texts,) and (texts,)."""

    tokens: np.ndarray
    words: np.ndarray
    texts: np.ndarray
    counts: np.ndarray


class Tokens:
    """What a tokenizer with a normaliser makes of the folded words of texts; it must make nothing of what is no letter or digit."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer, self._normalised = tokenizer, tokenizer.normalizer.normalize_str
        tokenizer.normalizer = None
        self._vocabulary = Vocabulary()
        self._made = 0
        self._tokens, self._ends = np.zeros(0, np.intp), np.zeros(1, np.intp)
        """Those of word i are `_tokens[_ends[i] : _ends[i + 1]]`; behind those of the last one there is room for more."""
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> Tokenised:
        """The tokens of texts; any thread may ask."""
        with self._lock:
            found = self._vocabulary.numbered(texts, self._made)
            if found.new:
                self._learn(found.new, found.known)
            starts, ends = self._ends[found.numbers], self._ends[found.numbers + 1]
            behind = (ends - starts).cumsum()
            places = np.arange(behind[-1] if len(behind) else 0) + np.repeat(ends - behind, ends - starts)
            return Tokenised(self._tokens[places], behind, np.append(0, behind)[found.counts.cumsum()], found.counts)

    def _learn(self, words: Sequence[str], known: int) -> None:
        """Puts the tokens of words behind those of the words that are known."""
        found = self._tokenised([word if _PLAIN.fullmatch(word) else self._normalised(word) for word in words])
        held = self._ends[known]
        self._tokens = _with(self._tokens, held, np.fromiter(chain.from_iterable(found), np.intp))
        self._ends = _with(self._ends, known + 1, held + np.cumsum(list(map(len, found)), dtype=np.intp))
        self._made = known + len(words)

    def _tokenised(self, words: Sequence[str]) -> list[list[int]]:
        """The tokens of each word; the tokenizer gets many at once, since it takes more time to begin than for a word."""
        runs = [words[i : i + _AT_ONCE] for i in range(0, len(words), _AT_ONCE)]
        encodings = self._tokenizer.encode_batch(list(map("\n".join, runs)), add_special_tokens=False)
        found: list[list[int]] = []
        for run, encoding in zip(runs, encodings, strict=True):
            begun = np.cumsum([0, *(len(word) + 1 for word in run)])
            cuts = np.searchsorted([start for start, _ in encoding.offsets], begun).tolist()
            tokens = encoding.ids
            found += [tokens[start:end] for start, end in pairwise(cuts)]
        return found


def _with(array: np.ndarray, size: int, more: np.ndarray) -> np.ndarray:
    """An array whose first `size` numbers count, with others behind them: itself, or a longer one where they find no room."""
    if size + len(more) > len(array):
        array = np.concatenate((array[:size], more, np.zeros(size, array.dtype)))
    array[size : size + len(more)] = more
    return array
