"""The collections of one library on a Milvus server: the one that is searched, by its alias, and one that is being built.

A collection follows the library as an embedded index does (`rag.search.catch_up`): its properties carry the stamp. One of another
embedder or version is built anew beside the one that is searched, and the alias is switched when it is whole.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rag.errors import IndexDamaged
from rag.library import Library
from rag.search.embedding import Embedder
from rag.search.index_state import IndexState
from rag.search.milvus import MARK
from rag.search.milvus import rows as milvus_rows
from rag.search.milvus.server import MilvusServer
from rag.types import Passage

_STATE = "rag.state"
"""The property that holds the state."""
_MANY = 1000
"""Passages, after which milvus-lite is told to write its files: what it holds in memory it indexes for each question anew."""
_DELETED = 10_000
"""Ids in one call."""


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What a collection says of itself. rows: that it holds; None while it is written. added, grams: the passages that were
    ever put in and their grams, for the mean length. trail: the library's, at that state."""

    stamp: IndexState
    rows: int | None
    added: int
    grams: int
    trail: tuple[int, str, int]

    @staticmethod
    def from_json(text: str) -> CollectionState | None:
        """None where it is not what `asdict` gave."""
        try:
            row = json.loads(text)
            highest, digest, removed = row["trail"]
            rows, added, grams = row["rows"], int(row["added"]), int(row["grams"])
            return CollectionState(IndexState.from_json(row["stamp"]), rows, added, grams, (highest, digest, removed))
        except (KeyError, TypeError, ValueError, IndexDamaged):
            return None


class MilvusCollection:
    """An index of passages on a Milvus server. written: the collection's name, "" where there is none; kept: what it says of itself."""

    name = "milvus"
    first = 2048
    least_growth = 0.0

    def __init__(self, library: Library, embedder: Embedder, server: MilvusServer) -> None:
        self.library, self.embedder, self.server = library, embedder, server
        self.alias = f"rag_{library.id}"
        self.made_with = f"milvus {milvus_rows.VERSION}, {embedder.name}"
        self.written = ""
        self.kept: CollectionState | None = None
        self._put = 0

    def state(self) -> IndexState | None:
        """The state of the collection that is searched, or else of one that was being built with the same embedder and version."""
        shown, states = self._shown(), {name: self._read(name) for name in self._names()}
        usable = [name for name, state in states.items() if state and state.stamp.made_with == self.made_with]
        self.written = max(usable, key=lambda name: (name == shown, name), default=shown)
        self.kept = kept = states.get(self.written)
        if not self.written:
            return None
        if kept is None:
            raise IndexDamaged(f"the collection {self.written} does not say what it holds")
        if kept.stamp.library == self.library.id and kept.stamp.generation <= self.library.generation:
            now = self.library.trail(kept.stamp.generation, kept.stamp.through)
            if _parted(kept.trail, now):
                raise IndexDamaged("it is of a copy of the library that has gone another way")
        if kept.rows is not None and (rows := self._count()) != kept.rows:
            raise IndexDamaged(f"it holds {rows:,} passages, of {kept.rows:,} that were put in")
        return kept.stamp

    def idle_state(self) -> IndexState | None:
        """As `state`: who writes has the lock."""
        return self.state()

    def update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        if fresh:
            self._begin()
        elif self.kept:
            self._keep(self.kept.stamp, None)
        for start in range(0, len(removed), _DELETED):
            self.server.ask("delete", self.written, ids=list(removed[start : start + _DELETED]))
        count = grams = 0
        for rows in milvus_rows.batches(added, self.embedder):
            self.server.ask("upsert", self.written, rows)
            count += len(rows)
            self._put += len(rows)
            grams += sum(row[milvus_rows.GRAMS].count(" ") + 1 for row in rows)
        self._keep(state, self._count(), count, grams)

    def needs_rebuild(self, removed: int) -> bool:
        """False: the server clears away what is taken out."""
        return False

    def is_shown(self) -> bool:
        """Whether what was written last is what is searched."""
        return bool(self.written) and self._shown() == self.written

    def show(self) -> None:
        """Has the alias stand for the collection that was written, and drops the others."""
        if not self.written:
            return
        if self._put >= _MANY and milvus_rows.is_lite(self.server.ask("get_server_version")):
            self.server.ask("flush", self.written)
        self._put = 0
        shown = self._shown()
        if shown != self.written:
            self._load()
            self.server.ask("alter_alias" if shown else "create_alias", self.written, self.alias)
        for name in self._names():
            if name != self.written:
                self.server.ask("drop_collection", name)
        mark, said = self.library.path.with_name(MARK), f"{self.alias} at {self.server.url}\n"
        if not mark.is_file() or mark.read_text(encoding="utf-8") != said:
            mark.write_text(said, encoding="utf-8")

    def lacks(self) -> str:
        """What is wrong with the number of its passages, where the library has not moved on; "" for nothing."""
        if self.kept is None or self.kept.stamp.generation != self.library.generation:
            return ""
        rows, wanted = self._count(), self.library.count()[1]
        return "" if rows == wanted else f"the collection {self.written} held {rows:,} passages, the library {wanted:,}"

    def disown(self) -> None:
        """Has the collection say nothing any more, so that another one is built beside it."""
        self.server.ask("alter_collection_properties", self.written, properties={_STATE: ""})

    def discard(self) -> None:
        """Drops all collections of the library."""
        if self._shown():
            self.server.ask("drop_alias", self.alias)
        for name in self._names():
            self.server.ask("drop_collection", name)
        self.library.path.with_name(MARK).unlink(missing_ok=True)
        self.written, self.kept = "", None

    def _names(self) -> list[str]:
        return [name for name in self.server.ask("list_collections") if name.startswith(f"{self.alias}_")]

    def _shown(self) -> str:
        """The collection that the alias stands for; "" where there is none."""
        for name in self._names():
            if self.alias in self.server.ask("list_aliases", name)["aliases"]:
                return name
        return ""

    def _read(self, name: str) -> CollectionState | None:
        return CollectionState.from_json(self.server.ask("describe_collection", name)["properties"].get(_STATE, ""))

    def _keep(self, state: IndexState, rows: int | None, added: int = 0, grams: int = 0) -> None:
        """Has the collection say what it holds."""
        before = (self.kept.added, self.kept.grams) if self.kept else (0, 0)
        trail = self.library.trail(state.generation, state.through)
        kept = CollectionState(state, rows, before[0] + added, before[1] + grams, trail)
        self.server.ask("alter_collection_properties", self.written, properties={_STATE: json.dumps(asdict(kept))})
        self.kept = kept

    def _begin(self) -> None:
        """An empty collection beside the one that is searched; what was left half built is dropped."""
        shown = self._shown()
        for name in self._names():
            if name != shown:
                self.server.ask("drop_collection", name)
        name = f"{self.alias}_{time.time_ns() // 1_000_000:x}"
        version, dimensions = self.server.ask("get_server_version"), self.embedder.passages([""]).shape[1]
        fields, indexes = milvus_rows.schema(self.server.client, dimensions, version)
        self.server.ask("create_collection", name, schema=fields, consistency_level="Bounded")
        self.server.ask("create_index", name, indexes, sync=False)  # of nothing, as yet
        self.written, self.kept = name, None

    def _count(self) -> int:
        """The passages that the collection holds, every write so far included."""
        self._load()
        row = self.server.ask("query", self.written, filter="", output_fields=["count(*)"], consistency_level="Strong")[
            0
        ]
        return int(row["count(*)"])

    def _load(self) -> None:
        """Has the server hold the collection ready to be searched; it is quick where it does."""
        self.server.ask("load_collection", self.written)


def _parted(held: tuple[int, str, int], now: tuple[int, str, int]) -> bool:
    """Whether two trails are of libraries that went different ways; an article that was removed since has no digest."""
    digests = {held[1], now[1]} - {""}
    return (held[0], held[2]) != (now[0], now[2]) or len(digests) > 1
