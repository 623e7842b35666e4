"""The file of the dense index: changes behind the whole, cut short, altered, and taken in."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged, LibraryError
from rag.search.leg import Stamp
from rag.search.vector_file import Change, append, read, write
from rag.search.vectors import VectorIndex
from rag.types import Passage
from tests.conftest import HashEmbedder, query

DIMENSIONS = 8
NONE = np.zeros(0, np.int64)


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)


def stamp(generation: int) -> Stamp:
    return Stamp("library", generation, generation, "test")


def changed(path: Path) -> list[int]:
    """A file with ten vectors and two changes; where the whole ends, and where each change does."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSIONS))
    index.add_with_ids(vectors(10), np.arange(10))
    ends = [write(path, index, stamp(1))]
    ends.append(append(path, ends[-1], Change(np.array([3, 4]), np.array([20, 21]), vectors(2, 1)), stamp(2)))
    ends.append(append(path, ends[-1], Change(NONE, np.array([30]), vectors(1, 2)), stamp(3)))
    return ends


def ids(index) -> set[int]:
    return set(faiss.vector_to_array(index.id_map).tolist())


def test_changes_are_taken_in(tmp_path: Path) -> None:
    ends = changed(tmp_path / "v")
    opened = read(tmp_path / "v")
    assert (opened.stamp, opened.end, opened.changed) == (stamp(3), ends[-1], 5)
    assert ids(opened.index) == {0, 1, 2, 5, 6, 7, 8, 9, 20, 21, 30}
    np.testing.assert_array_equal(opened.index.reconstruct(21), vectors(2, 1)[1])


def test_a_change_that_is_cut_short_was_never_made_and_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "v"
    whole, first, _ = changed(path)
    content = path.read_bytes()
    for length in range(whole, len(content)):
        path.write_bytes(content[:length])
        opened = read(path)
        assert (opened.stamp, opened.end) == ((stamp(1), whole) if length < first else (stamp(2), first))
    append(path, opened.end, Change(np.array([0]), NONE, vectors(0)), stamp(4))
    assert read(path).stamp == stamp(4)
    assert ids(read(path).index) == {1, 2, 5, 6, 7, 8, 9, 20, 21}


def test_an_altered_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "v"
    whole, first, _ = changed(path)
    content = path.read_bytes()
    lines = [content.index(b"\n", start) for start in (0, whole, first)]
    blank = range(content.index(b"}"), lines[0])
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 1 << (at % 8)
        path.write_bytes(altered)
        try:
            opened = read(path)
        except (IndexDamaged, ValueError):
            continue
        if at in blank:  # what fills up the first line says nothing
            assert opened.stamp == stamp(3)
        else:  # a change whose line has lost its end is as one that was cut short
            assert at in lines[1:]
            assert opened.stamp == stamp(lines.index(at))


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
        write(path, read(path).index, stamp(5))
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
        patch.setattr("rag.search.vectors._CHANGED", 100 if aside else 0)
        for number, (added, removed) in enumerate(steps):
            index = VectorIndex(folder / "v", HashEmbedder())
            index.stamp()
            new = [Passage(last + i, "a", 0, 1, text) for i, text in enumerate(added, 1)]
            last += len(new)
            gone = sorted(removed & held.keys())
            held = {id_: p for id_, p in held.items() if id_ not in removed} | {p.id: p for p in new}
            index.update(new, gone, Stamp("l", number, last, index.made_with), fresh=number == 0)
        again = VectorIndex(folder / "v", HashEmbedder())
        assert again.stamp() == index.stamp() == Stamp("l", len(steps) - 1, last, index.made_with)
    fresh = VectorIndex(folder / "fresh", HashEmbedder())
    fresh.update(held.values(), [], Stamp("l", 0, last, "x"), fresh=True)
    for text in "نفط غاز", "حرب سلام مطر", "جبل":
        asked = query(text)
        for found in index.search(asked, 100), again.search(asked, 100):
            assert dict(found) == pytest.approx(dict(fresh.search(asked, 100)), abs=1e-6)


def test_what_failed_to_be_written_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = VectorIndex(tmp_path / "v", HashEmbedder())
    index.update([Passage(i, "a", 0, 1, f"خبر {i}") for i in range(40)], [], stamp(1), fresh=True)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        for count in 1, 20:  # behind the whole, and anew
            with pytest.raises(LibraryError, match="No space left"):
                index.update([Passage(100 + i, "a", 0, 1, "جديد") for i in range(count)], [0], stamp(2), fresh=False)
    assert index.stamp() == stamp(1)
    assert {id_ for id_, _ in index.search(query("خبر"), 100)} <= set(range(40))


def test_an_embedder_may_have_a_long_name(tmp_path: Path) -> None:
    named = Stamp("library", 1, 1, "/home/محمد/" + "نموذج " * 200)
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSIONS))
    index.add_with_ids(vectors(10), np.arange(10))
    assert append(tmp_path / "v", write(tmp_path / "v", index, named), Change(NONE, np.array([30]), vectors(1)), named)
    assert read(tmp_path / "v").stamp == named
    assert len(ids(read(tmp_path / "v").index)) == 11
