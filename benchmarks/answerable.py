"""Whether answerable questions are told from others: ARCD test, each asked as it is, and with what answers it taken away.

    python -m benchmarks.answerable --data ../shared/data

"Taken away" is the passage that a question was asked of, and whatever else holds its answer's words; the rest of its article stays.
Prints the area under the curve of the probability that there is an answer, and what thresholds would refuse and let through.
RAG_READER=off measures without the reader.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from datasets.reading import arcd, contexts
from rag import wiring
from rag.answer.sentence_scorer import SentenceScorer, answer_probability
from rag.arabic import find
from rag.evaluate.metrics import area_under_curve
from rag.settings import load_settings

_FOUND = 30
_THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def main() -> None:
    """Indexes the contexts in a throw-away library, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    asked = arcd(given.data, "test")
    article_of = contexts(asked)
    own, rest = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home, embedder="", reranker="")
        with wiring.open_library(settings) as library:
            library.add(article_of.values())
            embedder = wiring.shipped_embedder()
            retriever = wiring.open_retriever(settings, library, embedder)
            reader = wiring.shipped_reader if settings.reader else None
            scorer = SentenceScorer(retriever.engine.idf, embedder, reader)
            for one in asked:
                question = wiring.shipped_parser().parse(one.question)
                hits = retriever.search(question, _FOUND)
                left = [
                    hit
                    for hit in hits
                    if hit.passage.article != article_of[one.context].id
                    and not any(find(answer, hit.passage.text) for answer in one.answers)
                ]
                weights = scorer.weights_for(question)
                for found, probabilities in ((hits, own), (left, rest)):
                    probabilities.append(answer_probability(scorer.score(question, found), weights))
    print(f"{len(asked)} questions; area under the curve {area_under_curve(own, rest):.3f}")
    for threshold in _THRESHOLDS:
        refused = sum(p < threshold for p in own) / len(own)
        through = sum(p >= threshold for p in rest) / len(rest)
        print(f"  from {threshold}: refused {refused:.3f}, let through {through:.3f}")


if __name__ == "__main__":
    main()
