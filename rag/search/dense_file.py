"""The file of the dense index: all vectors, and behind them what was added and removed since, each part with its checksum.

A part begins with a line of JSON: a state, how much of what follows, its checksum, and the line's own. Behind the first line
are the ids of the passages (64 bits each), their vectors (half-precision numbers), and their codes as FAISS serialises them,
where there are any. A change has the ids of the removed passages, those of the added ones, and their vectors (32-bit numbers).
What is changed last says what the file reflects. A change that is cut short was never committed: whoever was writing it was
stopped, so that it is passed by, and overwritten by the next one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.files import replacing
from rag.search.index_state import FORMAT, IndexState, sealed, unsealed
from rag.search.quantised import VectorCodes

_LONGEST = 1 << 16
"""Bytes of the first line, at most."""
_ID, _NUMBER = 8, 4


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit took out and put in: ids, shape (m,); ids, shape (n,), with their vectors, shape (n, dimensions)."""

    removed: np.ndarray
    ids: np.ndarray
    vectors: np.ndarray

    def apply(self, index: VectorCodes) -> None:
        """Changes the index so."""
        if len(self.removed):
            index.remove(self.removed)
        if len(self.ids):
            index.add(self.ids, self.vectors)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file holds: the state; the index; where the last change ends, in bytes; how many passages the changes took out
    and put in."""

    state: IndexState
    index: VectorCodes
    end: int
    changed: int


def read(path: Path) -> Opened | IndexState:
    """What the file holds; its state alone where it is of another format.

    Raises IndexDamaged where it is not as it was written, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        row = unsealed(file.readline(_LONGEST))
        state = IndexState.from_json(row)
        if state.format != FORMAT:
            return state
        index = _whole(file, row)
        opened = Opened(state, index, file.tell(), 0)
        for state, change, end in _changes(file, opened.end, index.dimensions):
            change.apply(index)
            opened = Opened(state, index, end, opened.changed + len(change.removed) + len(change.ids))
        return opened


def write(path: Path, index: VectorCodes, state: IndexState) -> int:
    """Writes the whole index anew, and gives its size in bytes; OSError where the disk refuses, and nothing has changed.

    The index is compacted by then.
    """
    codes = np.zeros(0, np.uint8) if index.quick is None else faiss.serialize_index(index.quick)
    row = {"dimensions": index.dimensions, "passages": len(index.ids), "trained": index.trained, "codes": len(codes)}
    with replacing(path) as file:
        return _put(file, {**state.as_json(), **row}, (index.ids, index.halves, codes))


def append(path: Path, end: int, change: Change, state: IndexState) -> int:
    """Writes a change behind the last one, which ends at `end`, and gives where this one ends; it lasts when this returns.

    OSError where the disk refuses; the file reflects then what it did before.
    """
    row = {**state.as_json(), "removed": len(change.removed), "added": len(change.ids)}
    with path.open("r+b") as file:
        file.truncate(end)
        file.seek(end)
        try:
            written = _put(file, row, (change.removed, change.ids, change.vectors))
            file.flush()
            os.fsync(file.fileno())
            return end + written
        except BaseException:
            os.truncate(path, end)
            raise


def _put(file: IO[bytes], row: dict[str, Any], parts: Sequence[np.ndarray]) -> int:
    """Writes a line and what follows it, and gives how many bytes that were."""
    raw = [np.ascontiguousarray(part).data.cast("B") for part in parts if part.size]
    checksum = 0
    for part in raw:
        checksum = zlib.crc32(part, checksum)
    line = sealed({**row, "crc32": checksum}) + b"\n"
    return file.write(line) + sum(file.write(part) for part in raw)


def _whole(file: BufferedReader, row: dict[str, Any]) -> VectorCodes:
    """The index that follows its line."""
    index = VectorCodes(int(row["dimensions"]), np.zeros(int(row["passages"]), np.int64))
    codes = np.zeros(int(row["codes"]), np.uint8)
    if _filled(file, (index.ids, index.halves, codes)) != row["crc32"]:
        raise IndexDamaged("its vectors fail their checksum")
    if len(codes):
        index.quick, index.trained = faiss.deserialize_index(codes), int(row["trained"])
    return index


def _changes(file: BufferedReader, at: int, dimensions: int) -> Iterator[tuple[IndexState, Change, int]]:
    """The changes from an offset on, each with its state and where it ends."""
    length = os.fstat(file.fileno()).st_size
    while (line := file.readline()).endswith(b"\n"):
        row = unsealed(line[:-1])
        state, removed, added = IndexState.from_json(row), int(row["removed"]), int(row["added"])
        at += len(line) + _ID * (removed + added) + _NUMBER * dimensions * added
        if at > length:
            return
        vectors = np.zeros((added, dimensions), np.float32)
        change = Change(np.zeros(removed, np.int64), np.zeros(added, np.int64), vectors)
        checksum = _filled(file, (change.removed, change.ids, change.vectors))
        if state.format != FORMAT or checksum != row["crc32"]:
            raise IndexDamaged("a change of it fails its checksum")
        yield state, change, at


def _filled(file: BufferedReader, parts: Sequence[np.ndarray]) -> int:
    """Fills arrays with what comes next, and gives its checksum."""
    checksum = 0
    for part in parts:
        if part.size:
            raw = part.data.cast("B")
            checksum = zlib.crc32(raw[: file.readinto(raw)], checksum)
    return checksum
