"""The dense leg: inner products of unit vectors, in FAISS.

Every vector is compared while there are at most EXACT_UP_TO; beyond, they lie in inverted lists of half-precision numbers,
and a question looks into the share PROBED of the lists. A question that is asked of a part of the passages looks into all.
What is added and removed is written behind the index (`rag.search.vector_file`), and all anew when it has become much.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged, LibraryError
from rag.search import vector_file
from rag.search.embedding import Embedder
from rag.search.leg import Stamp, Within, clear, signature
from rag.search.query import Query
from rag.search.vector_file import Change
from rag.types import Passage

EXACT_UP_TO = 50_000
"""Comparing 50,000 vectors of 256 dimensions takes 5 ms."""
PROBED = 0.45
"""Over 113,000 news passages: .986 of the exact best ten, in less than half the time
(`python -m benchmarks.vectors`)."""
_LISTS, _GROWTH = 4, 4
"""Lists for n vectors are 4√n; they are made anew when the vectors have become four times as many."""
_ROUNDS, _SAMPLE = 4, 32
"""Of k-means; the sample is of so many vectors a list."""
_CHANGED = 1 / 16
"""The share of the passages that may stand behind the index as changes; they are taken in whenever it is opened."""
_MOVED = 1 << 15
"""Vectors that are moved to new lists at once."""
_NONE = np.zeros(0, np.int64)


class VectorIndex:
    """Passages by their vectors, in the file `path`; any thread searches while another one updates."""

    name = "dense"
    first = 256
    renewed = 1 / 8

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self.path = path
        self.embedder = embedder
        self.made_with = embedder.name
        self._index: Any = None
        self._stamp: Stamp | None = None
        self._signature: object = None
        self._end = self._changed = 0
        self._lock = threading.RLock()

    def stamp(self) -> Stamp | None:
        if not self.path.is_file():
            return None
        found = signature(self.path)
        if found == self._signature:
            return self._stamp
        try:
            opened = vector_file.read(self.path)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as e:
            raise IndexDamaged(f"{self.path.name} cannot be read: {e}") from e
        if opened.index is not None:
            with self._lock:
                self._index, self._end, self._changed = opened.index, opened.end, opened.changed
            self._stamp, self._signature = opened.stamp, found
        return opened.stamp

    def settled(self) -> Stamp | None:
        return self.stamp()

    def update(self, added: Iterable[Passage], removed: Sequence[int], stamp: Stamp, fresh: bool) -> None:
        taken = np.array(removed, dtype=np.int64)
        batches = self._embedded(added)
        try:
            if fresh or self._index is None:
                index = self._empty()
                for batch in batches:
                    batch.apply(index)
                self.path.parent.mkdir(parents=True, exist_ok=True)
                if self.path.is_dir():
                    clear(self.path)
                self._write(index, stamp)
                return
            room = _CHANGED * self._index.ntotal - self._changed - len(taken)
            few: list[Change] = []
            while room >= 0 and (next_one := next(batches, None)):
                few.append(next_one)
                room -= len(next_one.ids)
            if room >= 0:
                self._append(_joined(taken, few, self._index.d), stamp)
                return
            for change in chain([Change(taken, _NONE, _NONE)], few, batches):
                with self._lock:  # between two batches other threads search
                    change.apply(self._index)
            self._write(self._index, stamp)
        except BaseException as e:
            self._signature = None  # what is in memory may be ahead of the file
            if isinstance(e, OSError):
                raise LibraryError(
                    f"the dense index {self.path} cannot be written: {e.strerror}; check space and permissions"
                ) from e
            raise

    def _empty(self) -> Any:
        return faiss.IndexIDMap2(faiss.IndexFlatIP(self.embedder.passages([""]).shape[1]))

    def _embedded(self, passages: Iterable[Passage]) -> Iterator[Change]:
        left = iter(passages)
        while batch := list(islice(left, self.embedder.batch)):
            vectors = self.embedder.passages([passage.searched for passage in batch])
            yield Change(_NONE, np.array([passage.id for passage in batch], dtype=np.int64), vectors)

    def _append(self, change: Change, stamp: Stamp) -> None:
        self._end = vector_file.append(self.path, self._end, change, stamp)
        with self._lock:
            change.apply(self._index)
        self._changed += len(change.removed) + len(change.ids)
        self._stamp, self._signature = stamp, signature(self.path)

    def _write(self, index: Any, stamp: Stamp) -> None:
        index = _suited(index)
        self._end, self._changed = vector_file.write(self.path, index, stamp), 0
        with self._lock:
            self._index = index
        self._stamp, self._signature = stamp, signature(self.path)

    def worn(self, removed: int) -> bool:
        """False: what is taken out of it leaves no trace."""
        return False

    def cosines(self, query: Query, ids: Sequence[int]) -> list[float]:
        """The cosines of the question and these passages; 0 for one that the index does not hold yet."""
        vector = self.embedder.questions([query.text])[0]
        with self._lock:
            try:
                found = (
                    self._index.reconstruct_batch(np.array(ids, np.int64)) if len(ids) else np.zeros((0, len(vector)))
                )
                return [float(cosine) for cosine in found @ vector]
            except RuntimeError:  # another process is writing, and the other leg is ahead
                return [self._cosine(vector, id_) for id_ in ids]

    def _cosine(self, vector: np.ndarray, id_: int) -> float:
        try:
            return float(vector @ self._index.reconstruct(id_))
        except RuntimeError:
            return 0.0

    def search(self, query: Query, k: int, within: Within = None) -> list[tuple[int, float]]:
        vector = self.embedder.questions([query.text])
        if not vector.any():
            return []
        chosen: dict[str, Any] = {}
        if within is not None:
            inside = np.zeros(max(within, default=0) + 1, dtype=bool)
            inside[list(within)] = True
            chosen["sel"] = faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))
        with self._lock:
            index = self._index
            if index is None or not index.ntotal:
                return []
            parameters: Any = faiss.SearchParameters(**chosen)
            if isinstance(index, faiss.IndexIVF):
                share = PROBED if within is None and index.ntotal > EXACT_UP_TO else 1.0
                parameters = faiss.SearchParametersIVF(nprobe=math.ceil(share * index.nlist), **chosen)
            scores, ids = index.search(vector, min(k, index.ntotal), params=parameters)
        return [(int(id_), float(score)) for id_, score in zip(ids[0], scores[0], strict=True) if id_ >= 0]


def _joined(removed: np.ndarray, batches: Sequence[Change], dimensions: int) -> Change:
    """One change out of several."""
    ids = [batch.ids for batch in batches]
    vectors = [batch.vectors for batch in batches]
    empty = np.zeros((0, dimensions), np.float32)
    return Change(removed, np.concatenate((_NONE, *ids)), np.concatenate((empty, *vectors)))


def _suited(index: Any) -> Any:
    """The index, or lists with the same vectors where there are too many for it."""
    n, has_lists = index.ntotal, isinstance(index, faiss.IndexIVF)
    if n <= EXACT_UP_TO or (has_lists and index.nlist > _LISTS * math.sqrt(n / _GROWTH)):
        return index
    lists = int(_LISTS * math.sqrt(n))
    new: Any = faiss.index_factory(index.d, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    new.cp.niter, new.cp.spherical = _ROUNDS, True
    new.cp.min_points_per_centroid = new.cp.max_points_per_centroid = _SAMPLE
    ids = np.sort(_ids(index))
    new.train(index.reconstruct_batch(ids[:: max(1, n // (lists * _SAMPLE))]))
    new.set_direct_map_type(faiss.DirectMap.Hashtable)
    for start in range(0, n, _MOVED):
        moved = ids[start : start + _MOVED]
        new.add_with_ids(index.reconstruct_batch(moved), moved)
    return new


def _ids(index: Any) -> np.ndarray:
    """The ids of all vectors of an index, a copy."""
    if not isinstance(index, faiss.IndexIVF):
        return np.array(faiss.vector_to_array(index.id_map))
    lists = index.invlists
    sizes = [(i, lists.list_size(i)) for i in range(index.nlist)]
    return np.concatenate([faiss.rev_swig_ptr(lists.get_ids(i), size) for i, size in sizes if size])
