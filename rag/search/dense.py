"""The dense leg: inner products of unit vectors (`rag.search.quantised`), in a file that follows the library.

What is added and removed is written behind the index (`rag.search.dense_file`), and all anew when it has become much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from filelock import FileLock

from rag.errors import IndexDamaged
from rag.files import clear, signature
from rag.query.question import Question
from rag.search import dense_file
from rag.search.dense_file import Change, Opened
from rag.search.embedding import Embedder
from rag.search.index_state import IndexState, Within, alone
from rag.search.quantised import NONE, VectorCodes
from rag.types import Passage

_CHANGED = 1 / 16
"""The share of the passages that may stand behind the index as changes; they are taken in whenever it is opened."""
_AT_ONCE = 4096


class DenseIndex:
    """Passages by their vectors, in the file `path`; any thread searches while another one updates."""

    name = "dense"
    first = 256
    least_growth = 1 / 8

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self.path = path
        self.embedder = embedder
        self.made_with = embedder.name
        self._opened: Opened | None = None
        self._signature: object = None
        self._writing = FileLock(path.with_name(f"{path.name}.lock"))
        self._asked: tuple[str, np.ndarray] | None = None

    def state(self) -> IndexState | None:
        if not self.path.is_file():
            return None
        found = signature(self.path)
        if self._opened and found == self._signature:
            return self._opened.state
        try:
            opened = dense_file.read(self.path)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as e:
            raise IndexDamaged(f"{self.path.name} cannot be read: {e}") from e
        if isinstance(opened, IndexState):
            return opened
        self._opened, self._signature = opened, found
        return opened.state

    def idle_state(self) -> IndexState | None:
        with alone(self._writing, self.name, self.path):
            return self.state()

    def update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        with alone(self._writing, self.name, self.path):
            self._update(added, removed, state, fresh)

    def _update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        taken = np.array(removed, dtype=np.int64)
        batches = self._embedded(added)
        opened = None if fresh else self._opened
        try:
            if opened is None:
                index = VectorCodes(self.embedder.passages([""]).shape[1])
                for change in _gathered(batches, index.dimensions):
                    change.apply(index)
                self.path.parent.mkdir(parents=True, exist_ok=True)
                if self.path.is_dir():
                    clear(self.path)
                self._write(index, state)
                return
            room = _CHANGED * opened.index.count - opened.changed - len(taken)
            few: list[Change] = []
            while room >= 0 and (next_one := next(batches, None)):
                few.append(next_one)
                room -= len(next_one.ids)
            if room >= 0:
                self._append(opened, _joined(taken, few, opened.index.dimensions), state)
                return
            Change(taken, NONE, NONE).apply(opened.index)
            for change in _gathered(chain(few, batches), opened.index.dimensions):
                change.apply(opened.index)  # between two of them other threads search
            self._write(opened.index, state)
        except BaseException:
            self._signature = None  # what is in memory may be ahead of the file
            raise

    def _embedded(self, passages: Iterable[Passage]) -> Iterator[Change]:
        left = iter(passages)
        while batch := list(islice(left, self.embedder.batch)):
            vectors = self.embedder.passages([passage.searched for passage in batch])
            yield Change(NONE, np.array([passage.id for passage in batch], dtype=np.int64), vectors)

    def _append(self, opened: Opened, change: Change, state: IndexState) -> None:
        end = dense_file.append(self.path, opened.end, change, state)
        change.apply(opened.index)
        changed = opened.changed + len(change.removed) + len(change.ids)
        self._opened, self._signature = Opened(state, opened.index, end, changed), signature(self.path)

    def _write(self, index: VectorCodes, state: IndexState) -> None:
        index.compact()
        end = dense_file.write(self.path, index, state)
        self._opened, self._signature = Opened(state, index, end, 0), signature(self.path)

    def needs_rebuild(self, removed: int) -> bool:
        """False: what is taken out of it leaves no trace."""
        return False

    def cosines(self, question: Question, ids: Sequence[int]) -> list[float]:
        """The cosines of the question and these passages; 0 for one that the index does not hold yet."""
        return self._opened.index.products(self._vector(question), ids).tolist() if self._opened else [0.0] * len(ids)

    def _vector(self, question: Question) -> np.ndarray:
        """Of the question, shape (dimensions,); that of the last one is kept, since it is needed twice."""
        asked = self._asked
        if asked is None or asked[0] != question.text:
            asked = self._asked = question.text, self.embedder.questions([question.text])[0]
        return asked[1]

    def search(self, question: Question, k: int, within: Within = None) -> list[tuple[int, float]]:
        vector = self._vector(question)
        if self._opened is None or not vector.any():
            return []
        ids, products = self._opened.index.search(vector[None], k, within)
        return list(zip(ids.tolist(), products.tolist(), strict=True))


def _gathered(batches: Iterable[Change], dimensions: int) -> Iterator[Change]:
    """What is added, at least _AT_ONCE passages at once: the ids of all are copied each time."""
    few: list[Change] = []
    for batch in batches:
        few.append(batch)
        if sum(len(one.ids) for one in few) >= _AT_ONCE:
            yield _joined(NONE, few, dimensions)
            few = []
    yield _joined(NONE, few, dimensions)


def _joined(removed: np.ndarray, batches: Sequence[Change], dimensions: int) -> Change:
    """One change out of several."""
    ids = [batch.ids for batch in batches]
    vectors = [batch.vectors for batch in batches]
    empty = np.zeros((0, dimensions), np.float32)
    return Change(removed, np.concatenate((NONE, *ids)), np.concatenate((empty, *vectors)))
