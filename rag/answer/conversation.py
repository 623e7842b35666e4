"""What a question means after those before it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.arabic.followups import leans, standalone, topic
from rag.arabic.words import kind
from rag.types import Answer


def understood(question: str, history: Sequence[Answer]) -> str:
    """The question as it stands alone after a conversation's answers, the last one last; itself where it stands alone already.

    What the conversation is about is whom the last answer named, if it was asked for a person, else what was asked about.
    """
    if not history or not leans(question):
        return question
    last = history[-1]
    before = last.standalone or last.question
    named = next((c.short for c in last.citations if c.short), "") if kind(before) == "who" else ""
    return standalone(question, before, named or topic(before))
