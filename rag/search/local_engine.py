"""The engine in this process: a lexical index and a dense one, in files beside the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from filelock import FileLock, Timeout

from rag.files import clear
from rag.library import Library
from rag.query.question import Question
from rag.search.catch_up import Progress, catch_up, is_current, is_far_behind, usable_state
from rag.search.dense import DenseIndex
from rag.search.engine import Rankings
from rag.search.index_state import SearchIndex
from rag.search.lexical import LexicalIndex
from rag.search.subprocess import Other
from rag.types import EVERYTHING, Scope

_THREADS = 4
"""For the dense index of questions, so that both indexes are searched at once: among 10⁵ passages it makes no difference, among 10⁶ both
take ten times as long."""
Follower = Callable[[SearchIndex, Progress | None], AbstractContextManager[Other]]


class LocalEngine:
    """The two indexes over one library. follower: has a index catch up in another process until it is told to finish; followed:
    those that do so all the while that articles are added."""

    def __init__(
        self,
        library: Library,
        lexical: LexicalIndex,
        dense: DenseIndex,
        follower: Follower | None = None,
        followed: Sequence[SearchIndex] = (),
    ) -> None:
        self.library, self.lexical, self.dense = library, lexical, dense
        self._follower, self._followed = follower, followed
        self._beside = ThreadPoolExecutor(_THREADS)

    @property
    def indexes(self) -> tuple[SearchIndex, ...]:
        return self.lexical, self.dense

    def is_current(self) -> bool:
        return all(is_current(index, self.library) for index in self.indexes)

    def is_usable(self) -> bool:
        return all(usable_state(index, self.library) for index in self.indexes)

    def catch_up(self, progress: Progress | None) -> list[str]:
        """The lexical index in another process where there is much to do."""
        if self._follower is None or not is_far_behind(self.lexical, self.library):
            return [catch_up(index, self.library, progress) for index in self.indexes]
        with self._follower(self.lexical, progress) as other:
            other.finish()
            dense = catch_up(self.dense, self.library, progress)
        return [catch_up(self.lexical, self.library, progress) or other.notice, dense]

    @contextmanager
    def following(self, lock: FileLock) -> Iterator[Callable[[], None]]:
        """Once a index is far behind and nobody else writes, other processes write each, until all is added."""
        with ExitStack() as running:
            others: list[Other] = []

            def follow() -> None:
                if (
                    others
                    or self._follower is None
                    or not any(is_far_behind(index, self.library) for index in self._followed)
                ):
                    return
                with suppress(Timeout):
                    running.enter_context(lock.acquire(timeout=0))
                    others.extend(running.enter_context(self._follower(index, None)) for index in self._followed)

            yield follow
            for other in others:
                other.finish()

    def search(self, question: Question, k: int, scope: Scope) -> Rankings:
        within = None if scope == EVERYTHING else self.library.ids_within(scope)
        if within is not None and not within:
            return Rankings((), ())
        dense = self._beside.submit(self.dense.search, question, k, within)
        return Rankings(self.lexical.search(question, k, within), dense.result())

    def cosines(self, question: Question, ids: Sequence[int]) -> list[float]:
        return self.dense.cosines(question, ids)

    def idf(self, grams: Iterable[str]) -> Mapping[str, float]:
        return self.lexical.idf(grams)

    def discard(self) -> None:
        clear(self.lexical.path)
        clear(self.dense.path)
