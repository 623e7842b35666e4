"""A writer on a tiny GGUF that speaks one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answer.llama import LlamaWriter
from rag.query.question import Question
from rag.types import Passage
from tests.conftest import parsed
from tests.tiny_gguf import build

ANSWER = "قال تشوركين إن بلاده «قلقة جداً» من القصف [1]. ثم غادر القاعة 🙂 [2]."
QUESTION = parsed("ماذا قال تشوركين؟")

Open = Callable[..., LlamaWriter]


def passage(text: str) -> Passage:
    return Passage(id=0, article="a", start=0, end=len(text), text=text, title="عنوان")


PASSAGES = [passage("قال تشوركين إن بلاده قلقة جداً من القصف."), passage("ثم غادر المندوب القاعة.")]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a writer on a freshly built model; closes all of them at the end."""
    writers: list[LlamaWriter] = []

    def open_(
        answer: str = ANSWER, *, context: int = 4096, answer_tokens: int = 64, queue: int = 8, **model: object
    ) -> LlamaWriter:
        path = build(tmp_path / f"{len(writers)}.gguf", answer, **model)  # type: ignore[arg-type]
        writers.append(LlamaWriter(path, context, answer_tokens, threads=1, queue=queue))
        return writers[-1]

    yield open_
    for writer in writers:
        writer.close()


def ask(writer: LlamaWriter, question: Question = QUESTION, passages: list[Passage] = PASSAGES) -> str:
    return "".join(piece for piece in writer.write(question, passages, ()) if isinstance(piece, str))
