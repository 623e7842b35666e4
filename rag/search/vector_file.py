"""The file of the dense index: a whole index, and behind it what was added and removed since, each part with its checksum.

The whole is a line of JSON (the stamp, the size and checksum of what follows, and the line's own), filled up with spaces, since
it is written last, and the index as FAISS serialises it. A change is such a line too, without filling: a stamp, how many passages
are removed and added; then the ids of the removed ones, the ids of the added ones (64 bits each) and their vectors (32-bit
numbers). What is changed last says what the file reflects. A change that is cut short was never committed: whoever was
writing it was stopped, so that it is passed by, and overwritten by the next one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.search.leg import FORMAT, Stamp, replacing, sealed, unsealed

_LONGEST = 1 << 16
"""Bytes of the first line, at most."""
_PIECE = 1 << 20
_ID, _NUMBER = 8, 4
_NUMERAL = 12
"""Digits by which the checksum of one line may be longer than that of another, and the end of the line."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit took out and put in: ids, shape (m,); ids, shape (n,), with their vectors, shape (n, dimensions)."""

    removed: np.ndarray
    ids: np.ndarray
    vectors: np.ndarray

    def apply(self, index: Any) -> None:
        """Changes the index so."""
        if len(self.removed):
            if isinstance(index, faiss.IndexIVF):  # its map from ids to places takes no other selector
                index.remove_ids(faiss.IDSelectorArray(len(self.removed), faiss.swig_ptr(self.removed)))
            else:
                index.remove_ids(self.removed)
        if len(self.ids):
            index.add_with_ids(self.vectors, self.ids)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file holds: the stamp; None for the index where the file is of another format; where the last change ends,
    in bytes; how many passages the changes took out and put in."""

    stamp: Stamp
    index: Any
    end: int
    changed: int


def read(path: Path) -> Opened:
    """What the file holds. Raises IndexDamaged where it is not as it was written, OSError where it cannot be read."""
    with path.open("rb") as file:
        row = unsealed(file.readline(_LONGEST))
        begin = file.tell()
        stamp = Stamp.from_json(row)
        if stamp.format != FORMAT:
            return Opened(stamp, None, 0, 0)
        size, checksum = int(row["size"]), int(row["crc32"])
        if _checksum(file, size) != checksum:
            raise IndexDamaged(f"{path.name} fails its checksum")
        file.seek(begin)
        index = faiss.read_index(faiss.PyCallbackIOReader(_Bounded(file, size).read, _PIECE))
        opened = Opened(stamp, index, begin + size, 0)
        for stamp, change, end in _changes(file, opened.end, index.d):
            change.apply(index)
            opened = Opened(stamp, index, end, opened.changed + len(change.removed) + len(change.ids))
        return opened


def write(path: Path, index: Any, stamp: Stamp) -> int:
    """Writes the whole index anew, and gives its size in bytes; OSError where the disk refuses, and nothing has changed."""
    size = checksum = 0
    widest = sealed({**stamp.as_json(), "size": 1 << 62, "crc32": 1 << 32})
    begin = len(widest) + _NUMERAL
    with replacing(path) as file:

        def take(piece: bytes) -> int:
            nonlocal size, checksum
            size, checksum = size + len(piece), zlib.crc32(piece, checksum)
            file.write(piece)
            return len(piece)

        file.write(b" " * begin)
        faiss.write_index(index, faiss.BufferedIOWriter(faiss.PyCallbackIOWriter(take, _PIECE), _PIECE))
        file.seek(0)
        file.write(sealed({**stamp.as_json(), "size": size, "crc32": checksum}).ljust(begin - 1) + b"\n")
    return begin + size


def append(path: Path, end: int, change: Change, stamp: Stamp) -> int:
    """Writes a change behind the last one, which ends at `end`, and gives where this one ends; it lasts when this returns.

    OSError where the disk refuses; the file reflects then what it did before.
    """
    parts = [np.ascontiguousarray(part).data for part in (change.removed, change.ids, change.vectors) if part.size]
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    row = {**stamp.as_json(), "removed": len(change.removed), "added": len(change.ids), "crc32": checksum}
    with path.open("r+b") as file:
        file.truncate(end)
        file.seek(end)
        try:
            file.write(sealed(row) + b"\n")
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()
        except BaseException:
            os.truncate(path, end)
            raise


def _changes(file: IO[bytes], at: int, dimensions: int) -> Iterator[tuple[Stamp, Change, int]]:
    """The changes from an offset on, each with its stamp and where it ends."""
    length = os.fstat(file.fileno()).st_size
    file.seek(at)
    while (line := file.readline()).endswith(b"\n"):
        row = unsealed(line[:-1])
        stamp, removed, added = Stamp.from_json(row), int(row["removed"]), int(row["added"])
        ids, at = file.tell(), at + len(line) + _ID * (removed + added) + _NUMBER * dimensions * added
        if at > length:
            return
        if stamp.format != FORMAT or _checksum(file, at - ids) != row["crc32"]:
            raise IndexDamaged("a change of it fails its checksum")
        file.seek(ids)
        yield (
            stamp,
            Change(
                np.frombuffer(file.read(_ID * removed), np.int64),
                np.frombuffer(file.read(_ID * added), np.int64),
                np.frombuffer(file.read(_NUMBER * dimensions * added), np.float32).reshape(added, dimensions),
            ),
            at,
        )


def _checksum(file: IO[bytes], size: int) -> int:
    """Of the next bytes, as many as there are."""
    checksum = 0
    while size and (piece := file.read(min(size, _PIECE))):
        checksum, size = zlib.crc32(piece, checksum), size - len(piece)
    return checksum


class _Bounded:
    """The next bytes of a file, and none behind them: FAISS reads more than it needs."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        return piece
