"""Batches to train on: one task a batch, so that the negatives are of the same kind as the right answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from tokenizers import Tokenizer

from training.bags import Bags
from training.pairs import Data
from training.translation import learn

Batch = tuple[Bags, Bags]

KEPT, KEPT_TRANSLATED = 0.1, 0.9
"""How often a sentence stays in its surroundings."""
NEIGHBOURS = 1
"""Consecutive runs of one article in a batch: each is a hard negative for the others."""
TRANSLATED = ("parallel", "wordnet", "names")
"""The tasks whose pairs are an English and an Arabic text."""


def _arabic(tokenizer: Tokenizer) -> np.ndarray:
    """Whether a token is Arabic, by id."""
    vocabulary = tokenizer.get_vocab()
    found = np.zeros(tokenizer.get_vocab_size(), bool)
    for token, i in vocabulary.items():
        found[i] = any("\u0600" <= char <= "\u06ff" for char in token)
    return found


class Batches:
    """An endless stream of (left, right) bags; row i of the one belongs to row i of the other.

    `shares` weighs the tasks of `Data.tasks` and two more: `wiki`, a Wikipedia sentence and the sentences around it,
    and `english`, the same with the sentence translated token by token. Both sentences lose a random part of their
    tokens (up to `thinning`), as a question has few of its passage's words.
    """

    def __init__(
        self, data: Data, tokenizer: Tokenizer, shares: Mapping[str, float], size: int, thinning: float, seed: int
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._size, self._thinning = size, thinning
        self._names = list(shares)
        self._chances = np.array(list(shares.values())) / sum(shares.values())
        self._tasks = {
            name: (Bags.of(tokenizer, [left for left, _ in pairs]), Bags.of(tokenizer, [right for _, right in pairs]))
            for name, pairs in data.tasks.items()
        }
        self._sentences = Bags.of(tokenizer, [sentence for run in data.passages for sentence in run])
        self._counts = np.array([len(run) for run in data.passages])
        self._firsts = np.cumsum(self._counts) - self._counts
        self._arabic = _arabic(tokenizer)
        english, arabic = (Bags.join([self._tasks[name][side] for name in TRANSLATED]) for side in (0, 1))
        self._to_english = learn(arabic, english, tokenizer.get_vocab_size())

    def __iter__(self) -> Iterator[Batch]:
        while True:
            name = self._names[self._rng.choice(len(self._names), p=self._chances)]
            if name in ("wiki", "english"):
                yield self._wiki(translated=name == "english")
            else:
                left, right = self._tasks[name]
                rows = self._rng.choice(len(left), min(self._size, len(left)), replace=False)
                yield self._thin(left.take(rows), 0.1), self._thin(right.take(rows), 0.1)

    def _thin(self, bags: Bags, rate: float | np.ndarray) -> Bags:
        """The texts without a random share of their tokens; `rate` is one number or one a token."""
        return bags.keep(self._rng.random(len(bags.ids)) >= rate)

    def _wiki(self, translated: bool) -> Batch:
        """Sentences and their surroundings; a tenth keep the sentence itself, nine tenths if it is translated."""
        runs = self._rng.integers(0, len(self._counts) - NEIGHBOURS, self._size // NEIGHBOURS)
        runs = (runs[:, None] + np.arange(NEIGHBOURS)).ravel()
        first, count = self._firsts[runs], self._counts[runs]
        chosen = first + (self._rng.random(len(runs)) * count).astype(int)
        sentence = self._sentences.take(chosen)
        whole = self._sentences.take(first, first + count)
        begin = self._sentences.starts[chosen] - self._sentences.starts[first]
        place = np.arange(len(whole.ids)) - np.repeat(whole.starts[:-1], whole.lengths)
        inside = place >= np.repeat(begin, whole.lengths)
        inside &= place < np.repeat(begin + sentence.lengths, whole.lengths)
        kept = self._rng.random(len(runs)) < (KEPT_TRANSLATED if translated else KEPT)
        around = whole.keep(~inside | np.repeat(kept, whole.lengths))
        if translated:
            sentence = self._to_english.sample(sentence, self._rng, self._arabic)
        rates = self._rng.random(len(runs)) * self._thinning
        return self._thin(sentence, np.repeat(rates, sentence.lengths)), around
