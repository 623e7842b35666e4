"""A question to its hits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from rag.arabic import clean
from rag.errors import InputError, LibraryError
from rag.library import Library
from rag.search.apart import Other
from rag.search.fusion import DENSE_WEIGHT, DENSE_WEIGHT_TRANSLATED, Ranking, from_worst, from_zero, fuse
from rag.search.leg import Leg, Progress, Within, catch_up, is_current, is_far_behind
from rag.search.lexical import LexicalIndex
from rag.search.query import Query
from rag.search.reranking import Candidate, Reranker
from rag.search.translation import Translator
from rag.search.vectors import VectorIndex
from rag.types import EVERYTHING, Hit, Scope

LONGEST_QUESTION = 2000
"""Characters."""
CANDIDATES = 100
"""Passages taken from each leg."""
RERANKED = 30
"""Passages looked at again, unless more are asked for; 50 and 100 rank no better on ARCD train."""
_WAIT_SECONDS = 600
Aside = Callable[[Progress | None], AbstractContextManager[Other]]
log = logging.getLogger(__name__)


class Retriever:
    """The two legs over one library, and the second look at what they find.

    aside: has the lexical leg catch up in another process.
    """

    def __init__(
        self,
        library: Library,
        lexical: LexicalIndex,
        dense: VectorIndex,
        reranker: Reranker,
        translator: Translator,
        lock: Path,
        aside: Aside | None = None,
    ) -> None:
        self.library, self.lexical, self.dense, self.reranker = library, lexical, dense, reranker
        self._translator = translator
        self._lock = FileLock(lock)
        self._aside = aside
        self._guard = threading.RLock()  # one search at a time
        self._writing = threading.Lock()  # an index that one thread reads anew another may not be changing
        self._generation = -1

    def catch_up(self, progress: Progress | None = None, wait: float = _WAIT_SECONDS) -> list[str]:
        """Brings both indexes to the library's generation; lines that say what was repaired.

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
            legs: tuple[Leg, ...] = (self.lexical, self.dense)
            notices = []
            if not all(is_current(leg, self.library) for leg in legs):
                with self._lock.acquire(timeout=max(0, wait - (time.monotonic() - began))):
                    notices = self._caught_up(progress)
            self._generation = generation
        except Timeout as e:
            raise behind from e
        except OSError as e:
            raise LibraryError(f"the index folder cannot be written: {e.strerror}; check its permissions") from e
        finally:
            self._writing.release()
        return [notice for notice in notices if notice]

    def _caught_up(self, progress: Progress | None) -> list[str]:
        """Brings both indexes to the library's generation, the lexical one in another process where there is much to do."""
        if self._aside is None or not is_far_behind(self.lexical, self.library):
            return [catch_up(leg, self.library, progress) for leg in (self.lexical, self.dense)]
        with self._aside(progress) as other:
            dense = catch_up(self.dense, self.library, progress)
        return [catch_up(self.lexical, self.library, progress) or other.notice, dense]

    @contextmanager
    def following(self) -> Iterator[Callable[[], None]]:
        """What to call after each transaction while articles are added, so that the lexical index follows meanwhile.

        Another process writes it whenever it is far behind and nobody else does; `catch_up` does the rest afterwards.
        """
        with ExitStack() as running:
            other: Other | None = None

            def follow() -> None:
                nonlocal other
                if self._aside is None or (other and not other.ended):
                    return
                running.close()
                other = None
                if is_far_behind(self.lexical, self.library):
                    with suppress(Timeout):
                        running.enter_context(self._lock.acquire(timeout=0))
                        other = running.enter_context(self._aside(None))

            yield follow

    def query(self, question: str) -> Query:
        """The question as search takes it; errors as in `search`."""
        return Query.of(checked(question), self._translator)

    def search(self, question: str, k: int = 10, scope: Scope = EVERYTHING) -> list[Hit]:
        """The k best passages for a question, best first, out of the articles of a scope.

        Raises InputError for a question that is empty, has no word, or is longer than LONGEST_QUESTION characters, and
        for a scope that is no date, ends before it begins, names a source that the library does not have, or holds no article.
        """
        query, began = self.query(question), time.perf_counter()
        with self._guard:
            self._catch_up_if_free()
            within = self._within(scope)
            lexical = self.lexical.search(query, CANDIDATES, within)
            dense = self.dense.search(query, CANDIDATES, within)
            candidates = self._candidates(query, lexical, dense, max(k, RERANKED))
        scores = self.reranker.scores(query, candidates)
        ranked = sorted(zip(candidates, scores, strict=True), key=lambda item: -item[1])[:k]
        log.info(
            "searched",
            extra={
                "characters": len(question),
                "words": len(question.split()),
                "hits": len(ranked),
                "ms": round(1000 * (time.perf_counter() - began), 1),
                "texts": {"question": question},
            },
        )
        lexical_ranks = {id_: rank for rank, (id_, _) in enumerate(lexical, 1)}
        dense_ranks = {id_: rank for rank, (id_, _) in enumerate(dense, 1)}
        return [
            Hit(c.passage, rank, score, lexical_ranks.get(c.passage.id), dense_ranks.get(c.passage.id))
            for rank, (c, score) in enumerate(ranked, 1)
        ]

    def _within(self, scope: Scope) -> Within:
        """The passages of a scope."""
        if scope == EVERYTHING:
            return None
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
        found = self.library.ids_within(scope)
        if not found:
            raise InputError("no article is of that time and source; `rag list` shows the date and source of each")
        return found

    def _candidates(self, query: Query, lexical: Ranking, dense: Ranking, count: int) -> list[Candidate]:
        """The best `count` of both rankings, best first by fusion."""
        weight = DENSE_WEIGHT_TRANSLATED if query.is_translated else DENSE_WEIGHT
        ids = [id_ for id_, _ in fuse(lexical, dense, weight)[:count]]
        passages = self.library.passages(ids)
        of_lexical, of_dense = from_zero(lexical), from_worst(dense)
        if dense:
            missed = [id_ for id_ in passages if id_ not in of_dense]
            low, span = dense[-1][1], dense[0][1] - dense[-1][1]
            for id_, cosine in zip(missed, self.dense.cosines(query, missed), strict=True):
                of_dense[id_] = (cosine - low) / span if span > 0 else 0.0
        return [Candidate(p, of_lexical.get(p.id, 0.0), of_dense.get(p.id, 0.0)) for p in map(passages.get, ids) if p]

    def _catch_up_if_free(self) -> None:
        """Catches up, unless another thread or process is writing and there is an index to search meanwhile."""
        loaded = self._generation >= 0
        try:
            self.catch_up(wait=0 if loaded else _WAIT_SECONDS)
        except Behind:
            if not loaded:
                raise


class Behind(LibraryError):
    """The index is behind the library, and another thread or process is writing it."""


def _is_date(text: str) -> bool:
    """Whether a text begins a date of the calendar: 2015, 2015-07 or 2015-07-23."""
    try:
        date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return text.isascii() and len(text) in (4, 7, 10) and {text[4:5], text[7:8]} <= {"", "-"}


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
