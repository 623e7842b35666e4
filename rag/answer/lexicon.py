"""Which words of two texts, Arabic or English, say the same: by letters, by translations, by vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from rag.answer.clauses import Clause, clause
from rag.arabic import has_arabic
from rag.arabic.morphology import sounds
from rag.arabic.rules.forms import begins_anew, holds_glued, is_content, keys
from rag.query.translation import Translator

_NEAR = 0.35
"""Likeness of two words from which one paraphrases the other; of names and of opposites hardly any two reach it
(`python -m benchmarks.citations`)."""
UNIT_NEAR = 0.45
"""The same for what a number counts, where days are near weeks, and dinars dirhams."""
_NEAR_ACROSS = 0.3
"""The same between an English word and an Arabic one."""
_NAME_NEAR = 0.6
"""The same where one is a name."""
_SURE = 0.9
"""Weight of a translation from which it may stand for a name."""
_LIKELY = 0.3
_SHORT_NAME = 3
"""Letters; a Latin word of no more in an Arabic claim is letters themselves, as in BBC."""
_REMEMBERED = 2048
Near = dict[str, dict[str, float]]
"""Word of a claim → word of a passage → their likeness."""


class Likeness(Protocol):
    """About the cosine of each of some words with each of others, shape (asked, found)."""

    def likeness(self, asked: Sequence[str], found: Sequence[str]) -> np.ndarray: ...


class Lexicon:
    """Words under their forms, spellings, translations and vectors; remembers what it was asked."""

    def __init__(self, embedder: Likeness, translator: Translator) -> None:
        self._embedder, self._translator = embedder, translator
        self.keys = lru_cache(1 << 16)(self._keys_of)
        self._index = lru_cache(_REMEMBERED)(self._index_of)

    def least(self, word: str, is_name: bool, other: str) -> float:
        """The likeness from which two words say the same; for a word that the table does not know it is that of names."""
        if is_name or not (word.isascii() or keys(word) & self._translator.vocabulary):
            return _NAME_NEAR
        return _NEAR if word.isascii() == other.isascii() else _NEAR_ACROSS

    def places(self, said: Clause, i: int, quote: Clause) -> list[int]:
        """Where a word of the claim stands in a text in another form or spelling."""
        word = said.tokens[i]
        index, is_name = self._index(quote.raw), word in said.names
        if word.isascii() and len(word) <= _SHORT_NAME and has_arabic(said.raw):
            return index.get(word, [])
        exact = {j for key in self.keys(word, is_name) for j in index.get(key, ())}
        if exact:
            return sorted(exact)
        known = self._translator.vocabulary
        glued = [j for j, token in enumerate(quote.tokens) if holds_glued(token, word)]
        if glued:
            return glued
        forms = [form for form in self.keys(word, True) if not form.isascii()] if word.isascii() and is_name else [word]
        return sorted(
            {
                j
                for form in forms
                for sound in sounds(form)
                for j in index.get(sound, ())
                if word.isascii() or not (word in known and quote.tokens[j] in known)
            }
        )

    def _index_of(self, raw: str) -> dict[str, list[int]]:
        """The places of a text's words by what they are looked up by."""
        found: dict[str, list[int]] = {}
        for j, token in enumerate(clause(raw).tokens):
            for key in self.keys(token, False) | (frozenset() if token.isascii() else sounds(token)):
                found.setdefault(key, []).append(j)
        return found

    def _keys_of(self, word: str, is_name: bool) -> frozenset[str]:
        """What a token is looked up by; a Latin one also by its English stem and its Arabic translations."""
        if not (word.isascii() and word.isalpha()):
            return keys(word)
        forms = self._translator.translations(word, is_name)
        least = _SURE if is_name else _LIKELY
        chosen = {form for translation in forms if translation.weight >= least for form in translation.forms}
        chosen |= {translation.forms[0] for translation in forms[-3:] if is_name}
        stems = {form for arabic in chosen if is_content(arabic) for form in keys(arabic)}
        return keys(word) | {f"~{self._translator.stem(word)}"} | frozenset(stems)

    def near(self, said: Clause, texts: Iterable[Clause]) -> Near:
        """How like each content word of a claim is to those words of a passage to which it is like at all."""
        asked = list(dict.fromkeys(said.tokens[i] for i in said.content))
        found = list(dict.fromkeys(text.tokens[j] for text in texts for j in text.content))
        near: Near = {}
        if asked and found:
            likeness = self._embedder.likeness([*map(self._bare, asked)], [*map(self._bare, found)])
            for i, j in np.argwhere(likeness >= _NEAR_ACROSS).tolist():
                near.setdefault(asked[i], {})[found[j]] = float(likeness[i, j])
        return near

    def _bare(self, word: str) -> str:
        """A folded word without the «و» that joins it, for the embedder."""
        joined = begins_anew(word) and word not in self._translator.vocabulary
        return word[1:] if joined else word
