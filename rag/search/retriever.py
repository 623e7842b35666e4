"""A question to its hits."""

from __future__ import annotations

import threading
from pathlib import Path

from filelock import FileLock, Timeout

from rag.arabic import clean
from rag.errors import InputError, LibraryError
from rag.library import Library
from rag.search.fusion import fuse
from rag.search.leg import Leg, Progress, catch_up, is_current
from rag.search.lexical import LexicalIndex
from rag.search.vectors import VectorIndex
from rag.types import Hit

LONGEST_QUESTION = 2000
"""Characters."""
CANDIDATES = 100
"""Passages taken from each leg."""
_WAIT_SECONDS = 600


class Retriever:
    """The two legs over one library."""

    def __init__(self, library: Library, lexical: LexicalIndex, dense: VectorIndex, lock: Path) -> None:
        self.library, self.lexical, self.dense = library, lexical, dense
        self._lock = FileLock(lock)
        self._guard = threading.RLock()  # FAISS may not be searched while it is changed
        self._generation = -1

    def catch_up(self, progress: Progress | None = None, wait: float = _WAIT_SECONDS) -> list[str]:
        """Brings both indexes to the library's generation; lines that say what was repaired.

        One process at a time writes; another waits for it, `wait` seconds at most. Raises LibraryError where that is not
        enough or the disk refuses.
        """
        generation = self.library.generation
        if generation == self._generation:
            return []
        legs: tuple[Leg, ...] = (self.lexical, self.dense)
        notices = []
        try:
            if not all(is_current(leg, self.library) for leg in legs):
                with self._lock.acquire(timeout=wait):
                    notices = [catch_up(leg, self.library, progress) for leg in legs]
        except Timeout as e:
            raise Behind(
                f"another process has been writing the index for {wait:.0f} s; try again when it has finished"
            ) from e
        except OSError as e:
            raise LibraryError(f"the index folder cannot be written: {e.strerror}; check its permissions") from e
        self._generation = generation
        return [notice for notice in notices if notice]

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The k best passages for a question, best first.

        Raises InputError for a question that is empty, has no word, or is longer than LONGEST_QUESTION characters.
        """
        question = checked(question)
        with self._guard:
            self._catch_up_if_free()
            lexical = self.lexical.search(question, CANDIDATES)
            dense = self.dense.search(question, CANDIDATES)
        lexical_ranks = {id_: rank for rank, (id_, _) in enumerate(lexical, 1)}
        dense_ranks = {id_: rank for rank, (id_, _) in enumerate(dense, 1)}
        best = fuse(lexical, dense)[:k]
        passages = self.library.passages(id_ for id_, _ in best)
        return [
            Hit(passages[id_], rank, score, lexical_ranks.get(id_), dense_ranks.get(id_))
            for rank, (id_, score) in enumerate(((id_, score) for id_, score in best if id_ in passages), 1)
        ]

    def _catch_up_if_free(self) -> None:
        """Catches up, unless another process is writing and there is an index to search meanwhile."""
        loaded = self._generation >= 0
        try:
            self.catch_up(wait=0 if loaded else _WAIT_SECONDS)
        except Behind:
            if not loaded:
                raise


class Behind(LibraryError):
    """The index is behind the library, and another process is writing it."""


def checked(question: str) -> str:
    """The question without control characters and extra spaces; InputError where it cannot be asked."""
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"the question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read: ask it more shortly"
        )
    question = clean(question)
    if not any(char.isalnum() for char in question):
        raise InputError("the question is empty; expected words, such as a name and what you want to know")
    return question
