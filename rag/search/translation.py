"""English words to Arabic ones, by a table of likely translations.

The table is made by `python -m training.dictionary` (IBM Model 1 over sentence pairs and a lexicon); its English side is
stemmed as tantivy's English analyser does.
"""

from __future__ import annotations

import gzip
import json
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import tantivy

from rag.errors import ModelError

TABLE = "words.json.gz"


class Translation(NamedTuple):
    """Forms of one Arabic word, folded, and how much it counts against the word's other translations, 1 at most."""

    weight: float
    forms: tuple[str, ...]


class Translator:
    """Reads its files in `folder` when the first English word comes. Raises ModelError then if they are damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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

    def stem(self, word: str) -> str:
        """The stem of an English word, as the table has it."""
        return "".join(self._analyser.analyze(word))

    def translations(self, word: str) -> tuple[Translation, ...]:
        """The likeliest Arabic words for a folded English one, best first; none if the table lacks it."""
        rows = self._table.get(self.stem(word), ())
        return tuple(Translation(float(weight), tuple(map(str, forms))) for weight, *forms in rows)
