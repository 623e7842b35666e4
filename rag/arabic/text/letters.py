"""The folded words of some texts as arrays: where they stand, and hashes of runs of them. Pure.

Letters are compared in their folded form, as code units of UTF-16 in numpy, many texts at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from rag.arabic.text.folding import BETWEEN, DELETED, OTHER, fold, folded_letters

Places = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]
EDGE = "#"
"""Stands before and behind each word of a `marked` text."""
_END = BETWEEN + 1
"""What stands behind a text; letters are greater."""
_BASE = 0x9E3779B97F4A7C15
_MIX = np.array([0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53], np.uint64)
"""Of MurmurHash3's finalizer, which spreads the low bits of a product over all of them."""
_SHIFT = np.uint64(33)
_USUAL = 1 << 18
"""Letters for which the powers are kept (4 MB)."""
_LONG = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


class Letters:
    """The words of texts in a row, as `folding.words` gives them: word i is `letters[begins[i] : ends[i]]`, those of text t are
    first[t] to first[t + 1] - 1."""

    begins: Places
    ends: Places
    first: Places

    def __init__(self, texts: Sequence[str]) -> None:
        units, behind = _units(texts)
        letters = folded_letters(units)
        others = np.flatnonzero(letters == OTHER)
        if len(others):
            whole = list(texts)
            for i in set(np.searchsorted(behind, others).tolist()):
                whole[i] = _in_single_letters(whole[i])
            units, behind = _units(whole)
            letters = folded_letters(units)
            np.copyto(letters, units, where=letters == OTHER)
        letters[behind] = _END
        letters = letters[letters != DELETED]
        wanted = letters != BETWEEN  # and one sign between two words
        wanted[1:] |= letters[:-1] > _END
        self.letters = letters = letters[wanted]
        inside = letters > _END
        opens = inside.copy()
        opens[1:] &= ~inside[:-1]
        closes = ~inside
        closes[1:] &= inside[:-1]
        closes[:1] = False
        self.begins, self.ends = np.flatnonzero(opens), np.flatnonzero(closes)
        self.first = np.searchsorted(self.begins, np.append(0, np.flatnonzero(letters == _END)))

    def hashes(self, words: Places, last: Places) -> Hashes:
        """A hash of the letters from each of some words to the end of another, of 64 bits; the same on every machine."""
        length = len(self.letters)
        powers, inverses = _usual_powers() if length <= _USUAL else _powers(length)
        sums = np.zeros(length + 1, np.uint64)
        np.cumsum(self.letters * powers[:length], out=sums[1:])
        start = self.begins[words]
        mixed: Hashes = (sums[self.ends[last]] - sums[start]) * inverses[start]
        for factor in _MIX:
            mixed = (mixed ^ (mixed >> _SHIFT)) * factor
        return mixed

    def spelled(self, words: Places) -> list[str]:
        """The letters of some words."""
        buffer = self.letters.tobytes()
        bounds = zip((2 * self.begins[words]).tolist(), (2 * self.ends[words]).tolist(), strict=True)
        return [buffer[start:end].decode("utf-16-le") for start, end in bounds]


def marked(texts: Sequence[str]) -> list[str]:
    """Each text as `mark` makes it of its words."""
    letters = Letters(texts).letters
    letters[letters == BETWEEN] = ord(EDGE)
    letters[letters == _END] = OTHER  # no text has it
    found = letters.tobytes().decode("utf-16-le").split(chr(OTHER))[:-1]
    return [f"{EDGE}{text}" if not text or text.endswith(EDGE) else f"{EDGE}{text}{EDGE}" for text in found]


def mark(words: Sequence[str]) -> str:
    """Folded words in a row with `#` before and behind each, which tells where one begins and ends."""
    return EDGE + "".join(f"{word}{EDGE}" for word in words)


def unmarked(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text that is marked so."""
    return [text[1:-1].split(EDGE) if len(text) > 1 else [] for text in texts]


def _units(texts: Sequence[str]) -> tuple[np.ndarray, Places]:
    """The code units of texts, a zero behind each, and where these stand."""
    coded = [text.encode("utf-16-le", "surrogatepass") + b"\0\0" for text in texts]
    return np.frombuffer(b"".join(coded), np.uint16), np.cumsum([len(code) // 2 for code in coded], dtype=np.intp) - 1


def _in_single_letters(text: str) -> str:
    """The folded text, which has the same words, without halves of letters and long letters that are no part of words."""
    return _LONG.sub(lambda found: found[0] if found[0].isalnum() else " ", fold(text))


def _powers(length: int) -> tuple[Hashes, Hashes]:
    """The powers of the base, modulo 2⁶⁴, and of its inverse."""
    powers, inverses = (np.full(length, base, np.uint64) for base in (_BASE, pow(_BASE, -1, 1 << 64)))
    powers[:1] = inverses[:1] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


@cache
def _usual_powers() -> tuple[Hashes, Hashes]:
    return _powers(_USUAL)
