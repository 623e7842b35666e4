"""Any question, of libraries of every kind: an answer with exact offsets, the same again, or a line that says why not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from tests.asking import LIBRARIES, check, check_again, question
from tests.asking import assistants as opened

QUESTIONS = 10


@pytest.fixture(scope="module")
def assistants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assistant]:
    return dict(opened(Path(tmp_path_factory.mktemp("homes"))))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "text", ["Who is Abu Mazen?", "من هو Abu؟", "abu", "Umm Ali", "I", "أ", "١", "متىىى", "a" * 45, "x" * 500]
)
def test_what_once_broke_or_might(assistants: dict[str, Assistant], library: str, text: str) -> None:
    check_again(assistants[library], text, check(assistants[library], text))


@pytest.mark.parametrize("library", LIBRARIES)
def test_made_questions_and_those_that_follow(assistants: dict[str, Assistant], library: str) -> None:
    rng = random.Random(f"{library} 2015")
    for _ in range(QUESTIONS):
        text = question(rng)
        answer = check(assistants[library], text)
        if answer:
            history, next_ = (answer,), question(rng)
            check_again(assistants[library], next_, check(assistants[library], next_, history), history)
