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
from rag.cli.terminal import print_figures
from rag.evaluate.report import failures, summary
from rag.evaluate.run import run
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
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home, writer="quote")
        with open_library(settings) as library:
            library.add(map(article, sample(given.data)))
        results = list(run(questions, open_assistant(settings), only_search=False))
    if given.failures:
        for name, wrong in failures(results).items():
            print(f"{name}:", *(result.example.question for result in wrong), sep="\n    ")
    print_figures(summary(results))


if __name__ == "__main__":
    main()
