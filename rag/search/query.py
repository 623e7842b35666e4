"""A question as search takes it: its words, each with the Arabic words that it may stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.arabic import has_arabic
from rag.arabic.folding import words
from rag.arabic.words import content_words
from rag.search.translation import Translation, Translator

_CAPITAL = re.compile(r"\b[A-Z]\w*")


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
        names = {word for token in _CAPITAL.findall(question) for word in words(token)}
        found = []
        for word in words(question):
            latin = word in content and word.isascii() and word.isalpha()
            if arabic or word in content:
                translations = translator.translations(word, word in names) if latin else ()
                found.append(Word(word, word in content, translations))
        return Query(question, tuple(found))
