import math

import pytest

from rag.evaluate.metrics import area_under_curve, ndcg_at, percentile, reciprocal_rank, success_at


def test_success_and_reciprocal_rank() -> None:
    assert [success_at(k, [False, False, True]) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert reciprocal_rank([False, False, True, True]) == pytest.approx(1 / 3)
    assert reciprocal_rank([]) == 0


def test_ndcg_by_hand() -> None:
    gained = 1 / math.log2(2) + 1 / math.log2(4)
    ideal = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(10, [True, False, True], 3) == pytest.approx(gained / ideal)
    assert ndcg_at(1, [True, False, True], 3) == 1
    assert ndcg_at(10, [], 0) == 0


def test_percentile_is_the_nearest_rank() -> None:
    assert [percentile([4, 1, 3, 2], share) for share in (0.0, 0.25, 0.5, 0.95)] == [1, 1, 2, 4]
    assert percentile([], 0.5) == 0


def test_area_under_curve_counts_pairs() -> None:
    assert area_under_curve([0.9, 0.4], [0.4, 0.1]) == pytest.approx(3.5 / 4)
    assert area_under_curve([0.5], [0.5]) == 0.5
