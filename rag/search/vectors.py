"""The dense leg: inner products of unit vectors, in FAISS.

Every vector is compared while there are at most EXACT_UP_TO; beyond, they lie in inverted lists of half-precision numbers,
and a question looks into the share PROBED of the lists. A question that is asked of a part of the passages looks into all.

One file: a line of JSON (the stamp, the checksums of the index and of the line), then the index as FAISS serialises it.
Python writes the file, because FAISS's own writer fails on some paths, and renames it into place.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged, LibraryError
from rag.search.embedding import Embedder
from rag.search.leg import FORMAT, Stamp, Within, clear, put, sealed, unsealed
from rag.search.query import Query
from rag.types import Passage

EXACT_UP_TO = 50_000
"""Comparing 50,000 vectors of 256 dimensions takes 5 ms."""
PROBED = 0.45
"""Over 113,000 news passages: .986 of the exact best ten, in less than half the time
(`python -m benchmarks.vectors`)."""
_LISTS, _GROWTH = 4, 4
"""Lists for n vectors are 4√n; they are made anew when the vectors have become four times as many."""
_ROUNDS, _SAMPLE = 6, 32
"""Of k-means; the sample is of so many vectors a list."""
_BATCH = 256


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
            through = data.find(b"\n") + 1
            row = unsealed(data[:through])
            stamp = Stamp.from_json(row)
            if stamp.format == FORMAT:
                body = memoryview(data)[through:]
                if (len(body), zlib.crc32(body)) != (row["size"], row["crc32"]):
                    raise IndexDamaged(f"{self.path.name} fails its checksum")
                self._index = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as e:
            raise IndexDamaged(f"{self.path.name} cannot be read: {e}") from e
        return stamp

    def update(self, added: Iterable[Passage], removed: Sequence[int], stamp: Stamp, fresh: bool) -> None:
        # A copy is changed, since other threads may be searching; the lists of 60,000 vectors are copied in 5 ms.
        index = None if fresh or self._index is None else faiss.clone_index(self._index)
        if index is not None and removed:
            _remove(index, np.array(removed, dtype=np.int64))
        passages = iter(added)
        while batch := list(islice(passages, _BATCH)):
            vectors = self.embedder.passages([passage.searched for passage in batch])
            if index is None:
                index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            index.add_with_ids(vectors, np.array([passage.id for passage in batch], dtype=np.int64))
        if index is None:
            index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.embedder.passages([""]).shape[1]))
        index = _suited(index)
        body = faiss.serialize_index(index)
        line = sealed({**stamp.as_json(), "size": len(body), "crc32": zlib.crc32(body)})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if fresh and self.path.is_dir():
                clear(self.path)
            put(self.path, line, b"\n", body.data)
        except OSError as e:
            raise LibraryError(
                f"the dense index {self.path} cannot be written: {e.strerror}; check space and permissions"
            ) from e
        self._index = index

    def worn(self, removed: int) -> bool:
        """False: what is taken out of it leaves no trace."""
        return False

    def cosines(self, query: Query, ids: Sequence[int]) -> list[float]:
        """The cosines of the question and these passages; 0 for one that the index does not hold yet."""
        vector = self.embedder.questions([query.text])[0]
        return [self._cosine(vector, id_) for id_ in ids]

    def _cosine(self, vector: np.ndarray, id_: int) -> float:
        try:
            return float(vector @ self._index.reconstruct(id_))
        except RuntimeError:  # another process is writing, and the other leg is ahead
            return 0.0

    def search(self, query: Query, k: int, within: Within = None) -> list[tuple[int, float]]:
        index = self._index
        if index is None or not index.ntotal:
            return []
        vector = self.embedder.questions([query.text])
        if not vector.any():
            return []
        chosen: dict[str, Any] = {}
        if within is not None:
            inside = np.zeros(max(within, default=0) + 1, dtype=bool)
            inside[list(within)] = True
            chosen["sel"] = faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))
        parameters: Any = faiss.SearchParameters(**chosen)
        if isinstance(index, faiss.IndexIVF):
            share = PROBED if within is None and index.ntotal > EXACT_UP_TO else 1.0
            parameters = faiss.SearchParametersIVF(nprobe=math.ceil(share * index.nlist), **chosen)
        scores, ids = index.search(vector, min(k, index.ntotal), params=parameters)
        return [(int(id_), float(score)) for id_, score in zip(ids[0], scores[0], strict=True) if id_ >= 0]


def _remove(index: Any, ids: np.ndarray) -> None:
    if isinstance(index, faiss.IndexIVF):  # its map from ids to places takes no other selector
        index.remove_ids(faiss.IDSelectorArray(len(ids), faiss.swig_ptr(ids)))
    else:
        index.remove_ids(ids)


def _suited(index: Any) -> Any:
    """The index, or lists with the same vectors where there are too many for it."""
    n, has_lists = index.ntotal, isinstance(index, faiss.IndexIVF)
    if n <= EXACT_UP_TO or (has_lists and index.nlist > _LISTS * math.sqrt(n / _GROWTH)):
        return index
    if has_lists:
        lists = index.invlists
        kept = [
            faiss.rev_swig_ptr(lists.get_ids(i), lists.list_size(i)) for i in range(index.nlist) if lists.list_size(i)
        ]
        ids = np.concatenate(kept)
        vectors = index.reconstruct_batch(ids)
    else:
        ids, vectors = faiss.vector_to_array(index.id_map), index.index.reconstruct_n(0, n)
    new: Any = faiss.index_factory(index.d, f"IVF{int(_LISTS * math.sqrt(n))},SQfp16", faiss.METRIC_INNER_PRODUCT)
    new.cp.niter, new.cp.spherical = _ROUNDS, True
    new.cp.min_points_per_centroid = new.cp.max_points_per_centroid = _SAMPLE
    new.train(vectors)
    new.set_direct_map_type(faiss.DirectMap.Hashtable)
    new.add_with_ids(vectors, ids)
    return new
