"""The seam between an answer and what writes it, and what the writers with a language model share."""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.errors import ModelError
from rag.types import Citation, Evidence, Passage

MARKUP = r"<(?=[|\uff5c/<A-Za-z_])|\[(?=/?[A-Z_]{3,}\])"
"""What chat templates use as marks, as control tokens or as plain text: <|im_end|>, <start_of_turn>, </s>, [INST]."""
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)|</think>", re.DOTALL)
_HALF_TAG = re.compile(r"</?t?h?i?n?k?\Z")

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


def spoken(pieces: Iterable[str], thinking: bool = False) -> Iterator[str]:
    """The pieces without `<think>…</think>`, which may be split over them, and without white space at the beginning.

    thinking: whether the prompt opened a block. Raises ModelError where the model thought to the end and said nothing.
    """
    text, shown = "<think>" * thinking, 0
    for piece in pieces:
        text += piece
        answer = _HALF_TAG.sub("", _THOUGHT.sub("", text)).lstrip()
        if answer[shown:]:
            yield answer[shown:]
            shown = len(answer)
    if rest := _THOUGHT.sub("", text).lstrip()[shown:]:
        yield rest
    elif "<think>" in text and not shown:
        raise ModelError(
            "the language model thought and did not answer; expected an answer after </think>; "
            "raise RAG_ANSWER_TOKENS or take another model with RAG_MODEL"
        )
