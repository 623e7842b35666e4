"""Names under their spellings."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

_SAME = 0.8
"""Similarity of two spellings of one name (difflib's ratio), as in تشركين and تشوركين."""
_SHORT = 4
"""Letters; a name of fewer must stand there to the letter."""


class Name:
    """The folded words of a name, to be found in whatever spelling."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = [(name, SequenceMatcher(None, "", name)) for name in wanted]

    def words_in(self, found: Sequence[str]) -> list[str]:
        """The words of `found` that stand for each word of the name, in its order; empty if one has none."""
        present = []
        for name, matcher in self._wanted:
            match = next((word for word in found if _same(name, word, matcher)), None)
            if match is None:
                return []
            present.append(match)
        return present


def _same(name: str, word: str, matcher: SequenceMatcher[str]) -> bool:
    """Whether a word is the name, with a prefix, glued to another word, or in another spelling."""
    if len(name) < _SHORT:
        return name == word
    if name in word:
        return True
    matcher.set_seq1(word)  # the quick ratios are upper bounds
    return matcher.real_quick_ratio() >= _SAME and matcher.quick_ratio() >= _SAME and matcher.ratio() >= _SAME
