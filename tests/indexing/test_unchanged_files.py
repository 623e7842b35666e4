"""`rag index` of a folder again: a file whose articles the library holds, as it was, is not opened; every other one is."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from rag.cli.progress import Meter
from rag.indexing import intake
from rag.indexing.indexer import Indexer
from rag.library.origins import ReadArticle, fingerprint_of
from rag.library.store import Added, Library
from rag.readers import readers
from rag.readers.folders import files_of
from rag.readers.readers import Place, reader_of, readings
from tests.conftest import ROOT, Rag


def swapped(path: Path, data: bytes) -> None:
    """Has a file hold something else of the same length, at the same time: only who opens it can tell."""
    before = path.stat()
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def touched(path: Path) -> None:
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file of each way of holding articles: the whole, rows with ids, rows without, members."""
    made = tmp_path / "papers"
    made.mkdir()
    (made / "one.txt").write_text("نص أول من ألف", "utf-8")
    (made / "dump.jsonl").write_text('{"id": "r1", "text": "نص ثان"}\n{"id": "r2", "text": "نص ثالث"}\n', "utf-8")
    (made / "table.csv").write_text("text\nنص رابع\n", "utf-8")
    with zipfile.ZipFile(made / "packed.zip", "w") as archive:
        archive.writestr("01/x.txt", "نص خامس")
        archive.writestr("02/x.txt", "نص سادس")
    return made


def ids(folder: Path) -> list[str]:
    with Library(folder.parent / "home" / "index" / "library.sqlite") as library:
        return [id_ for id_, *_ in library.articles()]


def test_no_file_is_opened_again(rag: Rag, folder: Path) -> None:
    assert rag("index", folder).stdout.startswith("6 new, 0 replaced, 0 unchanged; the library holds 6 articles")
    assert ids(folder) == ["02/x.txt", "one.txt", "r1", "r2", "table.csv:1", "x.txt"]
    for path in folder.iterdir():
        swapped(path, bytes(path.stat().st_size))  # would be left out, and named
    done = rag("index", folder)
    assert done.stdout.startswith("0 new, 0 replaced, 6 unchanged; the library holds 6 articles")
    assert done.stderr == ""


def test_a_file_that_was_touched_or_is_told_other_columns_is_read_again(rag: Rag, folder: Path) -> None:
    rag("index", folder)
    swapped(folder / "one.txt", "نص أول من باء".encode())
    touched(folder / "one.txt")
    assert rag("index", folder).stdout.startswith("0 new, 1 replaced, 5 unchanged")
    swapped(folder / "one.txt", "نص أول من تاء".encode())
    assert rag("index", folder).stdout.startswith("0 new, 0 replaced, 6 unchanged")
    assert rag("index", folder, "--columns", "title=none").stdout.startswith("0 new, 1 replaced, 5 unchanged")
    assert "تاء" in rag("show", "one.txt").stdout


@pytest.mark.parametrize("gone", ["one.txt", "r2", "table.csv:1", "02/x.txt", "x.txt"])
def test_an_article_that_was_removed_comes_back(rag: Rag, folder: Path, gone: str) -> None:
    rag("index", folder)
    with Library(folder.parent / "home" / "index" / "library.sqlite") as library:
        assert library.remove([gone]) == []
    assert rag("index", folder).stdout.startswith("1 new, 0 replaced, 5 unchanged")
    assert len(ids(folder)) == 6
    assert rag("index", folder).stdout.startswith("0 new, 0 replaced, 6 unchanged")


def test_a_file_of_which_something_was_left_out_is_always_read_again(rag: Rag, folder: Path) -> None:
    dump = folder / "dump.jsonl"
    dump.write_text('{"id": "r1", "text": "نص ثان"}\n{"id": "r2"}\n', "utf-8")
    for _ in range(2):
        assert "row 2" in rag("index", folder, code=2).stderr


def test_a_row_with_the_id_of_a_file_that_is_passed_by_is_another_article(rag: Rag, folder: Path) -> None:
    (folder / "later.jsonl").write_text('{"id": "r1", "text": "نص آخر"}\n{"id": "r9", "text": "نص تاسع"}\n', "utf-8")
    said = [rag("index", folder) for _ in range(2)]
    assert said[0].stdout.startswith("8 new, 0 replaced, 0 unchanged")
    assert said[1].stdout.startswith("0 new, 0 replaced, 8 unchanged")
    assert (rag("show", "r1").stdout, rag("show", "later/r1").stdout) == ("نص ثان\n", "نص آخر\n")


def test_rows_that_a_table_has_no_longer_do_not_keep_it_from_being_passed_by(rag: Rag, folder: Path) -> None:
    rag("index", folder)
    (folder / "dump.jsonl").write_text('{"id": "r1", "text": "نص ثان"}\n', "utf-8")
    again = rag("index", folder)
    assert again.stdout.startswith("0 new, 0 replaced, 5 unchanged")
    assert "dump.jsonl no longer holds 1 of the articles that it gave; they stay, until `rag remove r2`" in again.stderr
    assert rag("show", "r2").returncode == 0
    swapped(folder / "dump.jsonl", bytes((folder / "dump.jsonl").stat().st_size))
    again = rag("index", folder)
    assert again.stdout.startswith("0 new, 0 replaced, 5 unchanged")
    assert "no longer" not in again.stderr


class Bar(Meter):
    """Keeps how far reading has come."""

    def __init__(self) -> None:
        super().__init__(lambda name, share, parts: None)
        self.places: list[Place] = []

    def placed(self, place: Place) -> None:
        self.places.append(place)


def test_files_that_are_passed_by_are_done_at_once(library: Library, folder: Path, tmp_path: Path) -> None:
    taken(library, folder)
    touched(folder / "one.txt")
    (folder / "two.txt").write_text("نص سابع", "utf-8")
    bar = Bar()
    indexer = Indexer(library, lambda item: None)
    assert sum(isinstance(item, ReadArticle) for item in indexer.begin([folder], bar.placed)) == 2
    assert {place.files for place in bar.places} == {5}
    assert [place.done for place in bar.places] == [3, 4, 4, 5]
    assert (bar.places[0].share, bar.places[-1].share) == (0, 1)


def test_what_was_interrupted_goes_on_with_the_files_that_were_not_read(rag: Rag, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1500):
        (folder / f"{number:04}.txt").write_text(f"نص المقال رقم {number}", "utf-8")
    home = tmp_path / "home"
    environment = {**os.environ, "RAG_HOME": str(home)}
    command = [sys.executable, "-m", "rag", "index", str(folder)]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not read_whole(home):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate()
    whole = read_whole(home)
    assert whole
    for name in whole:
        swapped(folder / name, bytes((folder / name).stat().st_size))
    rag("index", folder)
    assert len(ids(folder)) == 1500
    assert len(read_whole(home)) == 1500


def read_whole(home: Path) -> list[str]:
    """The names of the files that the library takes for read."""
    path = home / "index" / "library.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        try:
            found = db.execute("SELECT path FROM files WHERE size IS NOT NULL").fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []
    return [os.path.basename(os.fsdecode(name)) for (name,) in found]


def taken(library: Library, folder: Path, columns: dict[str, str] | None = None) -> Added:
    added = Added()
    for step in intake.add_all(library, readings(files_of([folder]), columns), lambda item: None):
        added += step
    return added


def test_a_file_counts_as_read_with_its_last_article_and_never_before(library: Library, folder: Path) -> None:
    dump = folder / "dump.jsonl"
    steps = intake.add_all(library, readings([dump]), lambda item: None, batch=1)
    mark = fingerprint_of(dump, reader_of(dump, {}))
    assert mark
    next(steps)
    assert library.unchanged(mark) is None
    list(steps)
    assert library.unchanged(mark) == 2


def test_a_reading_that_is_broken_off_is_no_longer_what_was_read_before(library: Library, folder: Path) -> None:
    dump = folder / "dump.jsonl"
    taken(library, dump)
    mark = fingerprint_of(dump, reader_of(dump, {}))
    assert mark
    next(intake.add_all(library, readings([dump], {"title": "id"}), lambda item: None, batch=1))
    assert library.count()[0] == 2
    assert library.unchanged(mark) is None


def test_another_version_of_the_readers_reads_again(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(library, folder)
    one = folder / "one.txt"
    assert (mark := fingerprint_of(one, reader_of(one, {})))
    assert library.unchanged(mark) == 1
    monkeypatch.setattr(readers, "VERSION", readers.VERSION + 1)
    assert (mark := fingerprint_of(one, reader_of(one, {})))
    assert library.unchanged(mark) is None
