"""Vectors of passages and the nearest of them: half-precision numbers, and codes of four bits for two of them.

A question is compared with all codes, and the best, RESCORED times as many as are wanted, with the half-precision vectors.
Where there are few passages, or the question is of a part of them, it is compared with every half-precision vector at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged

EXACT_UP_TO = 20_000
"""Vectors of 256 dimensions; comparing so many takes 0.5 ms, as their codes and rescoring do."""
RESCORED = 8
"""Over 113,000 news passages: 1.000 of the exact best ten and .998 of the best hundred (`python -m benchmarks.vectors`)."""
_GROWTH = 4
"""What the codes stand for is learnt anew when the vectors have become so many times as many."""
_SAMPLE, _ROUNDS = 4096, 10
"""Of k-means; 2.5 times as many rounds find .001 more of the best hundred."""
_ROOM = 17 / 16
"""Times as much memory as is needed when an index is opened: so many changes may stand behind it."""
_AT_ONCE = 1 << 15
"""Vectors that are encoded at once."""
NONE = np.zeros(0, np.int64)


class VectorCodes:
    """Vectors by the ids of their passages; any thread searches while one other changes them.

    Ids come in ascending order and are never used again, which is how the library gives them; a vector's place is therefore
    that of its id. One that is removed keeps its place until `compact`. quick: the codes, None where there are few vectors.
    trained: how many there were when it was learnt what the codes stand for.
    """

    def __init__(self, dimensions: int, ids: np.ndarray = NONE) -> None:
        """With ids, the vectors are zeros until `halves` is filled."""
        self.ids, self._held = ids, np.ones(len(ids), bool)
        self.quick: Any = None
        self.trained = 0
        self._exact: Any = faiss.IndexScalarQuantizer(
            dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        for room in (_ROOM, 1):  # what is added next moves nothing
            self._exact.codes.resize(int(len(ids) * room) * self._exact.code_size)
        self._exact.ntotal = len(ids)
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """Of the vectors that are not removed."""
        return int(np.count_nonzero(self._held))

    @property
    def dimensions(self) -> int:
        return int(self._exact.d)

    @property
    def halves(self) -> np.ndarray:
        """The vectors in half precision, shape (ids, dimensions): not a copy."""
        size = len(self.ids) * self._exact.code_size
        raw = faiss.rev_swig_ptr(self._exact.codes.data(), size) if size else np.zeros(0, np.uint8)
        return np.asarray(raw.view(np.float16).reshape(-1, self.dimensions))

    @property
    def searched(self) -> Any:
        """The FAISS index that a question is asked of; it counts the vectors, those that are removed too."""
        if self.quick is None:
            return self._exact
        index = faiss.IndexRefine(self.quick, self._exact)
        index.k_factor = RESCORED
        return index

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Puts vectors in; IndexDamaged where the ids do not ascend from those that are held."""
        order = np.concatenate((self.ids[-1:], ids))
        wrong = np.flatnonzero(order[1:] <= order[:-1])
        if len(wrong):
            before, after = order[wrong[0] :][:2]
            raise IndexDamaged(
                f"passage {after} comes behind {before}; ids ascend, each once: delete the index, and it is rebuilt"
            )
        with self._lock, _one_thread():
            for index in filter(None, (self._exact, self.quick)):
                index.add(vectors)
            self.ids = np.concatenate((self.ids, ids))
            self._held = np.concatenate((self._held, np.ones(len(ids), bool)))

    def remove(self, ids: np.ndarray) -> None:
        """Takes vectors out, those of them that are held."""
        with self._lock:
            places, held = self._places(ids)
            self._held[places[held]] = False

    def search(self, vector: np.ndarray, k: int, within: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray]:
        """The ids, out of those given or all, of the k vectors of the highest inner products with one of shape (1,
        dimensions), and these products; fewer where there are not as many."""
        with self._lock:
            every, count = len(self.ids), self.count
            if not count:
                return NONE, np.zeros(0, np.float32)
            if within is not None or self.quick is None:
                parameters = None if within is None and count == every else self._only(within)
                products, places = self._exact.search(vector, min(k, count), params=parameters)
                found = places[0] >= 0
            else:
                index, asked = self.searched, min(k + every - count, 2 * k)
                while True:
                    products, places = index.search(vector, min(asked, every))
                    found = (places[0] >= 0) & self._held[places[0]]
                    if found.sum() >= min(k, count) or asked >= every:
                        break
                    asked *= 2
            return self.ids[places[0][found]][:k], products[0][found][:k]

    def products(self, vector: np.ndarray, ids: Sequence[int]) -> np.ndarray:
        """The inner products of one vector, of shape (dimensions,), and these; 0 for one that is not held."""
        with self._lock:
            places, held = self._places(ids)
            found = np.zeros(len(places), np.float32)
            found[held] = self._rows(places[held]) @ vector
            return found

    def compact(self) -> None:
        """Frees the places of what is removed, and makes the codes, where there are enough vectors for them."""
        kept = np.flatnonzero(self._held)
        quick, trained = self._encoded(kept)
        with self._lock:
            if len(kept) < len(self.ids):
                self._exact.remove_ids(_selected(~self._held))
                self.ids, self._held = self.ids[kept], self._held[kept]
            self.quick, self.trained = quick, trained

    def _encoded(self, places: np.ndarray) -> tuple[Any, int]:
        """The codes of the vectors at some places, and how many vectors they were learnt from."""
        count, dimensions = len(places), self.dimensions
        if count <= EXACT_UP_TO:
            return None, 0
        known = self.quick is not None and count < _GROWTH * self.trained
        if known and count == len(self.ids):
            return self.quick, self.trained
        parts = dimensions // 2 if dimensions % 2 == 0 else dimensions
        new: Any = faiss.IndexPQFastScan(dimensions, parts, 4, faiss.METRIC_INNER_PRODUCT)
        if known:
            new.pq, new.is_trained = self.quick.pq, True
        else:
            new.pq.cp.niter, new.pq.cp.min_points_per_centroid = _ROUNDS, 1
            with _one_thread():
                new.train(self._rows(places[:: -(-count // _SAMPLE)]))
        for start in range(0, count, _AT_ONCE):
            new.add(self._rows(places[start : start + _AT_ONCE]))
        return new, self.trained if known else count

    def _places(self, ids: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the vectors of ids are, and for each whether it is held."""
        wanted = np.asarray(ids, np.int64)
        places = np.searchsorted(self.ids, wanted)
        held = places < len(self.ids)
        held[held] = (self.ids[places[held]] == wanted[held]) & self._held[places[held]]
        return places, held

    def _only(self, within: Sequence[int] | None) -> Any:
        """What has a search look at the vectors of ids, or all, without those that are removed."""
        if within is None:
            return faiss.SearchParameters(sel=_selected(self._held))
        chosen = np.zeros(len(self.ids), bool)
        places, held = self._places(within)
        chosen[places[held]] = True
        return faiss.SearchParameters(sel=_selected(chosen))

    def _rows(self, places: np.ndarray) -> np.ndarray:
        """The vectors at some places, shape (places, dimensions)."""
        return np.asarray(self.halves[places], np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Has FAISS work on this thread alone: for little work several wait for each other longer than they need."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _selected(chosen: np.ndarray) -> Any:
    """The places at which an array is true, as FAISS takes them."""
    return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
