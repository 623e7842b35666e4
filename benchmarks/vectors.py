"""The dense leg's index against comparing every vector: time for a question, and how many of the exact best it finds.

    python -m benchmarks.vectors --data ../shared/data [--passages 20000 50000 113000]

The passages are at least so many of SaudiNewsNet, indexed as the product does it; the questions are those of ARCD.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import faiss
import numpy as np

from datasets.news import article, news
from datasets.reading import questions_of
from rag import wiring
from rag.evaluate.metrics import percentile
from rag.library import Library
from rag.query.question import Question
from rag.search.catch_up import catch_up
from rag.search.dense import DenseIndex
from rag.search.embedding import Embedder
from rag.types import Article

K = 100
KEPT = (10, K)
_BATCH, _AT_ONCE = 500, 4096


def compare(index: DenseIndex, library: Library, asked: list[Question]) -> str:
    """The figures of an index over a library."""
    began = time.perf_counter()
    catch_up(index, library)
    built = time.perf_counter() - began
    ids, plain_index = exact(index.embedder, library)
    times, plain, shares = [], [], []
    for query in asked:
        began = time.perf_counter()
        found = [id_ for id_, _ in index.search(query, K)]
        times.append(1000 * (time.perf_counter() - began))
        vector = index.embedder.questions([query.text])
        began = time.perf_counter()
        best = ids[plain_index.search(vector, K)[1][0]].tolist()
        plain.append(1000 * (time.perf_counter() - began))
        shares.append(_shares(found, best))
    average = np.mean(shares, axis=0)
    return (
        f"{len(ids):9,} passages  recall@10 {average[0]:.3f}  recall@100 {average[1]:.3f}  p50 {percentile(times, 0.5):.2f} ms, "
        f"exact {percentile(plain, 0.5):.2f} ms  {len(ids) / built:,.0f} passages/s  {index.path.stat().st_size / 1e6:.0f} MB"
    )


def recall(index: DenseIndex, library: Library, asked: Sequence[Question]) -> dict[int, float]:
    """How many of the exact best 10 and K passages an index finds, a mean over questions."""
    ids, plain = exact(index.embedder, library)
    vectors = index.embedder.questions([query.text for query in asked])
    best = ids[plain.search(vectors, K)[1]].tolist()
    found = [[id_ for id_, _ in index.search(query, K)] for query in asked]
    average = np.mean([_shares(one, other) for one, other in zip(found, best, strict=True)], axis=0)
    return dict(zip(KEPT, average.tolist(), strict=True))


def exact(embedder: Embedder, library: Library) -> tuple[np.ndarray, faiss.IndexFlatIP]:
    """The ids of all passages, and the index that compares every vector; it counts them in the order of the ids."""
    ids: list[int] = []
    plain = faiss.IndexFlatIP(embedder.questions([""]).shape[1])
    left = library.passages_between(0, library.state[1])
    while batch := list(islice(left, _AT_ONCE)):
        ids += [passage.id for passage in batch]
        plain.add(embedder.passages([passage.searched for passage in batch]))
    return np.array(ids), plain


def _shares(found: Sequence[int], best: Sequence[int]) -> list[float]:
    return [len({*found[:k]} & {*best[:k]}) / k for k in KEPT]


def _fill(library: Library, articles: Iterator[Article], count: int) -> None:
    while library.count()[1] < count and (batch := [row for row, _ in zip(articles, range(_BATCH), strict=False)]):
        library.add(batch)


def main() -> None:
    """Reads the arguments and prints a line for each number of passages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the news and of ARCD")
    parser.add_argument("--passages", type=int, nargs="+", default=[20_000, 50_000, 113_000])
    arguments = parser.parse_args()
    queries = [wiring.shipped_parser().parse(one.question) for one in questions_of(arguments.data / "arcd.jsonl")]
    for count in arguments.passages:
        with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
            _fill(library, map(article, news(arguments.data)), count)
            print(
                compare(DenseIndex(Path(folder) / "vectors.faiss", wiring.shipped_embedder()), library, queries),
                flush=True,
            )


if __name__ == "__main__":
    main()
