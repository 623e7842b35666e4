"""What both legs of the search have in common: the stamp that says what an index reflects, and catching up with the library."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from rag.errors import IndexDamaged
from rag.library import Library
from rag.search.query import Query
from rag.types import Passage

FORMAT = 1
Progress = Callable[[str, int, int], None]
"""Called with the leg's name, the passages done and their number."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which library at which generation an index reflects, and what made it (the embedder's or analyser's name)."""

    library: str
    generation: int
    made_with: str
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(row: dict[str, Any]) -> Stamp:
        """Raises IndexDamaged where a field is missing or of another type."""
        try:
            return Stamp(str(row["library"]), int(row["generation"]), str(row["made_with"]), int(row["format"]))
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

    def search(self, query: Query, k: int) -> list[tuple[int, float]]:
        """At most k (passage id, score), best first."""
        ...


def clear(path: Path) -> None:
    """Removes what lies at a path, a file or a folder with all that it holds; nothing where there is nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_current(leg: Leg, library: Library) -> bool:
    """Whether a leg's index is whole and reflects the library's generation."""
    try:
        return leg.stamp() == Stamp(library.id, library.generation, leg.made_with)
    except IndexDamaged:
        return False


def catch_up(leg: Leg, library: Library, progress: Progress | None = None) -> str:
    """Brings a leg's index to the library's generation; a line that says so if it was missing or damaged, else "".

    Raises LibraryError where the index cannot be written.
    """
    generation, since, notice = library.generation, 0, ""
    try:
        stamp = leg.stamp()
    except IndexDamaged as e:
        stamp, notice = None, f"the {leg.name} index was damaged ({e}) and has been rebuilt from the library"
    if stamp is None:
        if not notice and generation:
            notice = f"the {leg.name} index was missing and has been built from the library"
    elif (stamp.library, stamp.made_with, stamp.format) != (
        library.id,
        leg.made_with,
        FORMAT,
    ) or stamp.generation > generation:
        notice = f"the {leg.name} index was of another library, model or version and has been rebuilt"
    else:
        since = stamp.generation
        if since == generation:
            return ""
    total = library.added_count(since, generation)

    def counted() -> Iterator[Passage]:
        for done, passage in enumerate(library.added_since(since, generation), 1):
            yield passage
            if progress:
                progress(leg.name, done, total)

    leg.update(counted(), library.removed_since(since), Stamp(library.id, generation, leg.made_with), fresh=since == 0)
    return notice
