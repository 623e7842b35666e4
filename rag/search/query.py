"""A question as search takes it: its words, each with the Arabic words that it may stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.arabic import has_arabic
from rag.arabic.folding import words
from rag.arabic.words import content_words
from rag.search.translation import Translation, Translator

_LATIN = re.compile(r"[^\W\d_]\w*")
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters that are no letter of English with a mark."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word of a question, with the Arabic words that a Latin one may stand for."""

    text: str
    is_content: bool
    translations: tuple[Translation, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A question and its words in order."""

    text: str
    words: tuple[Word, ...]

    @property
    def is_translated(self) -> bool:
        """Whether it holds no Arabic, so that only translations can be compared with Arabic passages."""
        return not has_arabic(self.text)

    @staticmethod
    def of(question: str, translator: Translator) -> Query:
        """The question with its Latin words translated; of a question without Arabic only the content words count."""
        content, arabic = set(content_words(question)), has_arabic(question)
        capital = [] if question.isupper() else [run for run in _LATIN.findall(question) if run[0].isupper()]
        names = {word for run in capital for word in words(run)}
        found = []
        for word in words(question):
            plain = word.translate(_PLAIN)
            latin = word in content and plain.isascii() and plain.isalpha()
            if arabic or word in content:
                translations = translator.translations(plain, word in names) if latin else ()
                found.append(Word(word, word in content, translations))
        return Query(question, tuple(found))
