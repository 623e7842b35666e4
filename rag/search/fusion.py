"""One list of candidates out of two rankings."""

from __future__ import annotations

from collections.abc import Sequence

DENSE_WEIGHT, DENSE_WEIGHT_TRANSLATED = 0.25, 1.0
"""Of the dense leg against the lexical leg's 1, for Arabic questions and for translated ones; chosen on `arcd-train` and
`english` of `python -m benchmarks.search`."""

Ranking = Sequence[tuple[int, float]]
"""Passage ids with scores, best first."""


def fuse(lexical: Ranking, dense: Ranking, dense_weight: float) -> list[tuple[int, float]]:
    """(id, score in [0, 1]) of both rankings' ids, best first: a weighted sum of scores normalised within each leg.

    What a leg did not find counts 0 there; a leg that found nothing has no weight. Ties go to the lower id.
    """
    of_lexical, of_dense = from_zero(lexical), from_worst(dense)
    weighted = [(leg, weight) for leg, weight in ((of_lexical, 1.0), (of_dense, dense_weight)) if leg]
    total = sum(weight for _, weight in weighted)
    sums: dict[int, float] = {}
    for leg, weight in weighted:
        for id_, score in leg.items():
            sums[id_] = sums.get(id_, 0.0) + weight * score
    return sorted(((id_, score / total) for id_, score in sums.items()), key=lambda item: (-item[1], item[0]))


def from_zero(hits: Ranking) -> dict[int, float]:
    """Each score as a share of the best one."""
    return {id_: score / hits[0][1] for id_, score in hits}


def from_worst(hits: Ranking) -> dict[int, float]:
    """Each score's place between the worst one (0) and the best (1); 1 where all are the same."""
    if not hits:
        return {}
    low, span = hits[-1][1], hits[0][1] - hits[-1][1]
    return {id_: (score - low) / span if span > 0 else 1.0 for id_, score in hits}
