"""From a question to its whole answer with the writer `quote`, among all articles of SaudiNewsNet: milliseconds, by step.

    python -m benchmarks.answers --data ../shared/data [--set arcd-news]

The questions are those of ARCD test, and as many for the statements of people whom the articles quote («ماذا قال …؟»).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from datasets.reading import SETS, load
from rag.answer.assistant import Assistant
from rag.arabic.rules.reported_speech import speaker
from rag.evaluate.metrics import percentile
from rag.settings import load_settings
from rag.wiring import open_assistant, open_library

_WARM = 20
_SPEAKERS = 200
_LONGEST_NAME = 3


def speakers(assistant: Assistant) -> list[str]:
    """Names of up to three words that sentences of the articles name as their speaker, each once."""
    found: dict[str, None] = {}
    for passage in assistant.library.passages_between(0, assistant.library.state[1]):
        name = speaker(passage.text)
        if 1 < len(name.split()) <= _LONGEST_NAME:
            found[name] = None
        if len(found) == _SPEAKERS:
            break
    return list(found)


def measure(title: str, assistant: Assistant, questions: Sequence[str]) -> None:
    """Asks every question once and prints the times of search and evidence, of writing, and of the whole answer."""
    for question in questions[:_WARM]:
        list(assistant.ask(assistant.parse(question)))
    timings = []
    for question in questions:
        *_, answer = assistant.ask(assistant.parse(question))
        timings.append(answer.timings)
    for step in ("search_ms", "write_ms", "total_ms"):
        values = [timing[step] for timing in timings]
        print(
            f"{title:10} {len(values):4} {step:9} p50 {percentile(values, 0.5):6.1f}  p95 {percentile(values, 0.95):6.1f}"
        )


def main() -> None:
    """Indexes the set in a throw-away library, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="arcd-news")
    given = parser.parse_args()
    asked = load(given.data, given.set)
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home, writer="quote")
        with open_library(settings) as library:
            library.add(asked.articles)
        assistant = open_assistant(settings)
        print(f"{assistant.library.count()[1]:,} passages")
        measure("ARCD", assistant, [question for question, *_ in asked.questions])
        measure("speakers", assistant, [f"ماذا قال {name}؟" for name in speakers(assistant)])


if __name__ == "__main__":
    main()
