"""What finds passages: the seam between a question and the indexes, be they in this process or on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from filelock import FileLock

from rag.query.question import Question
from rag.search.catch_up import Progress
from rag.search.fusion import Ranking
from rag.types import Scope


@dataclass(frozen=True, slots=True)
class Rankings:
    """What each leg found: by BM25 of the grams, and by the cosine of the vectors."""

    lexical: Ranking
    dense: Ranking


class Engine(Protocol):
    """The indexes of one library, which follow it and can always be rebuilt from it.

    Errors: LibraryError where the indexes cannot be read or written, EngineError where their server is away, hangs or refuses.
    """

    def is_current(self) -> bool:
        """Whether the indexes are whole and reflect the library's generation."""
        ...

    def is_usable(self) -> bool:
        """Whether the indexes are whole and reflect some generation of the library."""
        ...

    def catch_up(self, progress: Progress | None) -> list[str]:
        """Brings the indexes to the library's generation; lines that say what was repaired. One thread of one process at a
        time may call it; others search meanwhile."""
        ...

    def following(self, lock: FileLock) -> AbstractContextManager[Callable[[], None]]:
        """What to call after each transaction while articles are added, so that the indexes may follow meanwhile; whoever
        writes takes the lock. `catch_up` does the rest afterwards."""
        ...

    def search(self, question: Question, k: int, scope: Scope) -> Rankings:
        """At most k passages of each leg, best first, out of the articles of a scope; nothing where it holds none.

        Raises IndexDamaged where the indexes have gone since they were last looked at.
        """
        ...

    def cosines(self, question: Question, ids: Sequence[int]) -> list[float]:
        """The cosines of the question and these passages; 0 for one that the index does not hold yet."""
        ...

    def idf(self, grams: Iterable[str]) -> Mapping[str, float]:
        """The inverse document frequency of each gram, ln(1 + (N − n + ½) / (n + ½)) as in BM25."""
        ...

    def discard(self) -> None:
        """Removes the indexes; nothing may be asked of them afterwards."""
        ...
