"""Sketches of texts, by which near-duplicates are known. Pure; knows no library.

A sketch is the SIZE smallest hashes of a text's shingles, runs of SHINGLE words: two sketches then tell how large a share of
their shingles two texts have in common (Broder, "On the resemblance and containment of documents", 1997). Letters are
compared in their folded form, as code points in numpy, many texts at once. The same on every machine and in every process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from rag.arabic.folding import fold

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
_DELETED, _BETWEEN, _END = 0, 1, 2
"""What is no letter: what folding deletes, what stands between words, the end of a text."""
_BASE = 0x9E3779B97F4A7C15
_MIX = np.array([0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53], np.uint64)
"""Of MurmurHash3's finalizer, which spreads the low bits of a product over all of them."""


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
    coded = [text.encode("utf-16-le", "surrogatepass") + b"\0\0" for text in texts]
    signs = _folded()[np.frombuffer(b"".join(coded), np.uint16)]
    signs[np.cumsum([len(code) // 2 for code in coded]) - 1] = _END
    signs = signs[signs != _DELETED]
    wanted = signs != _BETWEEN  # and one sign between two words
    wanted[1:] |= signs[:-1] > _END
    signs = signs[wanted]
    opens = signs > _END
    opens[1:] &= signs[:-1] <= _END
    begins = np.flatnonzero(opens)
    first = np.searchsorted(
        begins, np.append(0, np.flatnonzero(signs == _END))
    )  # word of each text; the last is behind all
    counts = np.diff(first)
    owner = np.repeat(np.arange(len(texts)), counts)
    powers, inverses = _powers()
    sums = np.zeros(len(signs) + 1, np.uint64)
    np.cumsum(signs * powers[: len(signs)], out=sums[1:])

    def hashed(words: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
        """The hashes of the texts from some words to the ends of others, each under its text's number."""
        start = begins[words]
        mixed = (sums[ends[last]] - sums[start]) * inverses[start]
        for factor in _MIX:
            mixed = (mixed ^ (mixed >> np.uint64(33))) * factor
        return (owner[words].astype(np.uint64) << np.uint64(_BITS)) | (mixed >> np.uint64(64 - _BITS))

    closes = signs <= _END
    closes[1:] &= signs[:-1] > _END
    closes[0] = False
    ends = np.flatnonzero(closes)
    words = np.arange(max(0, len(begins) - SHINGLE + 1))
    words = words[(owner[words] == owner[words + SHINGLE - 1]) & (counts[owner[words]] >= SHORTEST)]
    short = np.flatnonzero((counts > 0) & (counts < SHORTEST))
    keys = np.concatenate((hashed(words, words + SHINGLE - 1), hashed(first[short], first[short + 1] - 1)))
    keys.sort()
    keys = keys[np.concatenate((np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]))]
    cuts = np.searchsorted(keys, np.arange(len(texts), dtype=np.uint64) << np.uint64(_BITS)).tolist()
    hashes = (keys & np.uint64((1 << _BITS) - 1)).astype(np.int64)
    return [hashes[start:end][:SIZE] for start, end in zip(cuts, [*cuts[1:], len(keys)], strict=True)]


@cache
def _powers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The powers of the base, modulo 2⁶⁴, and of its inverse."""
    length = 2 * _STRETCH + _TEXTS  # two code units for some characters, and the ends
    powers, inverses = (np.full(length, base, np.uint64) for base in (_BASE, pow(_BASE, -1, 1 << 64)))
    powers[0] = inverses[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


@cache
def _folded() -> npt.NDArray[np.uint16]:
    """For each code unit of UTF-16 the letter that it folds to, or what it is instead.

    Of what folds to several letters, the first; halves of surrogate pairs stay as they are.
    """
    signs = np.arange(1 << 16, dtype=np.uint16)
    for unit in (*range(0xD800), *range(0xE000, 1 << 16)):
        folded = fold(chr(unit))[:1]
        signs[unit] = _DELETED if not folded else ord(folded) if folded.isalnum() else _BETWEEN
    return signs
