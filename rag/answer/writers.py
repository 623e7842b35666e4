"""The seam between an answer and what writes it."""

from collections.abc import Generator, Sequence
from typing import Protocol

from rag.types import Evidence, Passage


class Writer(Protocol):
    """Turns a question and its material into text, piece by piece."""

    name: str

    def write(self, question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Generator[str]:
        """The answer's text in pieces; a marker `[n]` in it names `passages[n - 1]`.

        Closing the iterator stops the writing. Each evidence lies in one of the passages.
        """
        ...
