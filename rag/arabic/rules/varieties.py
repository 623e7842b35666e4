"""Which Arabic a question is asked in: standard or dialect, as far as its words show it."""

from __future__ import annotations

import re
from typing import Literal

from rag.arabic.lexicon import words_of
from rag.arabic.text.folding import has_arabic, words

Variety = Literal["standard", "dialect", "english"]

_DIALECT = words_of("dialect") | words_of("question_words", variety="dialect")
"""Words that standard Arabic does not write; «راح», «دي», «شي», «يلي», «كمان» stand in standard texts, too."""
_WHAT = re.compile("(?<!\\w)[اإأ]يه(?!\\w)")  # before folding, which makes «آية» the same word


def variety(question: str) -> Variety:
    """What a question is asked in: "english" without an Arabic letter, "dialect" where a word of it is of dialect alone.

    A question in dialect that holds none of the listed words passes for standard.
    """
    if not has_arabic(question):
        return "english"
    return "dialect" if _WHAT.search(question) or not _DIALECT.isdisjoint(words(question)) else "standard"
