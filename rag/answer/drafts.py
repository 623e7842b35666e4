"""What a language model drafts, watched as it comes: a draft that leaves its question's script or cites nothing is written anew.

Knows no model; `rag.answer.llama` and `rag.answer.remote` share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from rag.answer import prompts
from rag.answer.citations import claims
from rag.answer.writers import Notice
from rag.arabic import find, fold
from rag.arabic.text import scripts
from rag.errors import ModelError
from rag.query.question import Question
from rag.types import Passage

_STRANGE = 3
"""Letters of another script, in a run that no word of the material begins with, at which a text has strayed."""
_COPIED = 60
"""Letters of another script in a row, though they stand in the material: more than a name or a short quotation."""


def drafted(
    draft: Callable[[bool], Generator[str]], question: Question, passages: Sequence[Passage]
) -> Generator[str | Notice]:
    """The pieces of a draft; where it strays or cites nothing, a notice and those of a second one, asked for with a reminder.

    draft: writes one, with the reminder where it is told so. Raises ModelError where the second one strays too.
    """
    for reminded in (False, True):
        text, watch = "", _Watch(question, passages)
        with closing(draft(reminded)) as pieces:
            for piece in pieces:
                if watch.strays(piece):
                    break
                text += piece
                yield piece
        if not watch.strayed and (_cites(text, len(passages)) or _refuses(text, question)):
            return
        if not reminded:
            fault = f"was not in the question's script ({watch.strayed})" if watch.strayed else "cited no passage"
            yield Notice(f"the first draft {fault}; the model was asked again", anew=True)
    if watch.strayed:
        raise ModelError(
            f"the language model's second draft was not in the question's script either ({watch.strayed}); "
            "ask in other words, or take another model"
        )


class _Watch:
    """Reads a text as it is written; `strayed` holds the letters with which it left the script of its question."""

    def __init__(self, question: Question, passages: Sequence[Passage]) -> None:
        self._own = scripts.own(question.text)
        self._material = (question.text, *(passage.searched for passage in passages))
        self._given: set[str] = set()
        self._word, self._row, self.strayed = "", 0, ""

    def strays(self, piece: str) -> bool:
        """Whether the text strays with this piece; a word at its end may still grow."""
        *words, self._word = re.split(r"\s", self._word + piece)
        for word in words:
            self._row = self._read(word)
        self._read(self._word)
        return bool(self.strayed)

    def _read(self, word: str) -> int:
        """The letters of another script in a row, at the end of the word."""
        row = self._row
        for script, run in scripts.runs(word):
            row = 0 if script == self._own else row + len(run)
            if row > _COPIED or (row and len(run) >= _STRANGE and not self._known(fold(run))):
                self.strayed = run
        return row

    def _known(self, run: str) -> bool:
        self._given = self._given or scripts.given(self._material)
        return run in self._given or any(word.startswith(run) for word in self._given)


def shortfall(passages: Sequence[Passage], taken: Sequence[Passage], window: str) -> Generator[Notice]:
    """A notice where not all passages were `taken` whole: how many fit the window, which `window` describes."""
    if len(taken) < len(passages):
        yield Notice(f"{len(taken)} of {len(passages)} passages fit {window}")
    if list(taken) != list(passages[: len(taken)]):
        yield Notice(f"only the beginning of the first passage fits {window}")


def _cites(text: str, count: int) -> bool:
    """Whether the text names one of `count` passages, if there is one to name."""
    return not count or any(1 <= n <= count for claim in claims(text) for n in claim.cited)


def _refuses(text: str, question: Question) -> bool:
    return find(prompts.text(f"nothing_found.{question.language}"), text) is not None
