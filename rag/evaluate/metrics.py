"""Measures over ranked binary relevance, where `relevant` is one truth value a rank, best first; and over scores and times."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def success_at(k: int, relevant: Sequence[bool]) -> float:
    """1 if one of the first k is relevant, else 0: recall@k where one relevant passage is enough."""
    return float(any(relevant[:k]))


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """1 / the rank of the first relevant one, 0 if there is none."""
    return next((1 / rank for rank, hit in enumerate(relevant, 1) if hit), 0.0)


def ndcg_at(k: int, relevant: Sequence[bool], total: int) -> float:
    """nDCG@k with gain 1 and discount 1 / log2(rank + 1) (Järvelin and Kekäläinen 2002); `total` relevant ones exist."""
    gained = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(relevant[:k], 1) if hit)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, total) + 1))
    return gained / ideal if ideal else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which `share` of the values lie (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))] if ordered else 0.0


def area_under_curve(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The area under the receiver operating characteristic: the share of pairs in which the right one's score is the higher; equal ones
    count half (Mann and Whitney 1947). There is at least one of each."""
    ordered = sorted(wrong)
    below = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in right) / 2
    return below / (len(right) * len(wrong))
