"""A question to its hits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import IndexDamaged, InputError, LibraryError
from rag.library import Library
from rag.query.question import Question
from rag.search.catch_up import Progress
from rag.search.engine import Engine, Rankings
from rag.search.fusion import DENSE_WEIGHT, DENSE_WEIGHT_TRANSLATED, from_worst, from_zero, fuse
from rag.search.reranking import Candidate, Reranker
from rag.types import EVERYTHING, Hit, Scope

CANDIDATES = 100
"""Passages taken from each leg."""
RERANKED = 30
"""Passages looked at again, unless more are asked for; 50 and 100 rank no better on ARCD train."""
_WAIT_SECONDS, _MOMENT = 600, 0.2
_LAG = "another process is indexing; what it adds is found when it has finished"
log = logging.getLogger(__name__)


class Retriever:
    """The engine over one library, and the second look at what it finds."""

    def __init__(
        self,
        library: Library,
        engine: Engine,
        reranker: Reranker,
        lock: Path,
    ) -> None:
        self.library, self.engine, self.reranker = library, engine, reranker
        self._lock = FileLock(lock)
        self._guard = threading.RLock()  # one search at a time
        self._writing = threading.Lock()  # an index that one thread reads anew another may not be changing
        self._generation = -1
        self.lag = ""
        """What may not be found yet, and why, in a line; "" where everything is."""

    def catch_up(self, progress: Progress | None = None, wait: float = _WAIT_SECONDS) -> list[str]:
        """Brings the indexes to the library's generation; lines that say what was repaired.

        One thread of one process at a time writes; another waits for it, `wait` seconds at most, and the last state can be
        searched meanwhile. Raises LibraryError where that is not enough or the disk refuses.
        """
        if self.library.generation == self._generation:
            return []
        behind = Behind(f"the index has been written elsewhere for {wait:.0f} s; try again when that has finished")
        began = time.monotonic()
        if not self._writing.acquire(timeout=wait):
            raise behind
        try:
            generation = self.library.generation
            if generation == self._generation:
                return []
            notices: list[str] = []
            if not self.engine.is_current():
                with self._lock.acquire(timeout=max(0, wait - (time.monotonic() - began))):
                    notices = self.engine.catch_up(progress)
            self._generation, self.lag = generation, ""
        except Timeout as e:
            raise behind from e
        except OSError as e:
            raise LibraryError(f"the index folder cannot be written: {e.strerror}; check its permissions") from e
        finally:
            self._writing.release()
        return [notice for notice in notices if notice]

    def open(self, progress: Progress | None = None) -> list[str]:
        """As `catch_up`; but where another process is writing and there are indexes to search meanwhile, `lag` says so.

        Raises LibraryError where there are none and waiting is not enough.
        """
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                return self.catch_up(progress, _MOMENT)
            except Behind:
                if self.engine.is_usable():
                    self.lag = _LAG
                    return []
                if time.monotonic() > until:
                    raise

    def following(self) -> AbstractContextManager[Callable[[], None]]:
        """What to call after each transaction while articles are added, so that the indexes follow meanwhile; `catch_up`
        does the rest afterwards."""
        return self.engine.following(self._lock)

    def search(self, question: Question, k: int = 10, scope: Scope = EVERYTHING) -> list[Hit]:
        """The k best passages for a question, best first, out of the articles of a scope.

        Raises InputError for a scope that is no date, ends before it begins, names a source that the library does not have, or
        holds no article.
        """
        began = time.perf_counter()
        with self._guard:
            self._catch_up_if_free()
            self._check(scope)
            found = self._found(question, scope)
            if not (found.lexical or found.dense or scope == EVERYTHING or self.library.ids_within(scope)):
                raise InputError("no article is of that time and source; `rag list` shows the date and source of each")
            candidates = self._candidates(question, found, max(k, RERANKED))
        scores = self.reranker.scores(question, candidates)
        ranked = sorted(zip(candidates, scores, strict=True), key=lambda item: -item[1])[:k]
        log.info(
            "searched",
            extra={
                "characters": len(question.text),
                "words": len(question.text.split()),
                "hits": len(ranked),
                "ms": round(1000 * (time.perf_counter() - began), 1),
                "texts": {"question": question.text},
            },
        )
        lexical_ranks = {id_: rank for rank, (id_, _) in enumerate(found.lexical, 1)}
        dense_ranks = {id_: rank for rank, (id_, _) in enumerate(found.dense, 1)}
        return [
            Hit(c.passage, rank, score, lexical_ranks.get(c.passage.id), dense_ranks.get(c.passage.id))
            for rank, (c, score) in enumerate(ranked, 1)
        ]

    def _found(self, question: Question, scope: Scope) -> Rankings:
        """What the engine finds; where its indexes have gone since it was last looked, they are built first."""
        try:
            return self.engine.search(question, CANDIDATES, scope)
        except IndexDamaged:
            self._generation = -1
            self.catch_up()
            return self.engine.search(question, CANDIDATES, scope)

    def _check(self, scope: Scope) -> None:
        """Raises InputError for a scope that is no time, or names a source that the library does not have."""
        if scope == EVERYTHING:
            return
        for given in filter(None, (scope.since, scope.until)):
            if not _is_date(given):
                raise InputError(f"{given!r} is not a date; expected YYYY, YYYY-MM or YYYY-MM-DD")
        if scope.until and scope.since > f"{scope.until}~":
            raise InputError(
                f"the time from {scope.since} until {scope.until} is empty; give the earlier date as the first"
            )
        known = self.library.sources()
        if unknown := [source for source in scope.sources if source not in known]:
            raise InputError(
                f"no article has the source {unknown[0]!r}; there are: {', '.join(filter(None, known)) or 'none'}"
            )

    def _candidates(self, question: Question, found: Rankings, count: int) -> list[Candidate]:
        """The best `count` of both rankings, best first by fusion."""
        lexical, dense = found.lexical, found.dense
        weight = DENSE_WEIGHT_TRANSLATED if question.is_translated else DENSE_WEIGHT
        ids = [id_ for id_, _ in fuse(lexical, dense, weight)[:count]]
        passages = self.library.passages(ids)
        of_lexical, of_dense = from_zero(lexical), from_worst(dense)
        if dense:
            missed = [id_ for id_ in passages if id_ not in of_dense]
            low, span = dense[-1][1], dense[0][1] - dense[-1][1]
            for id_, cosine in zip(missed, self.engine.cosines(question, missed), strict=True):
                of_dense[id_] = (cosine - low) / span if span > 0 else 0.0
        return [Candidate(p, of_lexical.get(p.id, 0.0), of_dense.get(p.id, 0.0)) for p in map(passages.get, ids) if p]

    def _catch_up_if_free(self) -> None:
        """Catches up, unless another thread or process is writing and there is an index to search meanwhile."""
        loaded = self._generation >= 0 or bool(self.lag)
        try:
            self.catch_up(wait=0 if loaded else _WAIT_SECONDS)
        except Behind:
            if not loaded:
                raise
            self.lag = _LAG


class Behind(LibraryError):
    """The index is behind the library, and another thread or process is writing it."""


def _is_date(text: str) -> bool:
    """Whether a text begins a date of the calendar: 2015, 2015-07 or 2015-07-23."""
    try:
        date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return text.isascii() and len(text) in (4, 7, 10) and {text[4:5], text[7:8]} <= {"", "-"}
