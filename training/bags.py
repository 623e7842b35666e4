"""Token ids of many texts in two flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Bags:
    """`ids[starts[i]:starts[i + 1]]` are the token ids of text `i`."""

    ids: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: Sequence[str]) -> Bags:
        """The token ids of `texts`, in their order."""
        lists = []
        for i in range(0, len(texts), 20000):
            lists += [np.array(e.ids, np.int32) for e in tokenizer.encode_batch_fast(list(texts[i : i + 20000]))]
        starts = np.concatenate([[0], np.cumsum([len(ids) for ids in lists])])
        return cls(np.concatenate(lists) if lists else np.zeros(0, np.int32), starts)

    @classmethod
    def join(cls, parts: Sequence[Bags]) -> Bags:
        """The texts of all parts, one part after the other."""
        lengths = np.concatenate([part.lengths for part in parts])
        return cls(np.concatenate([part.ids for part in parts]), np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens in each text."""
        return np.diff(self.starts)

    def take(self, rows: np.ndarray, ends: np.ndarray | None = None) -> Bags:
        """The texts `rows`; with `ends`, text i is the run of texts rows[i] up to but not including ends[i]."""
        first, last = self.starts[rows], self.starts[rows + 1 if ends is None else ends]
        lengths = last - first
        starts = np.concatenate([[0], np.cumsum(lengths)])
        where = np.arange(starts[-1]) + np.repeat(first - starts[:-1], lengths)
        return Bags(self.ids[where], starts)

    def keep(self, mask: np.ndarray) -> Bags:
        """The same texts without the tokens where `mask` is false."""
        counts = np.concatenate([[0], np.cumsum(mask)])
        return Bags(self.ids[mask], counts[self.starts])
