"""Answers with everything in them, and turns of a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.conversations import Conversations, Turn
from rag.types import Answer, Citation, Hit, Passage, Scope

TEXT = "قالَ الوزيرُ إنَّ السعرَ ١٢٫٥ دولاراً في 2008. وانتهى."
PASSAGE = Passage(7, "a.txt", 0, len(TEXT), TEXT, "عنوان", "2008-10-01", "أرشيف")
SCOPE = Scope("2008", "2009-01", ("أرشيف", "b"))


def answer(question: str = "ماذا قال الوزير؟", text: str = "السعر 12.5 دولارا [1].", done: bool = True) -> Answer:
    cited = Citation(
        1, "السعر 12.5 دولارا", "a.txt", "أرشيف", 0, 40, TEXT[:40], "supported", 18, "12.5", 3, ("b.txt", "c")
    )
    uncited = Citation(0, "وانتهى", "", "", 0, 0, "", "unsupported", 22)
    hits = Hit(PASSAGE, 1, 0.1 + 0.2, 1, None), Hit(PASSAGE, 2, 1 / 3, None, 4)
    timings = {"search_ms": 0.1 + 0.7, "total_ms": 12.0}
    return Answer(question, "answered", text, "quote", (cited, uncited), hits, "ملاحظة", timings, done, "كم السعر؟")


def turn(id_: str, conversation: str = "c", question: str = "ماذا قال الوزير؟", asked: str = "") -> Turn:
    asked = asked or f"2026-01-01T00:00:{len(id_):02}+00:00"
    return Turn(id_, conversation, answer(question), SCOPE, asked)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    with Conversations(tmp_path / "index" / "conversations.sqlite") as opened:
        yield opened
