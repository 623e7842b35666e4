"""A long sentence cut to the statement that answers, where that reads whole."""

from __future__ import annotations

import re

from rag.arabic.lexicon import words_of
from rag.arabic.morphology import without_conjunction
from rag.arabic.text.folding import fold, words

LONG = 30
"""Words of a sentence from which it is cut."""
_LEFT_OUT = 8
"""Words that a cut leaves out at least."""
_KEPT = 6
"""Words that it keeps at least."""
_COMMA = re.compile(r"\s*[،؛;,]\s+")
_GOES_ON = words_of("clauses", use="goes_on")
_TAKES_BACK = (
    words_of("clauses", use="contrast contrast_english denial_ends")
    | words_of("negations", use="negation refusal exception")
) - _GOES_ON
"""Words of a statement that may take back what was said before it."""
_PAIRED = (("(", ")"), ("[", "]"), ("«", "»"), ("“", "”"))


def cut(sentence: str, answer: str) -> str:
    """The beginning of a long sentence that holds the answer, up to where another statement goes on; the whole where there is none.

    The subject stands at the beginning, so nothing is cut there. Brackets and quotation marks are never cut open, and what may take
    back what was said is never left out.
    """
    begin = sentence.find(answer) if answer else -1
    if begin < 0 or len(sentence.split()) < LONG:
        return sentence
    for comma in _COMMA.finditer(sentence, begin + len(answer)):
        kept, left = sentence[: comma.start()], sentence[comma.end() :]
        if len(kept.split()) < _KEPT or not is_whole(kept):
            continue
        if len(left.split()) < _LEFT_OUT:
            break
        goes_on = any(fold(" ".join(left.split()[:size])) in _GOES_ON for size in (1, 2))
        if goes_on and _TAKES_BACK.isdisjoint(
            stem for word in words(left) for stem in (word, without_conjunction(word))
        ):
            return kept
    return sentence


def is_whole(text: str) -> bool:
    """Whether every bracket and quotation mark in it is closed."""
    return text.count('"') % 2 == 0 and all(text.count(opens) == text.count(closes) for opens, closes in _PAIRED)
