"""The dense leg: exact inner products of unit vectors, in FAISS.

One file: a line of JSON (the stamp and a checksum), then the index as FAISS serialises it. Python writes
the file, because FAISS's own writer fails on some paths, and renames it into place.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged, LibraryError
from rag.search.embedding import Embedder
from rag.search.leg import Stamp, clear
from rag.search.query import Query
from rag.types import Passage

_BATCH = 1024


class VectorIndex:
    """Passages by their vectors, in the file `path`."""

    name = "dense"

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self.path = path
        self.embedder = embedder
        self.made_with = embedder.name
        self._index: Any = None

    def stamp(self) -> Stamp | None:
        if not self.path.is_file():
            return None
        try:
            data = self.path.read_bytes()
            line, _, body = data.partition(b"\n")
            row = json.loads(line)
            if zlib.crc32(body) != row["crc32"]:
                raise IndexDamaged(f"{self.path.name} fails its checksum")
            self._index = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as e:
            raise IndexDamaged(f"{self.path.name} cannot be read: {e}") from e
        return Stamp.from_json(row)

    def update(self, added: Iterable[Passage], removed: Sequence[int], stamp: Stamp, fresh: bool) -> None:
        index = None if fresh else self._index
        if index is not None and removed:
            index.remove_ids(np.array(removed, dtype=np.int64))
        passages = iter(added)
        while batch := list(islice(passages, _BATCH)):
            vectors = self.embedder.passages([passage.text for passage in batch])
            if index is None:
                index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            index.add_with_ids(vectors, np.array([passage.id for passage in batch], dtype=np.int64))
        if index is None:
            index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.embedder.passages([""]).shape[1]))
        body = faiss.serialize_index(index).tobytes()
        line = json.dumps({**stamp.as_json(), "crc32": zlib.crc32(body)}).encode()
        whole = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with whole.open("wb") as file:
                file.write(line + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            if fresh:
                clear(self.path)
            os.replace(whole, self.path)
        except OSError as e:
            whole.unlink(missing_ok=True)
            raise LibraryError(
                f"the dense index {self.path} cannot be written: {e.strerror}; check space and permissions"
            ) from e
        self._index = index

    def cosines(self, query: Query, ids: Sequence[int]) -> list[float]:
        """The cosines of the question and these passages; 0 for one that the index does not hold yet."""
        vector = self.embedder.questions([query.text])[0]
        return [self._cosine(vector, id_) for id_ in ids]

    def _cosine(self, vector: np.ndarray, id_: int) -> float:
        try:
            return float(vector @ self._index.reconstruct(id_))
        except RuntimeError:  # another process is writing, and the other leg is ahead
            return 0.0

    def search(self, query: Query, k: int) -> list[tuple[int, float]]:
        if self._index is None or not self._index.ntotal:
            return []
        vector = self.embedder.questions([query.text])
        if not vector.any():
            return []
        scores, ids = self._index.search(vector, min(k, self._index.ntotal))
        return [(int(id_), float(score)) for id_, score in zip(ids[0], scores[0], strict=True) if id_ >= 0]
