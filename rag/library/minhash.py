"""Sketches of texts, by which near-duplicates are known. Pure; knows no library.

A sketch is the SIZE smallest hashes of a text's shingles, runs of SHINGLE words: two sketches then tell how large a share of
their shingles two texts have in common (Broder, "On the resemblance and containment of documents", 1997). Letters are
compared in their folded form. The same on every machine and in every process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from rag.arabic.text.letters import Letters

SIZE = 64
"""Hashes in a sketch; the standard error of a likeness of 0.6 is then 0.06."""
KEYS = 6
"""The smallest of them, of which two near-duplicates share one with a probability of 0.996 or more (1 - 0.4**6)."""
SHINGLE = 3
SHORTEST = 20
"""Words; a shorter text has one hash, of all its letters, and is like none but one with the same."""
ALIKE = 0.6
"""The likeness from which two texts are near-duplicates (`python -m benchmarks.duplicates`)."""
Sketch = npt.NDArray[np.int64]
_STRETCH = 1 << 17
"""Characters that are hashed at once, few enough for the processor's cache; shingles across two stretches of a text are left out."""
_TEXTS = 256
"""Texts at once, so that a number for each fits the upper bits of a key."""
_BITS = 56


def sketches(texts: Sequence[str]) -> list[Sketch]:
    """The sketch of each text, ascending; empty for a text without letters and digits."""
    found: list[Sketch | None] = [None] * len(texts)
    for stretches in _at_once(texts):
        for (i, _), smallest in zip(stretches, _smallest([text for _, text in stretches]), strict=True):
            before = found[i]
            found[i] = smallest if before is None else np.union1d(before, smallest)[:SIZE]
    return [np.empty(0, np.int64) if sketch is None else sketch for sketch in found]


def likeness(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of the shingles of two texts that both have, as far as the hashes of their sketches tell, in [0, 1]."""
    both = sorted(a | b)[:SIZE]
    return len((a & b).intersection(both)) / len(both) if both else 0.0


def are_alike(a: frozenset[int], b: frozenset[int]) -> bool:
    """Whether two texts are near-duplicates, by the hashes of their sketches."""
    return len(a & b) >= ALIKE * max(len(a), len(b), 1) and likeness(a, b) >= ALIKE


def alike_pairs(hashes: Mapping[str, frozenset[int]]) -> set[frozenset[str]]:
    """Those two of some texts, each named by its key, that are near-duplicates by the hashes of their sketches."""
    return {frozenset((a, b)) for a, b in combinations(hashes, 2) if are_alike(hashes[a], hashes[b])}


def _at_once(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Stretches of the texts, each with its text's place, as many as are hashed at once."""
    gathered: list[tuple[int, str]] = []
    length = 0
    for i, text in enumerate(texts):
        for start in range(0, len(text), _STRETCH):
            stretch = text[start : start + _STRETCH]
            if gathered and (length + len(stretch) > _STRETCH or len(gathered) == _TEXTS):
                yield gathered
                gathered, length = [], 0
            gathered.append((i, stretch))
            length += len(stretch)
    if gathered:
        yield gathered


def _smallest(texts: Sequence[str]) -> list[Sketch]:
    """The smallest hashes of each of at most _TEXTS texts."""
    letters = Letters(texts)
    first = letters.first
    counts = np.diff(first)
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64) << np.uint64(_BITS), counts)
    words = np.arange(max(0, len(letters.begins) - SHINGLE + 1))
    words = words[(owner[words] == owner[words + SHINGLE - 1]) & np.repeat(counts >= SHORTEST, counts)[words]]
    short = np.flatnonzero((counts > 0) & (counts < SHORTEST))
    words, last = np.append(words, first[short]), np.append(words + SHINGLE - 1, first[short + 1] - 1)
    keys = owner[words] | (letters.hashes(words, last) >> np.uint64(64 - _BITS))
    keys.sort()
    keys = keys[np.concatenate((np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]))]
    cuts = np.searchsorted(keys, np.arange(len(texts), dtype=np.uint64) << np.uint64(_BITS)).tolist()
    hashes = (keys & np.uint64((1 << _BITS) - 1)).astype(np.int64)
    return [hashes[start:end][:SIZE] for start, end in zip(cuts, [*cuts[1:], len(keys)], strict=True)]
