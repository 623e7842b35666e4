"""Precision and recall of "supported" over the hand-written claims of tests/data/citations.jsonl, by what they probe.

python -m benchmarks.citations

`test`: each is a test, too. `limit`: known to be judged wrongly. `held out`: written before, and never used for, changes of
the check; move them to `test` when others replace them. The last line is the time of a claim that cites none of six passages.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from pathlib import Path

from rag.answer.citations import cite
from rag.answer.verification import ClaimVerifier
from rag.query.translation import Translator
from rag.search.embedding import SHIPPED
from rag.types import Passage
from rag.wiring import shipped_embedder

CASES = Path(__file__).resolve().parent.parent / "tests" / "data" / "citations.jsonl"


def line(name: str, counted: Counter[tuple[str, str]]) -> str:
    """The right and wrong verdicts of some claims: (right verdict, verdict given) → how many."""
    right, missed = counted["supported", "supported"], counted["supported", "unsupported"]
    passed = counted["unsupported", "supported"]
    precision = right / (right + passed) if right + passed else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    total = sum(counted.values())
    return f"{name:22} {total:4} claims  precision {precision:.2f}  recall {recall:.2f}  wrong ones passed {passed}"


def main() -> None:
    """Prints a line for each use and for each thing probed."""
    rows = [json.loads(row) for row in CASES.read_text(encoding="utf-8").splitlines()]
    texts = {row["passage"]: row["text"] for row in rows if "text" in row}
    passages = {key: Passage(1, key, 0, len(text), text) for key, text in texts.items()}
    verifier = ClaimVerifier(shipped_embedder(), Translator(SHIPPED))
    by_use: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    by_probe: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    claims = [row for row in rows if "claim" in row]
    for row in claims:
        (citation,) = cite(f"{row['claim']} [1]", [passages[row["passage"]]], verifier)[1]
        by_use[row["use"]][row["verdict"], citation.verdict] += 1
        by_probe[row["probes"]][row["verdict"], citation.verdict] += 1
    for counters in (by_use, by_probe):
        for name, counted in sorted(counters.items()):
            print(line(name, counted))
        print()
    took = []
    for row in claims:
        six = [passages[row["passage"]], *(p for key, p in passages.items() if key != row["passage"])][:6][::-1]
        began = time.perf_counter()
        cite(row["claim"], six, verifier)
        took.append(1000 * (time.perf_counter() - began))
    print(f"{statistics.median(took):.1f} ms a claim over six passages (most {max(took):.1f})")


if __name__ == "__main__":
    main()
