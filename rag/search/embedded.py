"""The engine in this process: a lexical index and a dense one, in files beside the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from filelock import FileLock, Timeout

from rag.library import Library
from rag.search.apart import Other
from rag.search.engine import Found
from rag.search.leg import Leg, Progress, catch_up, clear, is_current, is_far_behind, usable_stamp
from rag.search.lexical import LexicalIndex
from rag.search.query import Query
from rag.search.vectors import VectorIndex
from rag.types import EVERYTHING, Scope

Aside = Callable[[Sequence[Leg], Progress | None], AbstractContextManager[Other]]


class EmbeddedEngine:
    """The two legs over one library. aside: has legs catch up in another process; following: those that may do so while
    articles are added."""

    def __init__(
        self,
        library: Library,
        lexical: LexicalIndex,
        dense: VectorIndex,
        aside: Aside | None = None,
        following: Sequence[Leg] = (),
    ) -> None:
        self.library, self.lexical, self.dense = library, lexical, dense
        self._aside, self._following = aside, following

    @property
    def legs(self) -> tuple[Leg, ...]:
        return self.lexical, self.dense

    def is_current(self) -> bool:
        return all(is_current(leg, self.library) for leg in self.legs)

    def is_usable(self) -> bool:
        return all(usable_stamp(leg, self.library) for leg in self.legs)

    def catch_up(self, progress: Progress | None) -> list[str]:
        """The lexical index in another process where there is much to do."""
        if self._aside is None or not is_far_behind(self.lexical, self.library):
            return [catch_up(leg, self.library, progress) for leg in self.legs]
        with self._aside((self.lexical,), progress) as other:
            dense = catch_up(self.dense, self.library, progress)
        return [catch_up(self.lexical, self.library, progress) or other.notice, dense]

    @contextmanager
    def following(self, lock: FileLock) -> Iterator[Callable[[], None]]:
        """Another process writes what is far behind whenever nobody else writes."""
        with ExitStack() as running:
            other: Other | None = None

            def follow() -> None:
                nonlocal other
                if self._aside is None or (other and not other.ended):
                    return
                running.close()
                other = None
                if behind := [leg for leg in self._following if is_far_behind(leg, self.library)]:
                    with suppress(Timeout):
                        running.enter_context(lock.acquire(timeout=0))
                        other = running.enter_context(self._aside(behind, None))

            yield follow

    def search(self, query: Query, k: int, scope: Scope) -> Found:
        within = None if scope == EVERYTHING else self.library.ids_within(scope)
        if within is not None and not within:
            return Found((), ())
        return Found(self.lexical.search(query, k, within), self.dense.search(query, k, within))

    def cosines(self, query: Query, ids: Sequence[int]) -> list[float]:
        return self.dense.cosines(query, ids)

    def idf(self, grams: Iterable[str]) -> Mapping[str, float]:
        return self.lexical.idf(grams)

    def discard(self) -> None:
        clear(self.lexical.path)
        clear(self.dense.path)
