"""What a question means after those before it: by a language model where there is one, else by rules."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing

from rag.answer import prompts
from rag.answer.writers import Conversant, Writer
from rag.arabic import has_arabic
from rag.arabic.rules.follow_ups import leans, standalone, topic, without_and
from rag.arabic.rules.polarity import MARKER
from rag.arabic.rules.words import content_words
from rag.arabic.text.folding import words
from rag.errors import RagError
from rag.query.question import Question
from rag.types import Answer

_TURNS = 2
"""Turns of the conversation that a language model is shown."""
_SHOWN = 400
"""Characters of an answer that it is shown."""
_LONGEST = 300
"""Characters of a question that it may give back."""
_KNOWN = 0.7
"""Share of that question's content words that must stand in the conversation."""


def understood(question: Question, history: Sequence[Answer], writer: Writer) -> Generator[None, None, str]:
    """The question as it stands alone after a conversation's answers, the last one last; itself where it stands alone already.

    Yields while a model works, so that the asker may close. Rules say whether it leans on the conversation; where the model
    fails or its question is not made of the conversation's words, they complete it, too.
    """
    if not history or not leans_on_history(question):
        return question.text
    if isinstance(writer, Conversant):
        said = ""
        try:
            with closing(writer.reply(prompts.rewriting(question, _turns(history)))) as pieces:
                for piece in pieces:
                    said += piece
                    yield
                    if len(said) > 2 * _LONGEST:
                        break
        except RagError:
            said = ""
        said = said.strip().split("\n")[0].strip(' «»"“”')
        if _is_plausible(said, question, history):
            return said
    return _by_rules(question.text, history)


def leans_on_history(question: Question) -> bool:
    """Whether a question may need those before it to be understood."""
    return leans(question.text, question.tokens, question.content)


def _by_rules(question: str, history: Sequence[Answer]) -> str:
    """The question completed by the last one that was answered."""
    last = next((answer for answer in reversed(history) if answer.status != "abstained"), history[-1])
    before = without_and(last.standalone or last.question)
    completed = standalone(question, before, topic(before))
    return completed if words(completed) != words(question) else question


def _turns(history: Sequence[Answer]) -> list[tuple[str, str]]:
    return [(a.standalone or a.question, MARKER.sub("", a.text)[:_SHOWN]) for a in history[-_TURNS:]]


def _is_plausible(said: str, question: Question, history: Sequence[Answer]) -> bool:
    """Whether what a model gave back is a question of the conversation's language and words."""
    content = content_words(said)
    if not content or len(said) > _LONGEST or has_arabic(said) == question.is_translated or MARKER.search(said):
        return False
    known = set(words(" ".join((question.text, *(part for turn in _turns(history) for part in turn)))))
    return sum(word in known for word in content) >= _KNOWN * len(content)
