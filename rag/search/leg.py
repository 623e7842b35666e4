"""What both legs of the search have in common: the stamp that says what an index reflects, and catching up with the library.

A stamp carries a checksum of itself and those of the index's files. All are compared whenever an index is opened: CRC-32
finds every flipped bit and every burst of up to 32, and of any other damage all but one in four thousand million; a file cut
short, emptied or gone is found by its length. Over 113,931 passages (116 MB) that takes 0.2 s. What changes in a file while
it is open is found when it is opened next.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any, Protocol

from filelock import FileLock, Timeout

from rag.errors import IndexDamaged, LibraryError
from rag.library import Library
from rag.types import Passage

FORMAT = 7
WRITING = "writing.lock"
"""The lock, beside the indexes, of the process that writes them."""
log = logging.getLogger(__name__)
Within = Sequence[int] | None
"""Passage ids, or None for all."""
Progress = Callable[[str, int, int], None]
"""Called with the leg's name, the passages done and their number."""
_TRIES, _PAUSE = 5, 0.05
FAR = 10_000
"""Passages for which it pays to start another process: they are indexed in 1.5 s."""
SECONDS = 10
PATIENCE = 60
"""Seconds."""


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
    """An index of passages that follows the library."""

    name: str
    made_with: str
    first: int
    """Passages of the first commit; the next ones take twice as many each until one takes SECONDS."""
    renewed: float
    """How much it should grow by, in proportion, where much of it is written anew; 0 where that is little."""

    def stamp(self) -> Stamp | None:
        """What the index on disk reflects; None if there is none. Raises IndexDamaged where it cannot be read or fails its checksum."""
        ...

    def settled(self) -> Stamp | None:
        """The same when nobody is writing the index, not even on behalf of a process that was killed; LibraryError where one goes on."""
        ...

    def update(self, added: Iterable[Passage], removed: Sequence[int], stamp: Stamp, fresh: bool) -> None:
        """Takes passages out and in and commits with the stamp, all or nothing; `fresh` starts from an empty index."""
        ...

    def worn(self, removed: int) -> bool:
        """Whether an index from which so many passages more are taken out is better built anew."""
        ...


def sealed(row: dict[str, Any]) -> bytes:
    """A stamp's row as one line of JSON that carries its own checksum."""
    return json.dumps({**row, "seal": _seal(row)}).encode()


def unsealed(line: bytes) -> dict[str, Any]:
    """The row of a line that `sealed` made, or of one of another format. Raises IndexDamaged where it is not as it was made."""
    try:
        row = dict(json.loads(line))
    except (ValueError, TypeError) as e:
        raise IndexDamaged(f"its stamp cannot be read ({e})") from e
    if row.pop("seal", None) != _seal(row) and row.get("format") == FORMAT:
        raise IndexDamaged("its stamp fails its checksum")
    return row


def _seal(row: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(row).encode())


def signature(path: Path) -> object:
    """What tells whether a file is still the one that was read: another one, or another time of writing, gives another."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def alone(writing: FileLock, leg: str, path: Path) -> Iterator[None]:
    """Waits for other processes that write an index: one that does so on behalf of one that was killed may need a moment to end.

    Raises LibraryError where one goes on, or the disk refuses.
    """
    try:
        with writing.acquire(timeout=PATIENCE):
            yield
    except Timeout as e:
        raise LibraryError(
            f"the {leg} index {path} has been written by another process for {PATIENCE} s; try again later"
        ) from e
    except (OSError, ValueError) as e:  # tantivy raises ValueError for what the disk refuses
        why = (isinstance(e, OSError) and e.strerror) or e
        raise LibraryError(f"the {leg} index {path} cannot be written: {why}; check space and permissions") from e


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write in place of another, wholly or not at all; it lasts when this ends. OSError where the disk refuses."""
    whole = path.with_name(f"{path.name}.new")
    try:
        with whole.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(whole, path)
        lasting(path.parent)
    except BaseException:
        whole.unlink(missing_ok=True)
        raise


def lasting(folder: Path) -> None:
    """Has the names in a folder survive a loss of power."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


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


def usable_stamp(leg: Leg, library: Library) -> Stamp | None:
    """The stamp of an index that is of this library, model and version, though maybe behind; None where there is none such."""
    try:
        stamp = leg.stamp()
    except IndexDamaged:
        return None
    wanted = current_stamp(leg, library)
    same = stamp is not None and replace(stamp, generation=0, through=0) == replace(wanted, generation=0, through=0)
    return stamp if same else None


def is_far_behind(leg: Leg, library: Library) -> bool:
    """Whether an index lacks at least FAR passages, and `renewed` times those that it holds."""
    stamp = usable_stamp(leg, library)
    through = stamp.through if stamp else 0
    return current_stamp(leg, library).through - through >= max(FAR, leg.renewed * through)


def catch_up(leg: Leg, library: Library, progress: Progress | None = None) -> str:
    """Brings a leg's index to the library's generation; a line that says so if it was missing or damaged, else "".

    Commits again and again on the way, so that what is interrupted goes on from there. Raises LibraryError where the index
    cannot be written.
    """
    wanted, notice = current_stamp(leg, library), ""
    started = time.monotonic()
    try:
        stamp = leg.settled()
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
    removed = [] if stamp is None else library.removed_since(stamp.generation)
    worn = bool(removed) and leg.worn(len(removed))
    if worn:
        stamp, removed = None, []
    fresh = stamp is None
    through = 0 if stamp is None else stamp.through
    ids = library.ids_between(through, wanted.through)
    done, size = 0, max(1, len(ids)) if worn else leg.first  # a worn index is searched until the new one is whole
    while True:
        began, end = time.monotonic(), min(done + size, len(ids))
        last = wanted.through if end == len(ids) else ids[end - 1]
        found = library.passages_between(through, last)
        leg.update(_counted(leg, found, done, len(ids), progress), removed, replace(wanted, through=last), fresh)
        if end == len(ids):
            log.info(
                "index caught up",
                extra={
                    "leg": leg.name,
                    "passages": len(ids),
                    "seconds": round(time.monotonic() - started, 3),
                    "why": notice or ("worn" if worn else "behind"),
                },
            )
            return notice
        done, through, removed, fresh = end, last, [], False
        if time.monotonic() - began < SECONDS:
            size *= 2


def _counted(leg: Leg, found: Iterator[Passage], done: int, total: int, progress: Progress | None) -> Iterator[Passage]:
    for count, passage in enumerate(found, done + 1):
        yield passage
        if progress:
            progress(leg.name, count, total)
