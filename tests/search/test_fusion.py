import pytest

from rag.search.fusion import DENSE_WEIGHT, fuse


def test_a_weighted_sum_of_normalised_scores() -> None:
    fused = dict(fuse([(1, 10.0), (2, 5.0)], [(2, 0.9), (3, 0.5), (4, 0.1)], DENSE_WEIGHT))
    total = 1 + DENSE_WEIGHT
    assert fused[1] == pytest.approx(1 / total)
    assert fused[2] == pytest.approx((0.5 + DENSE_WEIGHT) / total)
    assert fused[3] == pytest.approx(DENSE_WEIGHT * 0.5 / total)
    assert fused[4] == 0


def test_best_first_and_ties_by_id() -> None:
    assert [id_ for id_, _ in fuse([(5, 2.0), (9, 1.0), (3, 1.0)], [], DENSE_WEIGHT)] == [5, 3, 9]


def test_a_leg_that_found_nothing_has_no_weight() -> None:
    assert fuse([], [(7, 0.3)], DENSE_WEIGHT) == [(7, 1.0)]
    assert fuse([(7, 3.0)], [], DENSE_WEIGHT) == [(7, 1.0)]
    assert fuse([], [], DENSE_WEIGHT) == []
