"""The product itself: `Retriever.search` over a home that `rag index` has filled, the library and the reranker included."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.pipelines.asking import FOUND, ask, say, task
from benchmarks.vectors import recall
from rag import wiring
from rag.search.local_engine import LocalEngine
from rag.settings import load_settings


def main() -> None:
    """Asks, then compares the dense leg with comparing every vector."""
    given = task()
    settings = load_settings(home=Path(given.folder))
    parse, began = wiring.shipped_parser().parse, time.perf_counter()
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        retriever.catch_up()
        assert isinstance(retriever.engine, LocalEngine), "the dense index is looked at by itself"
        say("opened", seconds=time.perf_counter() - began)
        questions = ask(lambda question: [hit.passage.id for hit in retriever.search(parse(question), FOUND)], given)
        say("recall", shares=recall(retriever.engine.dense, library, list(map(parse, questions))))


if __name__ == "__main__":
    main()
