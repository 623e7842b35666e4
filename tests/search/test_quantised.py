"""The vectors and their codes against comparing every vector in numpy."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.search.quantised import VectorCodes

DIMENSIONS = 32


class Plain:
    """Every vector, as it is."""

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self.ids, self.vectors = np.zeros(0, np.int64), np.zeros((0, dimensions), np.float32)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self.ids, self.vectors = np.concatenate((self.ids, ids)), np.concatenate((self.vectors, vectors))

    def remove(self, ids: Sequence[int]) -> None:
        kept = ~np.isin(self.ids, ids)
        self.ids, self.vectors = self.ids[kept], self.vectors[kept]

    def search(self, vector: np.ndarray, k: int, within: Sequence[int] | None) -> dict[int, float]:
        products = self.vectors @ vector[0]
        order = [i for i in np.argsort(-products) if within is None or self.ids[i] in within][:k]
        return {int(self.ids[i]): float(products[i]) for i in order}


def units(count: int, seed: int, dimensions: int = DIMENSIONS) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def compare(index: VectorCodes, plain: Plain, k: int = 10, within: Sequence[int] | None = None) -> float:
    """The share of the best k that is found; each with its product, in order, none twice."""
    shares = []
    for vector in units(20, 99, index.dimensions):
        ids, products = index.search(vector[None], k, within)
        wanted = plain.search(vector[None], k, within)
        assert len(set(ids.tolist())) == len(ids) == len(products) == len(wanted)
        assert (np.diff(products) <= 0).all()
        every = plain.search(vector[None], len(plain.ids), within)
        for id_, product in zip(ids.tolist(), products.tolist(), strict=True):
            assert product == pytest.approx(every[id_], abs=2e-3)
        shares.append(len(wanted.keys() & set(ids.tolist())) / len(wanted) if wanted else 1)
    return float(np.mean(shares))


@pytest.fixture(params=[True, False], ids=["codes", "no codes"])
def coded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a thousand vectors take codes."""
    monkeypatch.setattr("rag.search.quantised.EXACT_UP_TO", 500 if request.param else 10_000)
    return bool(request.param)


def filled(count: int, dimensions: int = DIMENSIONS) -> tuple[VectorCodes, Plain]:
    """Vectors with every third id."""
    index, plain = VectorCodes(dimensions), Plain(dimensions)
    for held in (index, plain):
        held.add(np.arange(1, 3 * count, 3), units(count, 0, dimensions))
    index.compact()
    return index, plain


def test_through_changes_the_best_are_those_of_brute_force(coded: bool) -> None:
    index, plain = filled(1000)
    assert (index.quick is not None, index.count) == (coded, 1000)
    for step in range(8):
        gone = plain.ids[step::17].copy()
        new, vectors = np.arange(4000 + 300 * step, 4000 + 300 * step + 150), units(150, step + 1)
        for held in (index, plain):
            held.remove(gone)
            held.add(new, vectors)
        assert index.count == len(plain.ids)
        assert compare(index, plain) > 0.95
        assert compare(index, plain, 3, plain.ids[5:400:7].tolist()) > 0.99
        assert compare(index, plain, 1) > 0.85
        if step % 3 == 2:
            index.compact()
            assert compare(index, plain) > 0.95
            assert len(index.ids) == index.count


def test_all_are_found_where_more_are_asked_for(coded: bool) -> None:
    index, plain = filled(1000)
    assert compare(index, plain, 5000) == 1
    for held in (index, plain):
        held.remove(plain.ids[:990].copy())
    assert compare(index, plain, 10) == compare(index, plain, 5000) == 1


def test_the_best_may_all_be_removed(coded: bool) -> None:
    index, plain = filled(1000)
    vector = units(1, 99)
    for _ in range(15):
        best = list(plain.search(vector, 60, None))
        for held in (index, plain):
            held.remove(np.array(best))
        found, _ = index.search(vector, 10, None)
        assert len(set(found.tolist()) & plain.search(vector, 10, None).keys()) >= 9


@pytest.mark.usefixtures("coded")
def test_of_a_part_only() -> None:
    index, plain = filled(1000)
    index.remove(np.array([4]))
    plain.remove([4])
    for within in ([1], [4], [], [2, 3], [4, 7, 8, 10], list(range(5000))):
        assert compare(index, plain, 5, within) == 1


@pytest.mark.usefixtures("coded")
def test_products_are_0_for_what_is_not_held() -> None:
    index, plain = filled(1000)
    index.remove(np.array([4, 4, 5, 99_999]))
    vector = units(1, 5)[0]
    wanted = [plain.vectors[0] @ vector, 0, 0, plain.vectors[2] @ vector, 0, plain.vectors[999] @ vector, 0]
    assert index.products(vector, [1, 4, 5, 7, 0, 2998, 10**12]).tolist() == pytest.approx(wanted, abs=1e-3)
    assert index.products(vector, []).tolist() == []
    assert VectorCodes(DIMENSIONS).products(vector, [3]).tolist() == [0]
    index.compact()
    assert index.products(vector, [1, 4, 7]).tolist() == pytest.approx([wanted[0], 0, wanted[3]], abs=1e-3)


def test_nothing_is_found_in_an_empty_one(coded: bool) -> None:
    index, _ = filled(600)
    index.remove(index.ids.copy())
    for found in (index, VectorCodes(DIMENSIONS)):
        for within in (None, [1]):
            assert len(found.search(units(1, 1), 5, within)[0]) == 0
        found.compact()
        assert len(found.search(units(1, 1), 5, None)[0]) == found.count == 0


@pytest.mark.parametrize("dimensions", [1, 2, 7, 33, 48, 384])
def test_any_dimensions(coded: bool, dimensions: int) -> None:
    index, plain = filled(600, dimensions)
    assert (index.quick is not None) == coded
    if dimensions > 2:  # of so few, many are the same in half precision
        assert compare(index, plain) > 0.95


def test_codes_are_learnt_anew_when_there_are_four_times_as_many(coded: bool) -> None:
    index, plain = filled(600)
    trained = []
    for step in range(1, 5):
        for held in (index, plain):
            held.add(np.arange(600) + 10_000 * step, units(600, step))
        index.compact()
        trained.append(index.trained)
        assert compare(index, plain) > 0.95
    assert trained == ([600, 600, 2400, 2400] if coded else [0] * 4)
    index.remove(index.ids[100:].copy())
    index.compact()
    assert (index.quick, index.trained, index.count) == (None, 0, 100)


@pytest.mark.usefixtures("coded")
def test_the_same_vectors_give_the_same_codes() -> None:
    one, two = filled(1000)[0], filled(1000)[0]
    vector = units(1, 3)
    assert (one.halves == two.halves).all()
    np.testing.assert_array_equal(one.searched.search(vector, 50), two.searched.search(vector, 50))


@pytest.mark.parametrize("ids", [[2998], [1], [5000, 4999], [5000, 5000]])
def test_ids_that_do_not_ascend_are_refused(ids: list[int]) -> None:
    index, plain = filled(1000)
    with pytest.raises(IndexDamaged, match="ids ascend"):
        index.add(np.array(ids), units(len(ids), 1))
    assert compare(index, plain) > 0.95


@pytest.mark.usefixtures("coded")
def test_threads_search_while_another_one_changes_it() -> None:
    index, plain = filled(1000)
    kept = plain.ids[plain.ids % 2 == 1]
    gone = plain.ids[plain.ids % 2 == 0]
    wrong: list[object] = []
    done = threading.Event()

    def search() -> None:
        vector = plain.vectors[:1]
        while not done.is_set():
            ids, products = index.search(vector, 5, None)
            if ids[0] != plain.ids[0] or abs(products[0] - 1) > 1e-2 or index.products(vector[0], [1])[0] < 0.99:
                wrong.append((ids, products))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(40):
        index.remove(gone[step::40])
        index.add(np.arange(20) + 10_000 + 100 * step, units(20, step + 1))
        index.compact()
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert set(kept.tolist()) <= set(index.ids.tolist())
    assert index.count == len(kept) + 800
