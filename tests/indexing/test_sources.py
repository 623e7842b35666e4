"""Where articles are from: what they say, what their folder says, and what a person says of a run."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Rag, line

TEXT = "افتتح وزير الثقافة أمس المتحف الوطني في العاصمة."


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "bلدنا" / "2015").mkdir(parents=True)
    (folder / "a.txt").write_text(TEXT, "utf-8")
    (folder / "bلدنا" / "2015" / "b.txt").write_text(TEXT, "utf-8")
    (folder / "bلدنا" / "c.csv").write_text(f"id,text,source\n1,{TEXT},الأيام\n2,{TEXT},\n", "utf-8")
    with zipfile.ZipFile(folder / "bلدنا" / "d.zip", "w") as archive:
        archive.writestr("in/d.txt", TEXT)
    return folder


@pytest.fixture
def sources(rag: Rag) -> object:
    return lambda: {row["article"]: row["source"] for row in json.loads(rag("list", "--json").stdout)}


def test_a_folder_says_where_its_articles_are_from(rag: Rag, papers: Path, sources) -> None:  # type: ignore[no-untyped-def]
    rag("index", papers)
    assert sources() == {"a.txt": "papers", "b.txt": "2015", "1": "الأيام", "2": "c", "d.txt": "in"}
    (papers / "bلدنا" / "rag.toml").write_text('source = " جريدة  بلدنا"\n', "utf-8")
    assert rag("index", papers).stdout.startswith("0 new, 3 replaced, 2 unchanged; ")
    told = {"a.txt": "papers", "b.txt": "جريدة بلدنا", "1": "الأيام", "2": "جريدة بلدنا", "d.txt": "جريدة بلدنا"}
    assert sources() == told
    (papers / "bلدنا" / "2015" / "rag.toml").write_text('source = "ملحق"\n', "utf-8")
    assert rag("index", papers).stdout.startswith("0 new, 1 replaced, 4 unchanged; ")
    assert sources() == {**told, "b.txt": "ملحق"}


def test_a_person_says_where_all_of_a_run_is_from(rag: Rag, papers: Path, sources) -> None:  # type: ignore[no-untyped-def]
    rag("index", papers, "--source", " الأرشيف ")
    assert set(sources().values()) == {"الأرشيف"}
    assert rag("index", papers, "--source", "الأرشيف").stdout.startswith("0 new, 0 replaced, 5 unchanged; ")


@pytest.mark.parametrize("written", ["source = 5\n", "source = \n", 'source = "a\\tb"\n', "\xff"])
def test_a_folder_that_says_it_wrongly_is_named_before_anything_is_read(rag: Rag, papers: Path, written: str) -> None:
    (papers / "rag.toml").write_bytes(written.encode("latin-1"))
    said = line(rag("index", papers, code=2).stderr)
    assert "papers/rag.toml" in said
    assert 'expected a line such as source = "…"' in said
    assert rag("list").stdout == ""
