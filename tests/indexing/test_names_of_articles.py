"""What articles are called by their files, where several have the same name: none replaces another that is still there."""

import io
import json
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.library.origins import Refused
from rag.library.store import Library
from rag.readers.folders import STANDARD_INPUT
from rag.readers.readers import Unreadable, readings
from rag.types import Article
from tests.conftest import Rag
from tests.library.test_store import aged


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def months(tmp_path: Path) -> Path:
    for month in ("01", "02"):
        write(tmp_path / "2015" / month / "001.txt", f"نص شهر {month}")
    return tmp_path / "2015"


Texts = Callable[[], dict[str, str]]


def stored(library: Library) -> dict[str, str]:
    return {id_: article.text for id_, *_ in library.articles() if (article := library.article(id_))}


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    """What the library of `rag` holds, by id."""

    def read() -> dict[str, str]:
        with Library(tmp_path / "home" / "index" / "library.sqlite") as library:
            return stored(library)

    return read


BOTH = {"001.txt": "نص شهر 01", "02/001.txt": "نص شهر 02"}


def test_the_same_name_in_one_run(rag: Rag, texts: Texts, months: Path) -> None:
    assert rag("index", months).stdout.startswith("2 new, 0 replaced, 0 unchanged")
    assert texts() == BOTH
    listed = {row["article"]: row["file"] for row in json.loads(rag("list", "--json").stdout)}
    assert listed["02/001.txt"] == str(months / "02" / "001.txt")


def test_the_same_name_in_two_runs_and_each_keeps_its_own(rag: Rag, texts: Texts, months: Path, tmp_path: Path) -> None:
    rag("index", months / "01")
    assert rag("index", "2015/02").stdout.startswith("1 new, 0 replaced, 0 unchanged")
    assert texts() == BOTH
    write(months / "02" / "001.txt", "نص جديد")
    shutil.rmtree(months / "01")
    assert rag("index", months).stdout.startswith("0 new, 1 replaced, 0 unchanged")
    assert texts() == {"001.txt": "نص شهر 01", "02/001.txt": "نص جديد"}


def test_a_name_that_is_taken_too_is_made_longer_still(rag: Rag, texts: Texts, months: Path) -> None:
    rag("index", months)
    write(months.parent / "2016" / "02" / "001.txt", "نص عام آخر")
    rag("index", months.parent / "2016")
    assert texts() == {**BOTH, "2016/02/001.txt": "نص عام آخر"}


@pytest.mark.parametrize("order", [["01", "02"], ["02", "01"]])
def test_what_moves_keeps_its_ids_in_whatever_order_it_is_indexed(
    rag: Rag, texts: Texts, months: Path, order: list[str]
) -> None:
    rag("index", months)
    moved = months.rename(months.with_name("moved"))
    for month in order:
        assert rag("index", moved / month).stdout.startswith("0 new, 0 replaced, 1 unchanged")
    assert texts() == BOTH
    assert rag("index", moved).stdout.startswith("0 new, 0 replaced, 2 unchanged")


def test_a_drive_that_is_not_there_loses_no_article_to_a_file_of_the_same_name(
    rag: Rag, texts: Texts, tmp_path: Path
) -> None:
    rag("index", write(tmp_path / "drive" / "a.txt", "نص قديم"))
    (tmp_path / "drive").rename(tmp_path / "away")
    assert rag("index", write(tmp_path / "new" / "a.txt", "نص جديد")).stdout.startswith("1 new, 0 replaced")
    assert texts() == {"a.txt": "نص قديم", "new/a.txt": "نص جديد"}
    (tmp_path / "away").rename(tmp_path / "drive")
    assert rag("index", tmp_path / "drive", tmp_path / "new").stdout.startswith("0 new, 0 replaced, 2 unchanged")


def test_equal_names_within_archives_and_beside_them(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    write(folder / "001.txt", "نص خارج")
    for name in ("a", "b"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            for month in ("01", "02"):
                archive.writestr(f"2015/{month}/001.txt", f"نص {name} {month}")
    rag("index", folder)
    expected = {
        "001.txt": "نص خارج",
        "01/001.txt": "نص a 01",
        "02/001.txt": "نص a 02",
        "2015/01/001.txt": "نص b 01",
        "2015/02/001.txt": "نص b 02",
    }
    assert texts() == expected
    for path in folder.iterdir():
        path.touch()
    assert rag("index", folder).stdout.startswith("0 new, 0 replaced, 5 unchanged")
    assert texts() == expected


def test_an_archive_that_holds_a_name_twice_loses_neither_unseen(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x.txt", "نص أول")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x.txt", "نص ثان")
    assert "was read already from" in rag("index", tmp_path / "a.zip", code=2).stderr
    assert texts() == {"x.txt": "نص أول"}


def test_rows_without_an_id_are_told_apart_by_their_folders(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    write(tmp_path / "01" / "news.csv", "text\nنص أول\n")
    write(tmp_path / "02" / "news.csv", "text\nنص ثان\nنص ثالث\n")
    for month in ("01", "02"):
        rag("index", tmp_path / month)
    expected = {"news.csv:1": "نص أول", "02/news.csv:1": "نص ثان", "news.csv:2": "نص ثالث"}
    assert texts() == expected
    write(tmp_path / "01" / "news.csv", "text\nنص أول\nنص رابع\n")
    rag("index", tmp_path / "01")
    assert texts() == {**expected, "01/news.csv:2": "نص رابع"}


def test_a_row_with_the_id_of_another_file_s_article_is_another_one(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    write(tmp_path / "papers" / "a.txt", "نص ملف")
    dump = write(tmp_path / "papers" / "b.jsonl", '{"id": "a.txt", "text": "نص صف"}\n{"id": "2", "text": "نص ثان"}\n')
    done = rag("index", tmp_path / "papers")
    expected = {"a.txt": "نص ملف", "b/a.txt": "نص صف", "2": "نص ثان"}
    assert texts() == expected
    assert "rag: 1 new articles have ids that other files' articles have, and are called FILE/ID" in done.stderr
    dump.touch()
    assert rag("index", tmp_path / "papers").stdout.startswith("0 new, 0 replaced, 3 unchanged")
    assert texts() == expected


def table(path: Path, **rows: str) -> Path:
    lines = (f"{id_.removeprefix('n')},{text},بلدنا\n" for id_, text in rows.items())
    return write(path, "id,text,source\n" + "".join(lines))


def test_two_tables_number_their_rows_alike(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    first, second = table(tmp_path / "أ.csv", n1="نص أول", n2="نص ثان"), table(tmp_path / "ب.csv", n1="نص ثالث")
    rag("index", first)
    assert rag("index", second).stdout.startswith("1 new, 0 replaced, 0 unchanged")
    expected = {"1": "نص أول", "2": "نص ثان", "ب/1": "نص ثالث"}
    assert texts() == expected
    rag("remove", "1")
    table(second, n1="نص رابع")
    assert rag("index", second).stdout.startswith("0 new, 1 replaced, 0 unchanged")
    assert rag("index", first).stdout.startswith("1 new, 0 replaced, 1 unchanged")
    assert texts() == {**expected, "ب/1": "نص رابع"}


def test_a_later_dump_of_the_same_name_replaces_and_the_earlier_does_not_come_back(
    rag: Rag, texts: Texts, tmp_path: Path
) -> None:
    earlier = table(tmp_path / "2015" / "dump.csv", n1="نص أول", n2="نص ثان")
    later = table(tmp_path / "2016" / "dump.csv", n1="نص جديد", n3="نص ثالث")
    rag("index", earlier)
    assert rag("index", later).stdout.startswith("1 new, 1 replaced, 0 unchanged")
    expected = {"1": "نص جديد", "2": "نص ثان", "3": "نص ثالث"}
    assert texts() == expected
    assert rag("index", tmp_path / "2015", tmp_path / "2016").stdout.startswith("0 new, 0 replaced, 3 unchanged")
    assert texts() == expected


def test_files_of_one_name_in_one_run_are_no_dumps_of_each_other(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    for month in ("01", "02"):
        table(tmp_path / "papers" / month / "dump.csv", n1=f"نص شهر {month}")
    with zipfile.ZipFile(tmp_path / "papers" / "z.zip", "w") as archive:
        for month in ("03", "04"):
            archive.writestr(f"{month}/dump.csv", f"id,text\n1,نص شهر {month}\n")
    assert rag("index", tmp_path / "papers").stdout.startswith("4 new, 0 replaced, 0 unchanged")
    found = texts()
    assert {id_: text[-2:] for id_, text in found.items()} == {
        "1": "01",
        "dump/1": "02",
        "03/dump/1": "03",
        "04/dump/1": "04",
    }
    for path in (tmp_path / "papers").rglob("*.*"):
        path.touch()
    assert rag("index", tmp_path / "papers").stdout.startswith("0 new, 0 replaced, 4 unchanged")
    assert texts() == found


def test_a_dump_of_another_name_is_said_to_be_a_later_one(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    rag("index", table(tmp_path / "other.csv", n1="نص آخر"))
    rag("index", table(tmp_path / "2015.csv", n1="نص أول", n2="نص ثان"))
    later = table(tmp_path / "2016.csv", n1="نص جديد")
    assert rag("index", later, "--same-as", "2015.csv").stdout.startswith("0 new, 1 replaced, 0 unchanged")
    table(later, n1="نص أجد", n2="نص أحدث")
    assert rag("index", later).stdout.startswith("0 new, 2 replaced, 0 unchanged")
    assert rag("index", table(tmp_path / "2017.csv", n2="نص أخير"), "--same-as", "2015.csv").stdout.startswith(
        "0 new, 1 replaced, 0 unchanged"
    )
    assert texts() == {"1": "نص آخر", "2015/1": "نص أجد", "2": "نص أخير"}
    said = rag("index", later, "--same-as", "2014.csv", code=2).stderr
    assert said.startswith("rag: no table or dump called '2014.csv' gave articles")


def test_rows_of_a_library_of_before_are_known_by_their_file(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    first, second = table(tmp_path / "a.csv", n1="نص أول"), table(tmp_path / "b.csv", n1="نص ثان")
    rag("index", first)
    with sqlite3.connect(tmp_path / "home" / "index" / "library.sqlite") as db:
        db.execute("UPDATE articles SET within = NULL")
        db.execute("UPDATE files SET reader = 'before'")
    db.close()
    assert rag("index", second).stdout.startswith("1 new, 0 replaced, 0 unchanged")
    table(first, n1="نص أحدث")
    assert rag("index", first).stdout.startswith("0 new, 1 replaced, 0 unchanged")
    assert texts() == {"1": "نص أحدث", "b/1": "نص ثان"}


FILES = st.sampled_from(["x/a.csv", "y/a.csv", "x/b.csv", "x/1.csv"])
ROWS = st.dictionaries(st.sampled_from(["1", "2", "a/1", "x/a/1"]), st.sampled_from("أبجد"), min_size=1)


@given(st.lists(st.tuples(FILES, ROWS), max_size=6))
@settings(max_examples=40)
def test_no_row_of_another_table_is_ever_lost(runs: list[tuple[str, dict[str, str]]]) -> None:
    with TemporaryDirectory() as folder, Library(Path(folder) / "index" / "library.sqlite") as library:
        latest: dict[tuple[str, str], str] = {}
        for name, rows in runs:
            lines = [f"{id_},نص {name} {id_} {text}\n" for id_, text in rows.items()]
            file = write(Path(folder) / name, "id,text\n" + "".join(lines))
            latest |= {(file.name, id_): f"نص {name} {id_} {text}" for id_, text in rows.items()}
            assert take(library, file, lasting=True) == []
            assert sorted(stored(library).values()) == sorted(latest.values())


def test_an_id_with_a_folder_is_shown_removed_and_searched(rag: Rag, texts: Texts, months: Path) -> None:
    rag("index", months)
    assert rag("show", "02/001.txt").stdout == "نص شهر 02\n"
    found = json.loads(rag("search", "شهر 02", "--json").stdout)
    assert {row["article"] for row in found} == set(BOTH)
    rag("remove", "02/001.txt")
    assert list(texts()) == ["001.txt"]


@pytest.mark.parametrize("before", [1, 2])
def test_articles_of_an_older_library_are_taken_for_those_of_their_files(
    rag: Rag, texts: Texts, months: Path, before: int
) -> None:
    path = months.parent / "home" / "index" / "library.sqlite"
    with Library(path) as library:
        library.add([Article("001.txt", "نص شهر 01", source="01")])
    aged(path, before)
    assert rag("index", months).stdout.startswith("1 new, 0 replaced, 1 unchanged")
    assert texts() == BOTH


def take(library: Library, file: Path, lasting: bool = False) -> list[Refused]:
    return library.take([item for item in readings([file], lasting=lasting) if not isinstance(item, Unreadable)])[1]


def test_texts_on_standard_input_do_not_replace_one_another(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("نص أول", "نص ثان", "نص أول"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        take(library, STANDARD_INPUT, lasting=True)
    assert sorted(stored(library).values()) == ["نص أول", "نص ثان"]


def test_an_upload_and_a_file_of_one_name_do_not_replace_each_other(library: Library, tmp_path: Path) -> None:
    upload, kept = tmp_path / "upload" / "a.txt", write(tmp_path / "kept" / "a.txt", "نص الملف")
    take(library, write(upload, "نص مرفوع"))
    take(library, write(upload, "نص مرفوع من جديد"))
    take(library, kept, lasting=True)
    both = {"a.txt": "نص مرفوع من جديد", "kept/a.txt": "نص الملف"}
    assert stored(library) == both
    library.remove(["a.txt", "kept/a.txt"])
    take(library, kept, lasting=True)
    (refused,) = take(library, upload)
    assert (refused.entry.article.id, refused.held_by) == ("a.txt", str(kept))
    assert stored(library) == {"a.txt": "نص الملف"}


def test_rows_that_come_back_take_no_other_article_s_place(rag: Rag, texts: Texts, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "text\nنص أول\nنص ثان\n")
    rag("index", table)
    write(table, "text\nنص أول\n")
    assert "until `rag remove t.csv:2`" in rag("index", table).stderr
    write(table, "text\nنص أول\nنص ثالث\n")
    assert rag("index", table).stdout.startswith("1 new, 0 replaced, 1 unchanged")
    assert set(texts().values()) == {"نص أول", "نص ثان", "نص ثالث"}
