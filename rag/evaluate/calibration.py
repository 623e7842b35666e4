"""Whether answers are as often right as their confidence says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluate.run import Result

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence: from `low` on, their number, mean confidence, and share whose first three quotes hold an
    accepted answer."""

    low: float
    answers: int
    confidence: float
    right: float


def bins(results: Sequence[Result]) -> list[Bin]:
    """The answers in BINS bins of equal width, without the empty ones; what was refused has no confidence and is left out."""
    members: dict[int, list[tuple[float, bool]]] = {}
    for result in results:
        if result.answer is not None and result.answer.status != "abstained":
            confidence = result.answer.confidence
            right = result.scores.get("evidence@3") == 1
            members.setdefault(min(BINS - 1, int(BINS * confidence)), []).append((confidence, right))
    return [
        Bin(
            number / BINS,
            len(rows),
            sum(confidence for confidence, _ in rows) / len(rows),
            sum(right for _, right in rows) / len(rows),
        )
        for number, rows in sorted(members.items())
    ]


def expected_error(found: Sequence[Bin]) -> float:
    """The expected calibration error (Naeini et al. 2015): the mean distance of confidence and share right over all answers."""
    return sum(b.answers * abs(b.confidence - b.right) for b in found) / sum(b.answers for b in found)
