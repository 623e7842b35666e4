"""The seam between an answer and what writes it, and what the writers with a language model share."""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from rag.errors import ModelError
from rag.query.question import Question
from rag.types import Citation, Evidence, Passage

MARKUP = r"<(?=[|\uff5c/<A-Za-z_])|\[(?=/?[A-Z_]{3,}\])"
"""What chat templates use as marks, as control tokens or as plain text: <|im_end|>, <start_of_turn>, </s>, [INST]."""
_TAG = re.compile("</?think>")
_HALF_TAG = re.compile(r"</?t?h?i?n?k?\Z")

_IN_ENGLISH = {
    "asked": "asked for",
    "found": "the language model {}",
    "chosen": "{} chosen in the models panel",
    "none": "no language model is configured (RAG_MODEL) or pulled; answers are quoted",
    "unusable": "{}; answers are quoted",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a writer was taken; `detail` names the language model, or says what is wrong with it. model: where a GGUF lies."""

    why: Literal["asked", "found", "chosen", "none", "unusable"]
    detail: str = ""
    model: Path | None = None

    def __str__(self) -> str:
        return _IN_ENGLISH[self.why].format(self.detail).strip()


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know of the writing; `anew`: the text so far is void, and what follows takes its place."""

    text: str
    anew: bool = False


class Writer(Protocol):
    """Turns a question and its material into text, piece by piece."""

    name: str

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Citation | Notice]:
        """The answer's text in pieces; a marker `[n]` in it names `passages[n - 1]`.

        An empty piece says that the work goes on (a model waits, reads or thinks), so that the asker may close. A Notice
        may come at any time and is no part of the text.

        A writer that quotes gives the Citation itself in a marker's place: its text then is an article's own, and is
        neither checked nor searched for markers. Closing the iterator stops the writing. Each evidence lies in one of
        the passages.
        """
        ...


@runtime_checkable
class Conversant(Protocol):
    """A writer whose language model can be asked something else, too."""

    def reply(self, messages: list[dict[str, str]]) -> Generator[str]:
        """What the model says to a system's and a user's message, in pieces, as `Writer.write` gives them; errors as there."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A writer that holds a model, and gives its memory back."""

    def close(self) -> None: ...


def spoken(pieces: Iterable[str], thinking: bool = False) -> Iterator[str]:
    """The pieces without `<think>…</think>`, which may be split over them, and without white space at the beginning.

    A piece that is not shown comes as an empty one. thinking: whether the prompt opened a block. Raises ModelError where
    the model thought to the end and said nothing.
    """
    thought, said, held = thinking, False, ""
    for piece in chain(pieces, [None]):  # None: the end, at which half a tag is none
        held, shown = held + (piece or ""), ""
        while tag := _TAG.search(held):
            shown += "" if thinking else held[: tag.start()]
            thinking = tag.group() == "<think>"
            thought |= thinking
            held = held[tag.end() :]
        half = _HALF_TAG.search(held) if piece is not None else None
        whole, held = (held[: half.start()], half.group()) if half else (held, "")
        shown += "" if thinking else whole
        shown = shown if said else shown.lstrip()
        said = said or bool(shown)
        yield shown
    if thought and not said:
        raise ModelError(
            "the language model thought and did not answer; expected an answer after </think>; "
            "raise RAG_ANSWER_TOKENS or take another model with RAG_MODEL"
        )
