"""Search alone over reading sets: the product, each leg and combination, and rivals on the same passages.

    python -m benchmarks.search --data ../shared/data [--sets arcd-test mlqa-dev arcd-news english] [--rivals] [--models NAME…]

Each context of a set is an article, each system ranks the passages that the product makes of them, and an article counts
where its first passage stands; right is the article that the question was asked of. ARCD train and `english` are for
choosing, the other sets for measuring; datasets/reading.py says what each is.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import rivals
from datasets.reading import SETS, ReadingSet, load
from rag import wiring
from rag.evaluate.metrics import ndcg_at, percentile, reciprocal_rank, success_at
from rag.library import Library
from rag.search.fusion import fuse
from rag.search.local_engine import LocalEngine
from rag.search.retriever import CANDIDATES, RERANKED, Retriever
from rag.settings import load_settings

WEIGHTS = (0.1, 0.25, 0.5, 1.0)
_BATCH = 2000


def ours(retriever: Retriever) -> dict[str, rivals.Search]:
    """The product and its parts: name → ids of passages for a question."""
    parse, engine = wiring.shipped_parser().parse, retriever.engine
    assert isinstance(engine, LocalEngine), "only the local engine's parts can be asked one by one"

    def lexical(question: str) -> list[tuple[int, float]]:
        return engine.lexical.search(parse(question), CANDIDATES)

    def dense(question: str) -> list[tuple[int, float]]:
        return engine.dense.search(parse(question), CANDIDATES)

    def fused(weight: float) -> rivals.Search:
        return lambda question: [id_ for id_, _ in fuse(lexical(question), dense(question), weight)]

    return {
        "lexical leg": lambda question: [id_ for id_, _ in lexical(question)],
        "dense leg": lambda question: [id_ for id_, _ in dense(question)],
        **{f"both, fused, dense {weight}": fused(weight) for weight in WEIGHTS},
        "the product (both, reranked)": lambda question: [
            h.passage.id for h in retriever.search(parse(question), RERANKED)
        ],
    }


def measure(title: str, search: rivals.Search, asked: ReadingSet, article_of: dict[int, str]) -> None:
    """Prints a line: the figures of one system."""
    scores, times = [], []
    for question, gold in asked.questions:
        began = time.perf_counter()
        found = search(question)
        times.append(1000 * (time.perf_counter() - began))
        truth = [article == gold for article in dict.fromkeys(article_of[id_] for id_ in found)][:10]
        scores.append((ndcg_at(10, truth, 1), success_at(1, truth), success_at(10, truth), reciprocal_rank(truth)))
    mean = [sum(column) / len(scores) for column in zip(*scores, strict=True)]
    figures = "  ".join(
        f"{name} {value:.3f}" for name, value in zip(("nDCG@10", "R@1", "R@10", "MRR"), mean, strict=True)
    )
    print(
        f"  {title:30} {figures}  p50 {percentile(times, 0.5):.2f} ms, p95 {percentile(times, 0.95):.2f} ms", flush=True
    )


def compare(asked: ReadingSet, with_rivals: bool, models: Sequence[str]) -> None:
    """Prints a line for each system over one set."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        settings = load_settings(home=home)
        library = stack.enter_context(wiring.open_library(settings))
        began = time.perf_counter()
        for i in range(0, len(asked.articles), _BATCH):
            library.add(asked.articles[i : i + _BATCH])
        split = time.perf_counter()
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        retriever.catch_up()
        indexed = time.perf_counter()
        count = library.count()[1]
        print(
            f"{len(asked.questions)} questions, {len(asked.articles):,} articles, {count:,} passages; "
            f"{count / (split - began):,.0f} passages/s into the library, {count / (indexed - split):,.0f} into both indexes"
        )
        texts = _texts(library)
        article_of = {id_: article for id_, (article, _) in texts.items()}
        systems = ours(retriever)
        if with_rivals:
            systems |= rivals.open_all(stack, {id_: text for id_, (_, text) in texts.items()}, CANDIDATES)
        systems |= {
            name: rivals.transformer(name, {i: text for i, (_, text) in texts.items()}, CANDIDATES) for name in models
        }
        for title, search in systems.items():
            measure(title, search, asked, article_of)


def _texts(library: Library) -> dict[int, tuple[str, str]]:
    """Passage id → its article and text."""
    return {p.id: (p.article, p.text) for p in library.passages_between(0, library.state[1])}


def main() -> None:
    """Reads the arguments and compares on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the reading sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["arcd-train"])
    parser.add_argument("--rivals", action="store_true", help="BM25 over words and stems, and a PostgreSQL server")
    parser.add_argument("--models", nargs="*", default=[], help="sentence-transformers models on this machine")
    arguments = parser.parse_args()
    for name in arguments.sets:
        print(f"{name}: ", end="")
        compare(load(arguments.data, name), arguments.rivals, arguments.models)


if __name__ == "__main__":
    main()
