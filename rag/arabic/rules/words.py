"""Words as search and evidence see them: what a question asks for, words that carry no content, signs of an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from rag.arabic.lexicon import pattern_of, words_of
from rag.arabic.morphology import without_article
from rag.arabic.text.folding import words

QuestionType = Literal["greeting", "speech", "who", "when", "where", "many", "why", "other"]

_ASKED: tuple[QuestionType, ...] = ("when", "many", "where", "why", "who")
"""The types that have question words of their own; of several in one question the first counts."""
_TYPES = {type_: re.compile(rf"(?:^|\W){pattern_of('question_words', asks=type_)}(?=\W|$)") for type_ in _ASKED}
_WHO_FIRST = re.compile(r"\W*و?من\W")  # elsewhere من is "from"

_QUESTION = words_of("question_words", stop="yes") | words_of(
    "stop_words", use="pronoun preposition particle asking english"
)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")  # what is left of "Lavrov's" and "U.S."


_OPENS = words_of("greetings", use="opens")
_GREETING = _OPENS | words_of("greetings", use="follows")


def is_greeting(tokens: Sequence[str]) -> bool:
    """Whether folded words are a greeting and nothing else («السلام عليكم», "Hello")."""
    return bool(tokens) and tokens[0] in _OPENS and _GREETING.issuperset(tokens)


def type_of(folded: str) -> QuestionType:
    """What a folded question asks for that asks for nobody's statement; "other" where no question word says it."""
    first: QuestionType = "who" if _WHO_FIRST.match(folded) else "other"
    return next((type_ for type_, pattern in _TYPES.items() if pattern.search(folded)), first)


def content_words(question: str) -> list[str]:
    """The folded words of a question that say what it is about, in order, without repetitions."""
    return content_of(words(question))


def content_of(tokens: Iterable[str]) -> list[str]:
    """Those of some folded words that say something by themselves, in order, without repetitions."""
    return [word for word in dict.fromkeys(tokens) if word not in _QUESTION and word not in _LETTERS]


def bare_words(text: str) -> list[str]:
    """The folded words of a text, each without the article «ال» where three letters or more follow it («الله» stays)."""
    return [without_article(word) for word in words(text)]


_DATE = (
    words_of("times", use="sign")
    | words_of("weekdays", sign="yes")
    | {word.split()[0] for word in words_of("months", sign="yes")}
)
_COUNT = words_of("numbers", sign="yes")

_DIGIT = re.compile(r"\d")
_SIGNS: dict[QuestionType, frozenset[str]] = {
    "why": words_of("signs", use="why"),
    "where": words_of("signs", use="where"),
}


def hold(type_: QuestionType, texts: Iterable[Collection[str]]) -> list[bool]:
    """Whether the folded words of each text hold something that could answer a question of this type.

    True for types with no sign of their own.
    """
    return [_holds(type_, found) for found in texts]


def _holds(type_: QuestionType, found: Collection[str]) -> bool:
    if type_ == "when":
        return not _DATE.isdisjoint(found) or any(len(word) == 4 and word.isdecimal() for word in found)
    if type_ == "many":
        return not _COUNT.isdisjoint(found) or any(map(_DIGIT.search, found))
    if type_ in _SIGNS:
        return not _SIGNS[type_].isdisjoint(found)
    return True
