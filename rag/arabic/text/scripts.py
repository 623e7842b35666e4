"""Which script the letters of a text are of, by their Unicode names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

from rag.arabic.text.folding import fold, has_arabic


def runs(text: str) -> list[tuple[str, str]]:
    """(script, letters) of each unbroken run of letters of one script, in order: "ARABIC", "LATIN", "CYRILLIC", "CJK", …

    Marks belong to the letter before them; digits, signs and spaces are left out, and end a run.
    """
    found = []
    for script, run in groupby(_with_scripts(text), key=lambda pair: pair[0]):
        if script:
            found.append((script, "".join(char for _, char in run)))
    return found


def own(question: str) -> str:
    """The script that an answer to the question is in: Arabic where it has an Arabic letter, else Latin."""
    return "ARABIC" if has_arabic(question) else "LATIN"


def given(texts: Iterable[str]) -> set[str]:
    """The folded runs of letters of the texts: what an answer may take over, whatever its own script."""
    return {fold(run) for text in texts for _, run in runs(text)}


def _with_scripts(text: str) -> list[tuple[str, str]]:
    """(script, character) of each character; no script where it is no letter."""
    pairs: list[tuple[str, str]] = []
    for char in text:
        combines = pairs and pairs[-1][0] and unicodedata.category(char).startswith("M")
        pairs.append((pairs[-1][0] if combines else _script(char), char))
    return pairs


@lru_cache(maxsize=1 << 12)
def _script(char: str) -> str:
    """The first word of a letter's name, an empty string for what is no letter."""
    return unicodedata.name(char, "UNNAMED").split()[0] if char.isalpha() else ""
