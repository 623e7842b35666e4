"""What a passage takes in bytes and time, measured here, and what up to 10⁹ of them would take, worked out from that.

    python -m benchmarks.sizing --data ../shared/data [--passages 60000] [--served 10000] [--home HOME]

Measured: at least so many passages of SaudiNewsNet in a library, in the embedded engine and, fewer of them, on a milvus-lite
server; --home takes the bytes of the library and the indexes of a home that one has. Worked out: what Milvus Distributed would
take of them. That was not run; its formulae name their sources, and what they leave out, docs/cluster.md says.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import faiss
import numpy as np

from benchmarks.corpus import articles
from benchmarks.milvus_lite import MilvusLite
from benchmarks.processes import size
from datasets.news import article
from rag import wiring
from rag.library import Library
from rag.search.catch_up import catch_up
from rag.search.dense import DenseIndex
from rag.search.lexical import LexicalIndex
from rag.search.milvus import rows as milvus_rows
from rag.search.milvus.collection import MilvusCollection
from rag.search.milvus.server import MilvusServer

SIZES = tuple(10**power for power in range(5, 10))
_BATCH = 500
"""Articles, as `rag index` adds them."""
FLOAT, HALF = 4, 2
LINK = 4
"""Bytes of a link of a graph; a vector has 2 M of them on HNSW's lowest level (milvus.io/docs/index-explained.md: 32 links of 4
bytes, and the vector). The levels above hold one in M, and are left out."""
ENTRY = 8
"""Bytes of a gram of a sparse vector: its number, 4, and its value, 4 (pymilvus, `sparse_float_row_to_bytes`). A posting holds
as much: the passage's number and the value."""
KEYS = 24
"""Of a row: its id, and the row's number and time that Milvus adds."""
PQ_SHARE, CACHE_SHARE, DEGREE, SECTOR = 0.125, 0.10, 56, 4096
"""DISKANN as it is set by default: the codes and the cache in memory, as shares of the vectors' bytes, and the links of a
vector (milvus.io/docs/diskann.md); a vector and its links lie together, as many as fit a sector of the disk."""
FULL = 0.9
"""A query node takes no more when so much of its memory is in use (queryCoord.overloadedMemoryThresholdPercentage)."""
NODE = 64_000_000_000
SEGMENT = 1024 << 20
"""dataCoord.segment.maxSize as it is set by default."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one passage: bytes, grams, and the passages of a second; seconds of one core for its place in the graph."""

    passages: int
    dimensions: int
    library: float
    lexical: float
    dense: float
    served: float
    text: float
    scalars: float
    grams: float
    distinct: float
    library_rate: float
    embedded_rate: float
    rows_rate: float
    served_rate: float
    graph_seconds: float


@dataclass(frozen=True, slots=True)
class Sized:
    """Worked out for so many passages: bytes and hours. loaded, mapped, diskann: the memory of all query nodes together."""

    passages: int
    library: float
    embedded: float
    vectors: float
    half: float
    sparse: float
    loaded: float
    mapped: float
    diskann: float
    node_disk: float
    stored: float
    segments: float
    library_hours: float
    rows_hours: float
    graph_hours: float

    @property
    def nodes(self) -> tuple[int, ...]:
        """Query nodes of 64 GB for one replica: all in memory, texts mapped, DISKANN."""
        return tuple(max(1, -int(-need // NODE)) for need in (self.loaded, self.mapped, self.diskann))


def hnsw(dimensions: int, m: int = milvus_rows.M) -> int:
    """Bytes of a vector in HNSW: itself, and its links."""
    return FLOAT * dimensions + 2 * m * LINK


def diskann_memory(dimensions: int) -> float:
    """Bytes of memory of a vector in DISKANN."""
    return FLOAT * dimensions * (PQ_SHARE + CACHE_SHARE)


def diskann_disk(dimensions: int) -> float:
    """Bytes of a query node's disk of a vector in DISKANN: whole sectors."""
    together = FLOAT * dimensions + (DEGREE + 1) * LINK
    return SECTOR / (SECTOR // together) if together <= SECTOR else SECTOR * -(-together // SECTOR)


def sized(of: Measured, passages: int) -> Sized:
    """What so many passages like those that were measured would take."""
    vector, sparse = FLOAT * of.dimensions, ENTRY * of.distinct
    row = vector + sparse + of.text + of.scalars + KEYS
    resident = sparse + KEYS
    hours = passages / 3600
    return Sized(
        passages=passages,
        library=passages * of.library,
        embedded=passages * (of.lexical + of.dense),
        vectors=passages * vector,
        half=passages * HALF * of.dimensions,
        sparse=passages * sparse,
        loaded=passages * (hnsw(of.dimensions) + resident + of.text + of.scalars) / FULL,
        mapped=passages * (hnsw(of.dimensions) + resident) / FULL,
        diskann=passages * (diskann_memory(of.dimensions) + resident) / FULL,
        node_disk=passages * (diskann_disk(of.dimensions) + of.text + of.scalars),
        stored=passages * (row + hnsw(of.dimensions) + sparse),
        segments=max(1.0, passages * row / SEGMENT),
        library_hours=hours / of.library_rate,
        rows_hours=hours / of.rows_rate,
        graph_hours=hours * of.graph_seconds,
    )


def measure(data: Path, count: int, served: int, home: Path | None = None) -> Measured:
    """Fills a library and both engines; home: where the bytes of the files are taken from instead."""
    embedder = wiring.shipped_embedder()
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        with Library(index / "library.sqlite") as library:
            library_seconds = _timed(lambda: _fill(library, data, count))
            every = list(library.passages_between(0, library.state[1]))
            legs = LexicalIndex(index / "lexical"), DenseIndex(index / "vectors.faiss", embedder)
            embedded_seconds = _timed(lambda: [catch_up(leg, library) for leg in legs])
        some = every[:served]
        rows_seconds = _timed(lambda: sum(map(len, milvus_rows.batches(some, embedder))))
        graph_seconds = _graph(embedder.passages([passage.searched for passage in some]))
        with Library(Path(folder) / "served" / "library.sqlite") as library:
            _fill(library, data, served)
            served_count = library.count()[1]
            served_bytes, served_seconds = _served(library, Path(folder) / "milvus")
        bags = milvus_rows.counted(every)
        library_bytes, lexical, dense = _weighed(home / "index" if home else index)
        return Measured(
            passages=len(every),
            dimensions=embedder.passages([""]).shape[1],
            library=library_bytes,
            lexical=lexical,
            dense=dense,
            served=served_bytes / served_count,
            text=_mean(len(milvus_rows.token(grams).encode()) for grams in milvus_rows.grams_of(every)),
            scalars=_mean(len(f"{passage.source}{passage.date or ''}".encode()) for passage in every),
            grams=_mean(bag.total() for bag in bags),
            distinct=_mean(map(len, bags)),
            library_rate=len(every) / library_seconds,
            embedded_rate=len(every) / embedded_seconds,
            rows_rate=len(some) / rows_seconds,
            served_rate=served_count / served_seconds,
            graph_seconds=graph_seconds,
        )


def _weighed(index: Path) -> tuple[float, float, float]:
    """Bytes a passage of the library, the lexical and the dense index in a folder; it is opened to be read only."""
    with closing(sqlite3.connect(f"{(index / 'library.sqlite').as_uri()}?mode=ro", uri=True)) as db:
        ((held,),) = db.execute("SELECT count(*) FROM passages")
    files = (index / "library.sqlite").stat().st_size, size(index / "lexical"), (index / "vectors.faiss").stat().st_size
    return files[0] / held, files[1] / held, files[2] / held


def _fill(library: Library, data: Path, count: int) -> None:
    """Adds articles of the news until there are at least so many passages."""
    left = map(article, articles(data))
    while library.count()[1] < count:
        library.add(islice(left, _BATCH))


def _served(library: Library, folder: Path) -> tuple[int, float]:
    """The bytes on the disk of a milvus-lite server that follows the library, and the seconds until it did."""
    server = MilvusLite(folder)
    try:
        server.start()
        collection = MilvusCollection(library, wiring.shipped_embedder(), MilvusServer(server.url, ""))
        began = time.perf_counter()
        catch_up(collection, library)
        collection.show()
        seconds = time.perf_counter() - began
        collection.server.ask("flush", collection.written)
        return size(folder), seconds
    finally:
        server.kill()


def _graph(vectors: np.ndarray) -> float:
    """Seconds of one core to build HNSW as the collection's schema sets it, for each vector; in FAISS, whose like Milvus has."""
    graph = faiss.IndexHNSWFlat(vectors.shape[1], milvus_rows.M, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = milvus_rows.EF_CONSTRUCTION
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return _timed(lambda: graph.add(vectors)) / len(vectors)
    finally:
        faiss.omp_set_num_threads(threads)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _mean(numbers: Iterable[int]) -> float:
    found = list(numbers)
    return sum(found) / len(found)


def told(count: float) -> str:
    """Bytes in three digits: 17.2 GB, 1.72 TB."""
    power = next((power for power in range(5) if count < 999.5 * 1000**power), 5)
    return f"{count / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"


def lasting(hours: float) -> str:
    """Hours for people: 36 s, 6 min, 10 h, 4.2 days."""
    for unit, many in (("s", 3600), ("min", 60), ("h", 1)):
        if hours * many < (72 if many == 1 else 100):
            return f"{hours * many:.2g} {unit}"
    return f"{hours / 24:.2g} days"


_MEASURED = {
    "dimensions": "dimensions of the shipped embedder",
    "library": "library.sqlite, bytes",
    "lexical": "embedded engine, lexical index, bytes",
    "dense": "embedded engine, dense index, bytes",
    "served": "milvus-lite's folder, bytes (its files are compressed)",
    "text": "the grams as text, as they are sent, bytes",
    "scalars": "source and date, bytes",
    "grams": "grams",
    "distinct": "distinct grams",
    "library_rate": "passages a second into the library, splitting and near-duplicates included",
    "embedded_rate": "passages a second into both indexes, one after the other",
    "rows_rate": "passages a second made into rows, with grams and vector, and not sent",
    "served_rate": "passages a second into milvus-lite, rows included, on the same machine",
    "graph_seconds": "seconds of one core for a vector's place in HNSW (M 16, efConstruction 256), of so many as are served",
}

_WEIGHTS = (
    "passages",
    "library",
    "embedded engine",
    "vectors fp32",
    "fp16",
    "BM25",
    "object storage",
    "segments of 1 GB",
)
_SERVERS = (
    "passages",
    "memory, all of it, nodes of 64 GB",
    "texts mapped",
    "DISKANN",
    "disk of the nodes, texts and DISKANN",
    "into the library",
    "into rows, one process",
    "graphs, one core",
)


def lines(of: Measured) -> list[str]:
    """What was measured and what is worked out from it, tables in Markdown."""
    found = [f"| measured over {of.passages:,} passages, of one | |", "|---|---|"]
    found += [f"| {about} | {getattr(of, name):.4g} |" for name, about in _MEASURED.items()]
    rows = [sized(of, count) for count in SIZES]
    weights = [
        [
            f"{row.passages:,}",
            *map(told, (row.library, row.embedded, row.vectors, row.half, row.sparse, row.stored)),
            f"{row.segments:,.0f}",
        ]
        for row in rows
    ]
    servers = [
        [
            f"{row.passages:,}",
            *(
                f"{told(need)}, {nodes}"
                for need, nodes in zip((row.loaded, row.mapped, row.diskann), row.nodes, strict=True)
            ),
            told(row.node_disk),
            *map(lasting, (row.library_hours, row.rows_hours, row.graph_hours)),
        ]
        for row in rows
    ]
    return [*found, *_table(_WEIGHTS, weights), *_table(_SERVERS, servers)]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["", *(f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows))]


def main() -> None:
    """Reads the arguments, measures, and prints three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the news")
    parser.add_argument(
        "--passages", type=int, default=60_000, help="more than are compared one by one, so that lists are made"
    )
    parser.add_argument("--served", type=int, default=10_000, help="passages for the milvus-lite server")
    parser.add_argument("--home", type=Path, help="a home whose library and indexes are weighed instead")
    given = parser.parse_args()
    if given.home and not (given.home / "index" / "library.sqlite").is_file():
        parser.error(f"{given.home} has no index/library.sqlite")
    print("\n".join(lines(measure(given.data, given.passages, given.served, given.home))))


if __name__ == "__main__":
    main()
