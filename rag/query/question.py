"""A question, read once: what it asks for, whose statement it seeks, and its words with their translations.

Whoever takes a question in (command line, chat, API, evaluation) has it parsed here and passes the value on; search, reranking,
evidence and writers read its fields and never its text again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.arabic import clean, fold, has_arabic
from rag.arabic.rules.attributes import Attribute, attribute_of
from rag.arabic.rules.insisted import Period, asks_for_newest, identifiers, period
from rag.arabic.rules.reported_speech import asked_speaker, names_subject
from rag.arabic.rules.words import QuestionType, content_of, content_words, is_greeting, type_of
from rag.arabic.text.folding import words
from rag.errors import InputError
from rag.query.translation import Translation

Language = Literal["ar", "en"]
LONGEST_QUESTION = 2000
"""Characters."""
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
class Question:
    """A question as the whole program sees it.

    text: as typed, without control characters and extra spaces.
    language: that of the answer; "en" where no letter is Arabic.
    is_translated: whether it holds no Arabic, so that only translations can be compared with Arabic passages.
    type: what it asks for.
    speaker: the folded words of whose statement it asks for; "" if it asks for none.
    subject: the content words behind the speaker.
    has_subject: whether it names what such a statement is to be about, not only its time or place.
    attribute: what it wants to know of somebody or something; None where it asks for none that is known.
    period: the time that it names; None where it names none.
    asks_newest: whether it asks for the latest of several.
    identifiers: the numbers in it that name things; what answers it holds them.
    tokens: all its folded words, in order.
    content: those that say what it is about, each once.
    words: those that search looks for, in order: all of an Arabic question, only the content words of a translated one.
    """

    text: str
    language: Language
    is_translated: bool
    type: QuestionType
    speaker: str
    subject: tuple[str, ...]
    has_subject: bool
    attribute: Attribute | None
    period: Period | None
    asks_newest: bool
    identifiers: frozenset[str]
    tokens: tuple[str, ...]
    content: tuple[str, ...]
    words: tuple[Word, ...]

    @property
    def needs_reading(self) -> bool:
        """Whether its answer is looked for in the sentences of passages: not by a speaker's name, nor without a word that says anything."""
        return self.type not in ("speech", "greeting") and bool(self.content)


class Translates(Protocol):
    """Whatever gives the Arabic words for a Latin one; see `Translator`."""

    def translations(self, word: str, is_name: bool) -> tuple[Translation, ...]: ...


class QuestionParser:
    """Parses questions; their Latin words are translated with the given translator."""

    def __init__(self, translator: Translates) -> None:
        self._translator = translator

    def parse(self, text: str) -> Question:
        """The question that a person typed.

        Raises InputError where it is empty, has no word, or is longer than LONGEST_QUESTION characters.
        """
        text = checked(text)
        folded, is_arabic = fold(text), has_arabic(text)
        tokens = words(text)
        numbered = any(map(str.isdigit, folded))
        content = content_of(tokens)
        speaker = asked_speaker(folded)
        type_: QuestionType = "speech" if speaker else "greeting" if is_greeting(tokens) else type_of(folded)
        return Question(
            text,
            language="ar" if is_arabic else "en",
            is_translated=not is_arabic,
            type=type_,
            speaker=speaker or "",
            subject=tuple(content_words(folded.partition(speaker)[2])) if speaker else (),
            has_subject=names_subject(folded),
            attribute=attribute_of(content, is_arabic, type_ == "many"),
            period=period(text) if numbered else None,
            asks_newest=asks_for_newest(tokens),
            identifiers=identifiers(folded) if numbered else frozenset(),
            tokens=tuple(tokens),
            content=tuple(content),
            words=self._words(text, tokens, frozenset(content), is_arabic),
        )

    def _words(self, text: str, tokens: list[str], content: frozenset[str], is_arabic: bool) -> tuple[Word, ...]:
        """The words that search looks for; a Latin word with a capital may be a name, unless all are in capitals."""
        capitals = [] if text.isupper() else [run for run in _LATIN.findall(text) if run[0].isupper()]
        names = set(words(" ".join(capitals)))
        found = []
        for token in tokens:
            if not (is_arabic or token in content):
                continue
            plain = token.translate(_PLAIN)
            is_latin = token in content and plain.isascii() and plain.isalpha()
            translations = self._translator.translations(plain, token in names) if is_latin else ()
            found.append(Word(token, token in content, translations))
        return tuple(found)


def checked(question: str) -> str:
    """The question without control characters and extra spaces; InputError where it cannot be asked."""
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"the question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read: ask it more shortly"
        )
    question = clean(question)
    if not any(char.isalnum() for char in question):
        raise InputError("the question is empty; expected words, such as a name and what you want to know")
    return question
