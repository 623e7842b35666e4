"""What a question wants to know of someone or something (an age, a capital, a birth), and whether a sentence speaks of that at all.

A sentence that names the person or country but none of these words does not answer: «أين ولد لافروف؟» is not answered by what
Lavrov said. Knows the attributes that people ask for most; any other counts as spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.arabic.lexicon import table, words_of
from rag.arabic.rules.forms import keys
from rag.arabic.rules.numerals import quantities
from rag.arabic.text.folding import word_set, words

_ATTRIBUTES = [(word_set(row["asked"]), word_set(row["signs"])) for row in table("attributes")]
_BEFORE = words_of("stop_words", use="before_attribute")
"""Words that may stand between the question word and what is asked for."""
_LIFE = frozenset().union(*(words(row["asked"]) for row in table("attributes") if row["lifespan"] == "yes"))
_LIFESPAN = re.compile(r"\([^()]*\d{3,4}[^()]*[-–—][^()]*\d{3,4}[^()]*\)")
"""The years of a life behind a name."""


class Attribute(NamedTuple):
    """What a question wants to know of someone or something.

    signs: the words one of which a sentence must hold to speak of it. of_life: whether the years of a life do, too. is_counted:
    whether a number is asked for.
    """

    signs: frozenset[str]
    of_life: bool
    is_counted: bool


def attribute_of(content: Sequence[str], is_arabic: bool, is_counted: bool) -> Attribute | None:
    """The attribute that a question with these content words asks for; None where it asks for none that is known.

    is_counted: whether the question asks for a number.
    """
    if is_arabic:  # a name may be «عمر»: what is asked for comes first
        content = [word for word in content if word not in _BEFORE][:1]
    for asked, signs in _ATTRIBUTES:
        if not asked.isdisjoint(content):
            return Attribute(signs, bool(asked & _LIFE), is_counted)
    return None


def speak_of(attribute: Attribute | None, sentences: Sequence[str]) -> list[bool | None]:
    """Whether each sentence speaks of the attribute that a question asks for; None for each where it asks for none."""
    if not attribute:
        return [None] * len(sentences)
    counted = map(bool, quantities(sentences)) if attribute.is_counted else [True] * len(sentences)
    return [
        _speaks_of(attribute, sentence, is_counted) for sentence, is_counted in zip(sentences, counted, strict=True)
    ]


def _speaks_of(attribute: Attribute, sentence: str, is_counted: bool) -> bool:
    if attribute.of_life and _LIFESPAN.search(sentence):
        return True
    return is_counted and any(not attribute.signs.isdisjoint(keys(word)) for word in words(sentence))
