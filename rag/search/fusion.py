"""One ranking out of two."""

from collections.abc import Sequence

DENSE_WEIGHT = 0.25
"""Of the dense leg against the lexical leg's 1; chosen on ARCD train (`python -m benchmarks.search`)."""


def fuse(lexical: Sequence[tuple[int, float]], dense: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """(id, score in [0, 1]) of both rankings' ids, best first: a weighted sum of scores normalised within each leg.

    A leg's best hit counts 1; the lexical scores are divided by the best one, the dense ones measured from the worst of
    those found. What a leg did not find counts 0 there; a leg that found nothing has no weight. Ties go to the lower id.
    """
    weighted = [
        (leg, weight) for leg, weight in ((_scaled(lexical, 0.0), 1.0), (_scaled(dense, None), DENSE_WEIGHT)) if leg
    ]
    total = sum(weight for _, weight in weighted)
    ids = {id_ for leg, _ in weighted for id_ in leg}
    scores = {id_: sum(weight * leg.get(id_, 0.0) for leg, weight in weighted) / total for id_ in ids}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _scaled(hits: Sequence[tuple[int, float]], zero: float | None) -> dict[int, float]:
    if not hits:
        return {}
    low = min(score for _, score in hits) if zero is None else zero
    span = max(score for _, score in hits) - low
    return {id_: (score - low) / span if span > 0 else 1.0 for id_, score in hits}
