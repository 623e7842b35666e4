"""What countries are called in the news: by name, by nationality, by the capital where their government sits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rag.arabic.folding import fold, word_set
from rag.arabic.lexicon import table

_ARTICLE = re.compile("^(?:[وف]?[بكل]?ال|لل|[وفبل])(?=[^\\W_]{3})")
_ATTACHED = re.compile("^(?:و?[بلك]|[وف])(?=[^\\W_]{3})")
_NAMED: dict[str, frozenset[str]] = {}
_CALLED: dict[str, str] = {}
for _row in table("countries"):
    _CALLED[fold(_row["country"])] = _row["country"]
    _names = word_set(f"{_row['country']} {_row['names']}")
    _bare = frozenset(name.removeprefix("ال") for name in _names) | _names
    for _name in _bare:
        _NAMED[_name] = _NAMED.get(_name, frozenset()) | _bare


def country(word: str) -> frozenset[str]:
    """All that the country of a folded word may be called by, folded and without article; empty for any other word."""
    return _NAMED.get(word) or _NAMED.get(bare(word), frozenset())


def country_named(word: str) -> str:
    """The name of the country that a folded word is, with whatever is written with it; empty for any other word, «روسي»."""
    return _CALLED.get(word) or _CALLED.get(_ATTACHED.sub("", word), "")


@lru_cache(maxsize=1 << 16)
def bare(word: str) -> str:
    """A folded word without article and what is written with it: «والروسي» → «روسي»."""
    return _ARTICLE.sub("", word)


def bare_forms(texts: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """The `bare` forms of the folded words of each text."""
    return [frozenset(map(bare, found)) for found in texts]
