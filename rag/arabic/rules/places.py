"""What countries are called in the news: by name, by nationality, by the capital where their government sits."""

from __future__ import annotations

from rag.arabic.lexicon import table
from rag.arabic.morphology import ARTICLE, readings
from rag.arabic.text.folding import fold, word_set

_NAMED: dict[str, frozenset[str]] = {}
_CALLED: dict[str, str] = {}
for _row in table("countries"):
    _CALLED[fold(_row["country"])] = _row["country"]
    _names = word_set(f"{_row['country']} {_row['names']}")
    _bare = frozenset(name.removeprefix(ARTICLE) for name in _names) | _names
    for _name in _bare:
        _NAMED[_name] = _NAMED.get(_name, frozenset()) | _bare


def country(word: str) -> frozenset[str]:
    """All that the country of a folded word may be called by, folded and without article; empty for any other word."""
    return next((_NAMED[name] for name in readings(word) if name in _NAMED), frozenset())


def country_named(word: str) -> str:
    """The name of the country that a folded word is, with whatever is written with it; empty for any other word, «روسي»."""
    return next((_CALLED[name] for name in readings(word) if name in _CALLED), "")
