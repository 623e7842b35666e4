"""A hundred thousand made questions: see tests/asking.py."""

from __future__ import annotations

import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.asking import LIBRARIES, assistants, check, check_again, question

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]
QUESTIONS, PARTS, AGAIN, FOLLOWED = 100_000, 20, 20, 5


def asked(part: int) -> list[str]:
    """What went wrong in one part: each exception once, with the first question that raised it."""
    wrong: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="rag-questions-") as folder:
        opened = list(assistants(Path(folder), reader=part == 0))  # it takes four times as long as all else
        for number in range(part, QUESTIONS, PARTS):
            rng = random.Random(number)
            name, assistant = opened[rng.randrange(len(opened))]
            text = question(rng)
            try:
                answer = check(assistant, text)
                if rng.randrange(AGAIN) == 0:
                    check_again(assistant, text, answer)
                if answer and rng.randrange(FOLLOWED) == 0:
                    text = question(rng)
                    check(assistant, text, (answer,))
            except Exception as e:
                wrong.setdefault(f"{type(e).__name__}: {e}"[:200], f"number {number}, library {name}: {text!r}")
        for _, assistant in opened:
            assistant.library.close()
    return [f"{error} at {where}" for error, where in wrong.items()]


def test_a_hundred_thousand_questions() -> None:
    assert len(LIBRARIES) > 5
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert [line for part in pool.map(asked, range(PARTS)) for line in part] == []
