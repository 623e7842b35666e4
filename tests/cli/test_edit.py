"""`rag edit`: dates, titles and sources that a person sets, one by one, by words, and out of a table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InputError
from rag.readers.edits import edits_of
from tests.conftest import Rag, line

Rows = Callable[[], dict[str, tuple[str, str | None, str]]]


@pytest.fixture
def rows(rag: Rag) -> Rows:
    """Title, date and source of every article."""
    return lambda: {
        r["article"]: (r["title"], r["date"], r["source"]) for r in json.loads(rag("list", "--json").stdout)
    }


@pytest.fixture
def papers(rag: Rag, tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.txt").write_text("افتتح الوزير الجسر الجديد في المدينة.", "utf-8")
    (folder / "b.txt").write_text("أغلقت البلدية السوق القديم شهرين.", "utf-8")
    (folder / "t.csv").write_text(
        "id,title,text,source\n1,سوق السمك,نص أول,بلدنا\n2,سوق الخضار,نص ثان,بلدنا\n", "utf-8"
    )
    rag("index", folder)
    return folder


def test_an_edit_outlives_what_is_indexed_again(rag: Rag, rows: Rows, papers: Path, tmp_path: Path) -> None:
    said = rag("edit", "a.txt", "--title", "جسر  المدينة", "--date", "23/7/2015", "--source", "بلدنا").stdout
    assert said == "1 edited, 0 unchanged\n"
    edited = ("جسر المدينة", "2015-07-23", "بلدنا")
    assert rows()["a.txt"] == edited
    assert json.loads(rag("search", "جسر المدينة", "--json", "--source", "بلدنا").stdout)[0]["title"] == "جسر المدينة"
    assert rag("index", papers).stdout.startswith("0 new, 0 replaced, 4 unchanged")
    (papers / "a.txt").write_text("افتتح الوزير الجسر الجديد في المدينة أمس.", "utf-8")
    assert rag("index", papers).stdout.startswith("0 new, 1 replaced, 3 unchanged")
    assert rows()["a.txt"] == edited
    assert "أمس" in rag("show", "a.txt").stdout
    shutil.move(papers, tmp_path / "moved" / "papers")
    assert rag("index", tmp_path / "moved").stdout.startswith("0 new, 0 replaced, 4 unchanged")
    assert rows()["a.txt"] == edited
    assert rag("edit", "a.txt", "--date", "-").stdout == "1 edited, 0 unchanged\n"
    assert rows()["a.txt"] == ("جسر المدينة", None, "بلدنا")


def test_what_is_removed_keeps_no_edit(rag: Rag, rows: Rows, papers: Path) -> None:
    rag("edit", "a.txt", "--title", "عنوان")
    rag("remove", "a.txt")
    rag("index", papers)
    assert rows()["a.txt"] == ("", None, "papers")


def test_articles_are_edited_by_words_and_by_source(rag: Rag, rows: Rows, papers: Path) -> None:
    assert rag("edit", "--query", "سوق", "--of", "بلدنا", "--date", "2014").stdout == "2 edited, 0 unchanged\n"
    assert rag("edit", "b.txt", "--of", "بلدنا", "--source", "بلدنا").stdout == "1 edited, 2 unchanged\n"
    assert [row[1:] for row in rows().values()] == [("2014", "بلدنا")] * 2 + [(None, "papers"), (None, "بلدنا")]


def test_many_are_edited_out_of_a_table(rag: Rag, rows: Rows, papers: Path, tmp_path: Path) -> None:
    table = tmp_path / "edits.csv"
    table.write_text("article;العنوان;التاريخ\na.txt;افتتاح الجسر;07/23/2015\nb.txt;;03/04/2015\n1;;-\nx;أ;\n", "utf-8")
    assert "not in the library: x" in line(rag("edit", "--from", table, code=2).stderr)
    assert rows() == {
        "a.txt": ("افتتاح الجسر", "2015-07-23", "papers"),
        "b.txt": ("", "2015-03-04", "papers"),
        "1": ("سوق السمك", None, "بلدنا"),
        "2": ("سوق الخضار", None, "بلدنا"),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing is said to edit"),
        (("a.txt",), "nothing is said to edit"),
        (("--date", "2015"), "nothing is said to edit"),
        (("a.txt", "--date", "حوالي 1950"), "the date 'حوالي 1950' cannot be read"),
        (("a.txt", "b.txt", "--title", "x"), "--title is one article's, and 2 are named"),
        (("--query", "!!", "--date", "2015"), "which holds no words"),
        (("--query", "قطار", "--date", "2015"), "no article has these words"),
        (("none", "--date", "2015"), "not in the library: none"),
        (("--from", "none.csv"), "none.csv cannot be read: No such file"),
        (("a.txt", "--from", "none.csv"), "--from says which articles are edited"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(rag: Rag, papers: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in line(rag("edit", *arguments, code=2).stderr)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "has the first line ''"),
        ("id,text\n1,a\n", "expected names: id, and title, date or source"),
        ("id,date\n1,أمس\n", "row 1 has the date 'أمس'"),
        ("id,date\n1,2015\n1,2016\n", "row 2 has the id '1', as a row before it"),
        ("id,date\n,2015\n", "row 1 has no id"),
        ("id,date\n1\n", "row 1 has 1 fields; expected 2"),
        ('id,title\n1,"a\n', "cannot be read"),
    ],
)
def test_a_table_that_is_wrong_edits_nothing(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "e.csv").write_text(table, "utf-8")
    with pytest.raises(InputError) as raised:
        edits_of(tmp_path / "e.csv")
    assert said in str(raised.value)


@given(st.text(max_size=60) | st.text('id,title;date\n"1أ\t2015-', max_size=80))
def test_any_table_is_read_or_refused(text: str) -> None:
    with NamedTemporaryFile("w", encoding="utf-8", errors="replace") as file:
        file.write(text)
        file.flush()
        with suppress(InputError):
            assert all(id_.strip() for id_ in edits_of(Path(file.name)))
