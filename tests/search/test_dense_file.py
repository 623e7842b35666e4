"""The file of the dense index: changes behind the whole, cut short, altered, and taken in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged, LibraryError
from rag.search.dense import DenseIndex
from rag.search.dense_file import Change, Opened, append, read, write
from rag.search.index_state import IndexState
from rag.search.quantised import VectorCodes
from rag.types import Passage
from tests.conftest import HashEmbedder, parsed

DIMENSIONS = 8
NONE = np.zeros(0, np.int64)


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)


def stamp(generation: int) -> IndexState:
    return IndexState("library", generation, generation, "test")


@pytest.fixture(params=[5, 100], ids=["with codes", "without"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twenty vectors have codes, or are too few for them."""
    monkeypatch.setattr("rag.search.quantised.EXACT_UP_TO", request.param)


def changed(path: Path) -> list[int]:
    """A file with twenty vectors and two changes; where the whole ends, and where each change does."""
    ends = [write(path, twenty(), stamp(1))]
    ends.append(append(path, ends[-1], Change(np.array([3, 4]), np.array([20, 21]), vectors(2, 1)), stamp(2)))
    ends.append(append(path, ends[-1], Change(NONE, np.array([30]), vectors(1, 2)), stamp(3)))
    return ends


def twenty() -> VectorCodes:
    index = VectorCodes(DIMENSIONS)
    index.add(np.arange(20), vectors(20))
    index.compact()
    return index


def opened(path: Path) -> Opened:
    found = read(path)
    assert isinstance(found, Opened)
    return found


def ids(index: VectorCodes) -> set[int]:
    return set(index.search(np.ones((1, DIMENSIONS), np.float32), 100, None)[0].tolist())


@pytest.mark.usefixtures("few")
def test_changes_are_taken_in(tmp_path: Path) -> None:
    ends = changed(tmp_path / "v")
    found = opened(tmp_path / "v")
    assert (found.state, found.end, found.changed) == (stamp(3), ends[-1], 5)
    assert ids(found.index) == {*range(20), 20, 21, 30} - {3, 4}
    one = vectors(2, 1)[1]
    assert found.index.products(one, [21])[0] == pytest.approx(one @ one, rel=1e-3)


@pytest.mark.usefixtures("few")
def test_a_change_that_is_cut_short_was_never_made_and_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "v"
    whole, first, _ = changed(path)
    content = path.read_bytes()
    for length in range(whole, len(content)):
        path.write_bytes(content[:length])
        found = opened(path)
        assert (found.state, found.end) == ((stamp(1), whole) if length < first else (stamp(2), first))
    append(path, found.end, Change(np.array([0]), NONE, vectors(0)), stamp(4))
    assert opened(path).state == stamp(4)
    assert ids(opened(path).index) == {*range(1, 22)} - {3, 4}


@pytest.mark.usefixtures("few")
def test_an_altered_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "v"
    whole, first, _ = changed(path)
    content = path.read_bytes()
    lines = [content.index(b"\n", start) for start in (0, whole, first)]
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 1 << (at % 8)
        path.write_bytes(altered)
        try:
            found = opened(path)
        except (IndexDamaged, ValueError):
            continue
        assert at in lines[1:]  # a change whose line has lost its end is as one that was cut short
        assert found.state == stamp(lines.index(at))


@pytest.mark.usefixtures("few")
def test_a_disk_that_refuses_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v"
    *_, end = changed(path)
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        append(path, end, Change(NONE, np.array([40]), vectors(1)), stamp(4))
    with pytest.raises(OSError, match="No space"):
        write(path, opened(path).index, stamp(5))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["v"]


texts = st.lists(
    st.sampled_from(["نفط", "غاز", "حرب", "سلام", "مطر", "شمس", "بحر", "جبل"]), min_size=1, max_size=4
).map(" ".join)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.lists(texts, max_size=5), st.sets(st.integers(1, 30), max_size=4)), min_size=1, max_size=6),
    st.booleans(),
)
def test_whatever_is_added_and_removed_the_search_is_that_of_a_fresh_index(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[str], set[int]]], aside: bool
) -> None:
    folder = tmp_path_factory.mktemp("v")
    held: dict[int, Passage] = {}
    last = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.search.dense._CHANGED", 100 if aside else 0)
        for number, (added, removed) in enumerate(steps):
            index = DenseIndex(folder / "v", HashEmbedder())
            index.state()
            new = [Passage(last + i, "a", 0, 1, text) for i, text in enumerate(added, 1)]
            last += len(new)
            gone = sorted(removed & held.keys())
            held = {id_: p for id_, p in held.items() if id_ not in removed} | {p.id: p for p in new}
            index.update(new, gone, IndexState("l", number, last, index.made_with), fresh=number == 0)
        again = DenseIndex(folder / "v", HashEmbedder())
        assert again.state() == index.state() == IndexState("l", len(steps) - 1, last, index.made_with)
    fresh = DenseIndex(folder / "fresh", HashEmbedder())
    fresh.update(held.values(), [], IndexState("l", 0, last, "x"), fresh=True)
    for text in "نفط غاز", "حرب سلام مطر", "جبل":
        asked = parsed(text)
        for found in index.search(asked, 100), again.search(asked, 100):
            assert dict(found) == pytest.approx(dict(fresh.search(asked, 100)), abs=1e-6)


def test_passages_whose_ids_do_not_ascend_are_damage(tmp_path: Path) -> None:
    *_, end = changed(tmp_path / "v")
    append(tmp_path / "v", end, Change(NONE, np.array([30]), vectors(1)), stamp(4))
    with pytest.raises(IndexDamaged, match="ids ascend"):
        read(tmp_path / "v")


def test_a_file_of_another_format_tells_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("rag.search.dense_file.FORMAT", 5)
        write(tmp_path / "v", twenty(), replace(stamp(1), format=5))
    assert read(tmp_path / "v") == replace(stamp(1), format=5, through=0)


def test_what_failed_to_be_written_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = DenseIndex(tmp_path / "v", HashEmbedder())
    index.update([Passage(i, "a", 0, 1, f"خبر {i}") for i in range(40)], [], stamp(1), fresh=True)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        for count in 1, 20:  # behind the whole, and anew
            with pytest.raises(LibraryError, match="No space left"):
                index.update([Passage(100 + i, "a", 0, 1, "جديد") for i in range(count)], [0], stamp(2), fresh=False)
    assert index.state() == stamp(1)
    assert {id_ for id_, _ in index.search(parsed("خبر"), 100)} <= set(range(40))


def test_an_embedder_may_have_a_long_name(tmp_path: Path) -> None:
    named = IndexState("library", 1, 1, "/home/محمد/" + "نموذج " * 200)
    assert append(
        tmp_path / "v", write(tmp_path / "v", twenty(), named), Change(NONE, np.array([30]), vectors(1)), named
    )
    assert opened(tmp_path / "v").state == named
    assert len(ids(opened(tmp_path / "v").index)) == 21
