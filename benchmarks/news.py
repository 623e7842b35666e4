"""What a journalist would get: questions that were written by hand over 300 articles of SaudiNewsNet, as many as two thirds of them
answered there, the others near misses (another person, place, year or number than the articles tell of).

    python -m benchmarks.news --data ../shared/data [--failures]

The articles are no training data. With the writer `quote`; RAG_READER=off measures without the reader.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from datasets.news import article, sample
from rag.arabic import find
from rag.evaluate.metrics import percentile
from rag.evaluate.testset import load
from rag.settings import load_settings
from rag.wiring import open_assistant, open_library

QUESTIONS = Path(__file__).resolve().parent.parent / "datasets" / "news_questions.jsonl"


def main() -> None:
    """Indexes the articles in a throw-away library, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--failures", action="store_true", help="print the questions that went wrong")
    given = parser.parse_args()
    questions, _ = load(QUESTIONS)
    counts = dict.fromkeys(
        ("evidence@1", "evidence@3", "answered", "hedged", "refused", "near answered", "near hedged"), 0
    )
    took = []
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home, writer="quote")
        with open_library(settings) as library:
            library.add(map(article, sample(given.data)))
        assistant = open_assistant(settings)
        for one in questions:
            *_, answer = assistant.ask(assistant.parse(one.question))
            took.append(answer.timings["total_ms"])
            quotes = [citation.quote for citation in answer.citations]
            right = [any(find(wanted, quote) for wanted in one.answers) for quote in quotes]
            outcome = {"answered": "answered", "nearest": "hedged", "abstained": "refused"}[answer.status]
            if one.answers:
                counts["evidence@1"] += any(right[:1])
                counts["evidence@3"] += any(right[:3])
                counts[outcome] += 1
                wrong = outcome == "refused" or not any(right[:1])
            else:
                wrong = outcome != "refused"
                counts["near answered"] += outcome == "answered"
                counts["near hedged"] += outcome == "hedged"
            if wrong and given.failures:
                print(f"{outcome} {answer.confidence:.2f}: {one.question}\n    {' | '.join(quotes)[:200]}")
    of = {True: sum(bool(one.answers) for one in questions), False: sum(not one.answers for one in questions)}
    for name, count in counts.items():
        total = of[not name.startswith("near")]
        print(f"{name:14} {count / total:.3f}  ({count} of {total})")
    print(f"ms: p50 {percentile(took, 0.5):.0f}, p95 {percentile(took, 0.95):.0f}")


if __name__ == "__main__":
    main()
