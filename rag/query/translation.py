"""English words to Arabic ones: a table of likely translations, and names letter by letter.

The table is made by `python -m training.dictionary` (IBM Model 1 over sentence pairs and a lexicon); its English side is
stemmed as tantivy's English analyser does.
"""

from __future__ import annotations

import gzip
import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import tantivy

from rag.errors import ModelError
from rag.query.transliteration import Transliterator

TABLE, NAMES = "words.json.gz", "names.json.gz"
_SPELLINGS = 3
_REMEMBERED = 10_000


class Translation(NamedTuple):
    """Forms of one Arabic word, folded, and how much it counts against the word's other translations, 1 at most."""

    weight: float
    forms: tuple[str, ...]


class Translator:
    """Reads its files in `folder` when the first English word comes. Raises ModelError then if they are damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.translations = lru_cache(_REMEMBERED)(self._translations)
        analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
        self._analyser = analyser.filter(tantivy.Filter.stemmer("English")).build()

    @cached_property
    def _table(self) -> dict[str, list[list[float | str]]]:
        path = self._folder / TABLE
        try:
            return dict(json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError) as e:
            raise ModelError(
                f"{path} cannot be read ({e}); expected the shipped table; install the program again"
            ) from e

    @cached_property
    def _names(self) -> Transliterator:
        return Transliterator(self._folder / NAMES)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The Arabic words of the table, folded; what is not among them is a rare word or a name."""
        return frozenset(str(form) for rows in self._table.values() for _, *forms in rows for form in forms)

    def stem(self, word: str) -> str:
        """The stem of an English word, as the table has it."""
        return "".join(self._analyser.analyze(word))

    def _translations(self, word: str, is_name: bool) -> tuple[Translation, ...]:
        """The likeliest Arabic words for a folded English one, best first; spellings of it if none is known or it is a name."""
        known = [
            Translation(float(weight), tuple(map(str, forms)))
            for weight, *forms in self._table.get(self.stem(word), ())
        ]
        if known and not is_name:
            return tuple(known)
        spelled = self._names.forms(word, _SPELLINGS)
        return (*known, *(Translation(share**0.5, (form,)) for form, share in spelled))
