"""What the columns of a table or the keys of an object are called, in Arabic and English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rag.arabic.lexicon import table
from rag.arabic.text.folding import fold

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where publishedAt has its second word."""
FIELDS = ("id", "text", "title", "date", "source", "url")


@lru_cache(maxsize=1 << 10)
def _plain(name: str) -> str:
    return "_".join(fold(_CAMEL.sub(" ", name)).replace("-", " ").replace("_", " ").split())


_ORDERED = {field: [_plain(row["word"]) for row in table("columns") if row["field"] == field] for field in FIELDS}
"""In the order of preference where a table has several."""


def fields_of(names: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Which of a table's names stands for each of FIELDS that it has; what is given goes before what is known.

    A given name that the table lacks is left out.
    """
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(_plain(name), name)
    found = {}
    for field, listed in _ORDERED.items():
        wanted = [_plain(given[field])] if field in given else listed
        if plain := next((plain for plain in wanted if plain in known), None):
            found[field] = known[plain]
    return found
