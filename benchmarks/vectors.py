"""The dense leg's index against comparing every vector: time for a question, and how many of the exact best it finds.

    python -m benchmarks.vectors --data ../shared/data [--passages 20000 50000 114000]

The passages are those of SaudiNewsNet, the questions those of ARCD.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

import faiss
import numpy as np

from rag import wiring
from rag.evaluate.metrics import percentile
from rag.library.splitting import passages
from rag.search.leg import Stamp
from rag.search.query import Query
from rag.search.vectors import VectorIndex
from rag.types import Passage
from training.pairs import rows

K = 100


def main() -> None:
    """Reads the arguments and prints a line for each number of passages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the news and of ARCD")
    parser.add_argument("--passages", type=int, nargs="+", default=[20_000, 50_000, 113_000])
    arguments = parser.parse_args()
    texts = (
        row["text"][a:b] for row in rows(arguments.data / "saudinewsnet.jsonl.zst") for a, b in passages(row["text"])
    )
    listed = [Passage(i, "", 0, len(text), text) for i, text in enumerate(islice(texts, max(arguments.passages)), 1)]
    embedder = wiring.shipped_embedder()
    asked = [Query(row["question"], ()) for row in rows(arguments.data / "arcd.jsonl")]
    vectors = embedder.passages([passage.text for passage in listed])
    for count in arguments.passages:
        exact = faiss.IndexFlatIP(vectors.shape[1])
        exact.add(vectors[:count])
        with tempfile.TemporaryDirectory() as folder:
            index = VectorIndex(Path(folder) / "vectors.faiss", embedder)
            began = time.perf_counter()
            index.update(listed[:count], [], Stamp("", 0, count, embedder.name), fresh=True)
            built = time.perf_counter() - began
            times, plain, shares = [], [], []
            for query in asked:
                began = time.perf_counter()
                found = [id_ for id_, _ in index.search(query, K)]
                times.append(1000 * (time.perf_counter() - began))
                vector = embedder.questions([query.text])
                began = time.perf_counter()
                best = (exact.search(vector, K)[1][0] + 1).tolist()
                plain.append(1000 * (time.perf_counter() - began))
                shares.append([len({*found[:k]} & {*best[:k]}) / k for k in (10, K)])
            recall = np.mean(shares, axis=0)
            print(
                f"{count:9,} passages  recall@10 {recall[0]:.3f}  recall@100 {recall[1]:.3f}  p50 {percentile(times, 0.5):.2f} ms, "
                f"exact {percentile(plain, 0.5):.2f} ms  {count / built:,.0f} passages/s  {index.path.stat().st_size / 1e6:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
