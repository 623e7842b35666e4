"""The arithmetic of the sizing table: against figures of Milvus's documentation and by hand; and that it is of what is there."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarks import sizing
from benchmarks.sizing import KEYS, Measured, diskann_disk, diskann_memory, hnsw, lasting, lines, sized, told
from rag import wiring
from rag.library import Library
from rag.search.catch_up import catch_up
from tests.conftest import ROOT, open_retriever
from tests.search.test_engines import articles

ONE = Measured(
    passages=60_000,
    dimensions=256,
    library=1500.0,
    lexical=500.0,
    dense=550.0,
    served=4700.0,
    text=3300.0,
    scalars=30.0,
    grams=376.0,
    distinct=287.0,
    library_rate=5000.0,
    embedded_rate=1800.0,
    rows_rate=8000.0,
    served_rate=800.0,
    graph_seconds=0.00025,
)


def test_a_graph_is_that_of_the_documentation() -> None:
    """1 million vectors of 128 dimensions with 32 links: 640 MB."""
    assert hnsw(128, m=16) * 1_000_000 == 640_000_000


def test_diskann_keeps_shares_in_memory_and_whole_sectors_on_disk() -> None:
    assert diskann_memory(256) == pytest.approx(1024 * 0.225)
    assert diskann_disk(256) == pytest.approx(4096 / 3)  # of 1,252 bytes three fit
    assert diskann_disk(1024) == 2 * 4096  # 4,324 bytes fit no sector


def test_ten_million_passages_by_hand() -> None:
    row = sized(ONE, 10_000_000)
    assert (row.library, row.embedded, row.vectors, row.half) == (15e9, 10.5e9, 10.24e9, 5.12e9)
    assert row.sparse == 10_000_000 * 287 * 8
    assert row.loaded == pytest.approx(10_000_000 * (1152 + 2296 + 24 + 3330) / 0.9)
    assert row.mapped == pytest.approx(10_000_000 * (1152 + 2296 + 24) / 0.9)
    assert row.diskann == pytest.approx(10_000_000 * (230.4 + 2296 + 24) / 0.9)
    assert row.stored == pytest.approx(10_000_000 * (1024 + 2296 + 3330 + KEYS + 1152 + 2296))
    assert row.nodes == (2, 1, 1)
    assert row.library_hours == pytest.approx(10_000_000 / 5000 / 3600)
    assert row.rows_hours == pytest.approx(10_000_000 / 8000 / 3600)
    assert row.graph_hours == pytest.approx(2500 / 3600)


def test_all_grow_with_the_passages_and_less_is_loaded_with_texts_mapped() -> None:
    rows = [sized(ONE, count) for count in sizing.SIZES]
    for field in fields(rows[0]):
        values = [getattr(row, field.name) for row in rows]
        assert values == sorted(values)
    assert all(row.loaded > row.mapped > row.diskann for row in rows)
    assert rows[-1].segments == pytest.approx(10 * rows[-2].segments)


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1519, "1.52 kB"), (999_600, "1 MB"), (10.1e12, "10.1 TB")]
)
def test_bytes_for_people(count: float, said: str) -> None:
    assert told(count) == said


@pytest.mark.parametrize(("hours", "said"), [(0.005, "18 s"), (0.5, "30 min"), (50, "50 h"), (100, "4.2 days")])
def test_hours_for_people(hours: float, said: str) -> None:
    assert lasting(hours) == said


def test_every_measure_and_every_size_is_told() -> None:
    found = "\n".join(lines(replace(ONE, served=4321.0)))
    assert "4321" in found
    assert all(f"| {count:,} |" in found for count in sizing.SIZES)
    assert set(sizing._MEASURED) == {field.name for field in fields(Measured)} - {"passages"}


def test_what_docs_say_is_what_the_code_works_out() -> None:
    """From the figures that stand there as measured."""
    measured = Measured(
        60_688, 256, 1519, 498.4, 584.3, 4662, 3320, 30.2, 375.7, 287.2, 9648, 5408, 7182, 616.7, 0.000_207_5
    )
    said = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    powers = dict(zip(("100,000", "1,000,000", "10,000,000", "100,000,000", "1,000,000,000"), "⁵⁶⁷⁸⁹", strict=True))
    for count, power in powers.items():
        rows = [line.removeprefix(f"| {count}") for line in lines(measured) if line.startswith(f"| {count} ")]
        assert len(rows) == 2
        assert all(f"| 10{power}{row}" in said for row in rows)
    for figure in ("60,688", "1,519", "498.4", "584.3", "4,662", "3,320", "375.7", "287.2", "9,648", "5,408", "7,182"):
        assert figure in said


def test_bytes_are_those_of_the_files(library: Library) -> None:
    library.add(articles(60))
    retriever = open_retriever(library, wiring.shipped_embedder())
    for leg in retriever.engine.indexes:
        catch_up(leg, library)
    count, folder = library.count()[1], library.path.parent
    library.close()
    of_library, lexical, dense = sizing._weighed(folder)
    assert of_library * count == pytest.approx((folder / "library.sqlite").stat().st_size)
    assert lexical * count == pytest.approx(sum(path.stat().st_size for path in (folder / "lexical").iterdir()))
    assert dense * count == pytest.approx((folder / "vectors.faiss").stat().st_size)
    assert dense > 512


def test_a_home_without_a_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open database file"):
        sizing._weighed(tmp_path)
