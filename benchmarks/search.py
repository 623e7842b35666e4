"""Search alone over Arabic reading sets: each leg, weights of the dense leg, lengths of the grams.

    python -m benchmarks.search --data ../shared/data [--sets arcd-train arcd-test mlqa-dev] [--grams 3 4 5]

Every context of a set is an article; a passage is right if it lies in the question's context and holds an accepted answer.
Weights and grams are chosen on ARCD train; the other sets are for measuring.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rag import wiring
from rag.arabic import find, words
from rag.evaluate.metrics import ndcg_at, percentile, reciprocal_rank, success_at
from rag.search import fusion
from rag.search.retriever import CANDIDATES, Retriever
from rag.settings import load_settings
from rag.types import Article

WEIGHTS = (0.1, 0.25, 0.5, 1.0)
SETS = {
    "arcd-train": ("arcd.jsonl", "train"),
    "arcd-test": ("arcd.jsonl", "test"),
    "mlqa-dev": ("mlqa_ar_dev.jsonl", None),
}
Ranking = Callable[[str], Sequence[tuple[int, float]]]


def rankings(retriever: Retriever) -> dict[str, Ranking]:
    """Name → the ranking of passage ids that it gives a question."""

    def fused(weight: float) -> Ranking:
        def rank(question: str) -> Sequence[tuple[int, float]]:
            fusion.DENSE_WEIGHT = weight
            return fusion.fuse(
                retriever.lexical.search(question, CANDIDATES), retriever.dense.search(question, CANDIDATES)
            )

        return rank

    legs: dict[str, Ranking] = {
        "lexical": lambda question: retriever.lexical.search(question, CANDIDATES),
        "dense": lambda question: retriever.dense.search(question, CANDIDATES),
    }
    return legs | {f"fused, dense {weight}": fused(weight) for weight in WEIGHTS}


def measure(data: Path, name: str) -> None:
    """Prints a line for each ranking."""
    file, split = SETS[name]
    rows = [row for row in map(json.loads, (data / file).open(encoding="utf-8")) if split in (None, row["split"])]
    contexts = {context: str(i) for i, context in enumerate(dict.fromkeys(row["context"] for row in rows))}
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        with wiring.open_library(settings) as library:
            library.add(Article(id_, context) for context, id_ in contexts.items())
            retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
            retriever.catch_up()
            right = []
            for row in rows:
                of_context = library.passages_of(contexts[row["context"]])
                right.append(
                    {
                        p.id
                        for p in of_context
                        if any(find(a["text"], p.text) or a["text"] in p.text for a in row["answers"])
                    }
                )
            print(f"{name}: {len(rows)} questions over {len(contexts)} contexts, {library.count()[1]} passages")
            for title, rank in rankings(retriever).items():
                scores, times = [], []
                for row, ids in zip(rows, right, strict=True):
                    began = time.perf_counter()
                    found = rank(row["question"])
                    times.append(1000 * (time.perf_counter() - began))
                    truth = [id_ in ids for id_, _ in found[:10]]
                    scores.append(
                        (
                            ndcg_at(10, truth, len(ids)),
                            success_at(1, truth),
                            success_at(10, truth),
                            reciprocal_rank(truth),
                        )
                    )
                mean = [sum(column) / len(scores) for column in zip(*scores, strict=True)]
                figures = f"nDCG@10 {mean[0]:.3f}  R@1 {mean[1]:.3f}  R@10 {mean[2]:.3f}  MRR {mean[3]:.3f}"
                print(f"  {title:18} {figures}  p50 {percentile(times, 0.5):.2f} ms")


def main() -> None:
    """Reads the arguments and measures each set with each length of grams."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["arcd-train"])
    parser.add_argument("--grams", nargs="+", type=int, default=[words.GRAM])
    arguments = parser.parse_args()
    for length in arguments.grams:
        words.GRAM = length
        print(f"grams of {length}")
        for name in arguments.sets:
            measure(arguments.data, name)


if __name__ == "__main__":
    main()
