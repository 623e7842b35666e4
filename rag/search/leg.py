"""What both legs of the search have in common: the stamp that says what an index reflects, and catching up with the library."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from rag.errors import IndexDamaged
from rag.library import Library
from rag.search.query import Query
from rag.types import Passage

FORMAT = 3
Within = Sequence[int] | None
"""Passage ids, or None for all."""
Progress = Callable[[str, int, int], None]
"""Called with the leg's name, the passages done and their number."""
_TRIES, _PAUSE = 5, 0.05
_FIRST, _SECONDS = 256, 10
"""Passages of the first commit; the next ones take twice as many each until one takes this long."""


@dataclass(frozen=True, slots=True)
class Stamp:
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
    def from_json(row: dict[str, Any]) -> Stamp:
        """Raises IndexDamaged where a field is missing or of another type."""
        try:
            numbers = int(row["generation"]), int(row["through"]) if row["format"] == FORMAT else 0
            return Stamp(str(row["library"]), *numbers, str(row["made_with"]), int(row["format"]))
        except (KeyError, TypeError, ValueError) as e:
            raise IndexDamaged(f"its stamp cannot be read ({e!r})") from e


class Leg(Protocol):
    """One way of finding passages, with an index of its own on disk."""

    name: str
    made_with: str

    def stamp(self) -> Stamp | None:
        """What the index on disk reflects; None if there is none. Raises IndexDamaged where it cannot be read or fails its checksum."""
        ...

    def update(self, added: Iterable[Passage], removed: Sequence[int], stamp: Stamp, fresh: bool) -> None:
        """Takes passages out and in and commits with the stamp, all or nothing; `fresh` starts from an empty index."""
        ...

    def search(self, query: Query, k: int, within: Within) -> list[tuple[int, float]]:
        """At most k (passage id, score), best first, of the passages `within` or of all."""
        ...


def clear(path: Path) -> None:
    """Removes what lies at a path, a file or a folder with all that it holds; nothing where there is nothing.

    tantivy makes a lock file in a folder whenever somebody who has the index open looks whether it has changed, so that a
    folder may fill again while it is emptied.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for left in reversed(range(_TRIES)):
        try:
            shutil.rmtree(path)
            return
        except OSError as e:
            if e.errno not in (errno.ENOTEMPTY, errno.ENOENT) or not left:
                raise
            time.sleep(_PAUSE)
            if not path.exists():
                return


def current_stamp(leg: Leg, library: Library) -> Stamp:
    """The stamp of an index that lacks nothing."""
    return Stamp(library.id, *library.state, leg.made_with)


def is_current(leg: Leg, library: Library) -> bool:
    """Whether a leg's index is whole and reflects the library's generation."""
    try:
        return leg.stamp() == current_stamp(leg, library)
    except IndexDamaged:
        return False


def catch_up(leg: Leg, library: Library, progress: Progress | None = None) -> str:
    """Brings a leg's index to the library's generation; a line that says so if it was missing or damaged, else "".

    Commits again and again on the way, so that what is interrupted goes on from there. Raises LibraryError where the index
    cannot be written.
    """
    wanted, notice = current_stamp(leg, library), ""
    try:
        stamp = leg.stamp()
    except IndexDamaged as e:
        stamp, notice = None, f"the {leg.name} index was damaged ({e}) and has been rebuilt from the library"
    if stamp is None:
        if not notice and wanted.generation:
            notice = f"the {leg.name} index was missing and has been built from the library"
    elif replace(stamp, generation=0, through=0) != replace(wanted, generation=0, through=0) or (
        stamp.generation > wanted.generation
    ):
        stamp, notice = None, f"the {leg.name} index was of another library, model or version and has been rebuilt"
    elif stamp == wanted:
        return ""
    fresh = stamp is None
    removed = [] if stamp is None else library.removed_since(stamp.generation)
    through = 0 if stamp is None else stamp.through
    ids = library.ids_between(through, wanted.through)
    done, size = 0, _FIRST
    while True:
        began, end = time.monotonic(), min(done + size, len(ids))
        last = wanted.through if end == len(ids) else ids[end - 1]
        found = library.passages_between(through, last)
        leg.update(_counted(leg, found, done, len(ids), progress), removed, replace(wanted, through=last), fresh)
        if end == len(ids):
            return notice
        done, through, removed, fresh = end, last, [], False
        if time.monotonic() - began < _SECONDS:
            size *= 2


def _counted(leg: Leg, found: Iterator[Passage], done: int, total: int, progress: Progress | None) -> Iterator[Passage]:
    for count, passage in enumerate(found, done + 1):
        yield passage
        if progress:
            progress(leg.name, count, total)
