"""Texts as rows of numbers, one for each folded word, so that what is made of a word is made once for a whole archive.

Words are known by their hashes of 64 bits, in numpy: a fifth of the time of a dictionary, whose strings no cache holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.arabic.text.letters import Hashes, Letters, Places

REMEMBERED = 4_000_000
"""Letters of the words that are known; in a large archive these are half a million words."""
_AT_ONCE = 1 << 17
"""Letters that are looked through at once, few enough for the processor's cache."""
_SMALLEST = 1 << 12
_NONE = -1


@dataclass(frozen=True, slots=True)
class Numbered:
    """The numbers of the words of some texts in a row, and how many words each text has, shapes (words,) and (texts,); the
    words that were new, whose numbers go up from `known`: 0 where all that was known before is forgotten."""

    numbers: npt.NDArray[np.int32]
    counts: Places
    known: int
    new: list[str]


class Vocabulary:
    """Words and their numbers, from 0. One thread at a time may ask."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._size = self._letters = 0
        self._hashes = np.zeros(_SMALLEST, np.uint64)
        self._numbers = np.full(_SMALLEST, _NONE, np.int32)

    def numbered(self, texts: Sequence[str], made: int) -> Numbered:
        """Texts by the numbers of their words, those of new ones given now.

        made: of how many words the caller has something; where these are not all, since he was interrupted, all is forgotten.
        """
        if self._letters > REMEMBERED or made != self._size:
            self._forget()
        known, new = self._size, list[str]()
        numbers, counts = [np.zeros(0, np.int32)], [np.zeros(0, np.intp)]
        for run in _runs(texts):
            letters = Letters(run)
            words = np.arange(len(letters.begins))
            hashes = letters.hashes(words, words)
            found = self._find(hashes)
            missing = np.flatnonzero(found == _NONE)
            if len(missing):
                distinct, first, inverse = np.unique(hashes[missing], return_index=True, return_inverse=True)
                found[missing] = self._size + inverse
                self._take(distinct)
                new += letters.spelled(missing[first])
            numbers.append(found)
            counts.append(np.diff(letters.first))
        self._letters += sum(map(len, new))
        return Numbered(np.concatenate(numbers), np.concatenate(counts), known, new)

    def _find(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """The numbers of words by their hashes; _NONE where they have none."""
        slots = self._slots(hashes)
        numbers = self._numbers[slots]
        others = np.flatnonzero((self._hashes[slots] != hashes) & (numbers != _NONE))
        while len(others):  # what stands there is another word: look in the next slot
            slots[others] = self._next(slots[others])
            numbers[others] = self._numbers[slots[others]]
            others = others[(self._hashes[slots[others]] != hashes[others]) & (numbers[others] != _NONE)]
        return numbers

    def _take(self, hashes: Hashes) -> None:
        """Gives the next numbers to distinct words that have none."""
        numbers = np.arange(self._size, self._size + len(hashes), dtype=np.int32)
        self._size += len(hashes)
        if 2 * self._size > len(self._numbers):  # half of the slots stay free, so that few words stand behind others
            held = np.flatnonzero(self._numbers != _NONE)
            hashes, numbers = np.append(self._hashes[held], hashes), np.append(self._numbers[held], numbers)
            room = 1 << (4 * self._size).bit_length()
            self._hashes, self._numbers = np.zeros(room, np.uint64), np.full(room, _NONE, np.int32)
        slots = self._slots(hashes)
        left = np.arange(len(hashes))
        while len(left):
            free = left[self._numbers[slots[left]] == _NONE]
            self._numbers[slots[free]] = numbers[free]  # of several that want a slot, one gets it
            left = left[self._numbers[slots[left]] != numbers[left]]
            slots[left] = self._next(slots[left])
        self._hashes[slots] = hashes

    def _slots(self, hashes: Hashes) -> Places:
        slots: Places = (hashes & np.uint64(len(self._numbers) - 1)).astype(np.intp)
        return slots

    def _next(self, slots: Places) -> Places:
        return (slots + 1) & (len(self._numbers) - 1)


def _runs(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in order, about _AT_ONCE letters at once."""
    start = length = 0
    for i, text in enumerate(texts):
        if length and length + len(text) > _AT_ONCE:
            yield texts[start:i]
            start, length = i, 0
        length += len(text)
    if start < len(texts):
        yield texts[start:]
