"""An index of passages, and the state that it carries: which library it reflects, at which generation.

A state carries a checksum of itself and those of the index's files. All are compared whenever an index is opened: CRC-32
finds every flipped bit and every burst of up to 32, and of any other damage all but one in four thousand million; a file cut
short, emptied or gone is found by its length. Over 113,931 passages (116 MB) that takes 0.2 s. What changes in a file while
it is open is found when it is opened next.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from rag.errors import IndexDamaged, LibraryError
from rag.types import Passage

FORMAT = 8
WRITING = "writing.lock"
"""The lock, beside the indexes, of the process that writes them."""
Within = Sequence[int] | None
"""Passage ids, or None for all."""
PATIENCE = 60
"""Seconds to wait for another process that writes an index."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which library at which generation an index reflects, up to which passage id, and what made it (the embedder's or
    analyser's name)."""

    library: str
    generation: int
    through: int
    made_with: str
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(row: dict[str, Any]) -> IndexState:
        """Raises IndexDamaged where a field is missing or of another type."""
        try:
            numbers = int(row["generation"]), int(row["through"]) if row["format"] == FORMAT else 0
            return IndexState(str(row["library"]), *numbers, str(row["made_with"]), int(row["format"]))
        except (KeyError, TypeError, ValueError) as e:
            raise IndexDamaged(f"its state cannot be read ({e!r})") from e


class SearchIndex(Protocol):
    """An index of passages that follows the library."""

    name: str
    made_with: str
    first: int
    """Passages of the first commit; the next ones take twice as many each until one takes SECONDS."""
    least_growth: float
    """How much it should grow by, in proportion, where much of it is written anew; 0 where that is little."""

    def state(self) -> IndexState | None:
        """What the index on disk reflects; None if there is none. Raises IndexDamaged where it cannot be read or fails its checksum."""
        ...

    def idle_state(self) -> IndexState | None:
        """The same when nobody is writing the index, not even on behalf of a process that was killed; LibraryError where one goes on."""
        ...

    def update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        """Takes passages out and in and commits with the state, all or nothing; `fresh` starts from an empty index."""
        ...

    def needs_rebuild(self, removed: int) -> bool:
        """Whether an index from which so many passages more are taken out is better built anew."""
        ...


def sealed(row: dict[str, Any]) -> bytes:
    """A state's row as one line of JSON that carries its own checksum."""
    return json.dumps({**row, "seal": _seal(row)}).encode()


def unsealed(line: bytes) -> dict[str, Any]:
    """The row of a line that `sealed` made, or of one of another format. Raises IndexDamaged where it is not as it was made."""
    try:
        row = dict(json.loads(line))
    except (ValueError, TypeError) as e:
        raise IndexDamaged(f"its state cannot be read ({e})") from e
    if row.pop("seal", None) != _seal(row) and row.get("format") == FORMAT:
        raise IndexDamaged("its state fails its checksum")
    return row


def _seal(row: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(row).encode())


@contextmanager
def alone(writing: FileLock, index: str, path: Path) -> Iterator[None]:
    """Waits for other processes that write an index: one that does so on behalf of one that was killed may need a moment to end.

    Raises LibraryError where one goes on, or the disk refuses.
    """
    try:
        with writing.acquire(timeout=PATIENCE):
            yield
    except Timeout as e:
        raise LibraryError(
            f"the {index} index {path} has been written by another process for {PATIENCE} s; try again later"
        ) from e
    except (OSError, ValueError) as e:  # tantivy raises ValueError for what the disk refuses
        why = (isinstance(e, OSError) and e.strerror) or e
        raise LibraryError(f"the {index} index {path} cannot be written: {why}; check space and permissions") from e
