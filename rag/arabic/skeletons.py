"""Words without what inflection and derivation add to them: what «سيجتمع» and «اجتماع», «عضو» and «أعضاء» share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_REMEMBERED = 1 << 16
_PREFIX = re.compile("^[وف]?(?:[بكل]?ال|لل|[بكلس])?(?=..)")
_PERSON = re.compile("^س?[يتنا](?=..)")
_SUFFIX = re.compile("(?:هما|كما|هم|هن|ها|نا|كم|وا|ون|ين|ان|ات|تي|ته|يه|ت|ه|ي|ا|ن)$")
_VOWELS = "اويه"
_DERIVED = re.compile("^[مت]")
_SHORTEST = 3
"""Consonants; fewer are shared by words that have nothing to do with one another."""


@lru_cache(maxsize=_REMEMBERED)
def skeletons(word: str) -> frozenset[str]:
    """The consonants that may be left of a folded word: each way to read its first and last letters as affixes gives one.

    A word of other letters than Arabic is its own; none for one with fewer than three consonants. Two words with a skeleton
    in common are mostly forms of one root («رفضته», «رفض»), though not always («كتاب», «كاتب»).
    """
    if word.isascii():
        return frozenset((word,))
    bare = _PREFIX.sub("", word) if len(word) > 3 else word
    begun = {
        word,
        bare,
        _PERSON.sub("", bare) if len(bare) > 3 else bare,
        _PERSON.sub("", word) if len(word) > 4 else word,
    }
    found = set()
    for form in begun:
        for ended in _without_endings(form):
            bones = _without_vowels(ended)
            found |= {bones, _DERIVED.sub("", bones)}
    return frozenset(skeleton for skeleton in found if len(skeleton) >= _SHORTEST)


def consonants(texts: Sequence[str]) -> list[str]:
    """Each folded text without long vowels. A skeleton of one of its words stands in it whole, since affixes are at the ends."""
    return [_without_vowels(text) for text in texts]


def _without_vowels(text: str) -> str:
    for vowel in _VOWELS:  # several times as quick as `translate`
        text = text.replace(vowel, "")
    return text


def _without_endings(form: str) -> tuple[str, str, str]:
    """A form as it stands, without its last ending, and without the last two."""
    once = _SUFFIX.sub("", form) if len(form) > 3 else form
    return form, once, _SUFFIX.sub("", once) if len(form) > 5 else once
