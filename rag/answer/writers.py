"""The seam between an answer and what writes it."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.types import Citation, Evidence, Passage

_IN_ENGLISH = {
    "asked": "asked for",
    "found": "the language model {}",
    "none": "no language model is configured (RAG_MODEL) or pulled; answers are quoted",
    "unusable": "{}; answers are quoted",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a writer was taken; `detail` names the language model, or says what is wrong with it."""

    why: Literal["asked", "found", "none", "unusable"]
    detail: str = ""

    def __str__(self) -> str:
        return _IN_ENGLISH[self.why].format(self.detail)


class Writer(Protocol):
    """Turns a question and its material into text, piece by piece."""

    name: str

    def write(
        self, question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Citation]:
        """The answer's text in pieces; a marker `[n]` in it names `passages[n - 1]`.

        A writer that quotes gives the Citation itself in a marker's place: its text then is an article's own, and is
        neither checked nor searched for markers. Closing the iterator stops the writing. Each evidence lies in one of
        the passages.
        """
        ...
