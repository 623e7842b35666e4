"""The tokens of stretches of letters, remembered: in an archive the same ones come again and again."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np

from rag.arabic.folding import MARKS, fold

_AT_ONCE = 256
REMEMBERED = 500_000
"""Stretches of letters whose tokens are kept in memory (100 MB)."""


class _Table:
    """The tokens of a stretch are `tokens[ends[place - 1] : ends[place]]`; place 0 is that of a stretch without any."""

    def __init__(self) -> None:
        self.places = {"": 0}
        self.ends, self.tokens = np.zeros(1 << 12, np.intp), np.zeros(1 << 13, np.intp)
        self.size = 1
        """Places that are taken."""

    def extend(self, stretches: Sequence[str], tokens: np.ndarray, ends: np.ndarray) -> None:
        """Takes stretches that it does not hold, with their tokens one behind the other, and where those of each end. Who reads
        meanwhile sees what was there before: nothing moves but into arrays twice as long."""
        held = self.ends[self.size - 1]
        self.tokens = _with(self.tokens, held, tokens)
        self.ends = _with(self.ends, self.size, held + ends)
        self.places.update(zip(stretches, range(self.size, self.size + len(stretches)), strict=True))
        self.size += len(stretches)


class Tokens:
    """What a tokenizer makes of texts, which never joins what white space parts and makes nothing of the marks beside words."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._table = _Table()
        self._lock = threading.Lock()

    def of(self, texts: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
        """The tokens of texts that are split into stretches, one behind the other, and where each text ends, shapes (tokens,)
        and (texts,)."""
        tokens, ends = self.of_words(list(chain.from_iterable(texts)))
        last = np.fromiter(map(len, texts), np.intp, len(texts)).cumsum()
        return tokens, np.concatenate(([0], ends))[last]

    def of_words(self, found: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """`of` texts of one stretch each."""
        table = self._table
        at = np.fromiter(map(table.places.get, found, repeat(-1)), np.intp, len(found))
        missing = np.flatnonzero(at < 0)
        if len(missing):
            new = [found[i] for i in missing.tolist()]
            with self._lock:
                self._learn(table, set(new))
            at[missing] = list(map(table.places.__getitem__, new))
        ends = table.ends[at]
        counts = ends - table.ends[np.maximum(at - 1, 0)]
        through = counts.cumsum()
        return table.tokens[np.arange(through[-1] if len(through) else 0) + np.repeat(ends - through, counts)], through

    def _learn(self, table: _Table, stretches: set[str]) -> None:
        """Has a table hold these stretches; when it has become long, the next texts begin another."""
        bare = {stretch: stretch.strip(MARKS) for stretch in stretches}
        plain = {text: _plain(text) for text in set(bare.values()) if text not in table.places}
        new = [text for text in set(plain.values()) if text not in table.places]
        if new:
            usual = list(filter(_PLAIN.fullmatch, new))
            odd = list(set(new).difference(usual))
            others, odd_ends = self._tokenised(odd)
            normalizer, self._tokenizer.normalizer = self._tokenizer.normalizer, None
            try:
                tokens, ends = self._tokenised(usual)
            finally:
                self._tokenizer.normalizer = normalizer
            table.extend(usual + odd, np.concatenate((tokens, others)), np.concatenate((ends, len(tokens) + odd_ends)))
        for known in (plain, bare):
            table.places.update({stretch: table.places[text] for stretch, text in known.items()})
        if len(table.places) > REMEMBERED and table is self._table:
            self._table = _Table()

    def _tokenised(self, stretches: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The tokens, one behind the other, and where those of each stretch end; the tokenizer gets many stretches at once,
        since it takes more time to begin than for a word."""
        if not stretches:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        runs = [stretches[i : i + _AT_ONCE] for i in range(0, len(stretches), _AT_ONCE)]
        texts = ["\n".join(run) for run in runs]
        tokens, ends, before = [], [], 0
        for run, encoding in zip(runs, self._tokenizer.encode_batch(texts, add_special_tokens=False), strict=True):
            letters = np.cumsum([len(stretch) + 1 for stretch in run])
            ends.append(before + np.searchsorted([start for start, _ in encoding.offsets], letters))
            tokens.append(np.array(encoding.ids, np.intp))
            before += len(encoding.ids)
        return np.concatenate(tokens), np.concatenate(ends)


_PLAIN = re.compile(r"[a-z0-9\u0621-\u064a!-/:-@\u060c\u061b\u061f\u00ab\u00bb\u2013\u2014\u2018-\u201d]*")
"""Letters and marks which the tokenizer's own normalising leaves as they are."""


def _plain(stretch: str) -> str:
    """The folded stretch, where the tokenizer's own normalising would make the same of it; else itself."""
    folded = fold(stretch)
    return folded if _PLAIN.fullmatch(folded) else stretch


def _with(array: np.ndarray, size: int, more: np.ndarray) -> np.ndarray:
    """An array whose first `size` numbers count, with others behind them: itself, or a longer one where they find no room."""
    if size + len(more) > len(array):
        array = np.concatenate((array, np.zeros(max(len(array), len(more)), array.dtype)))
    array[size : size + len(more)] = more
    return array
