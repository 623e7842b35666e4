"""`rag index` on the command line: what is left out, columns by name, how far reading has come."""

import gzip
import json
import os
import pty
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rag.indexing.skipped import SkippedList
from rag.readers.folders import files_of
from rag.readers.readers import Place, Unreadable, readings
from tests.conftest import ROOT, Rag, line


def broken(path: Path, rows: int) -> Path:
    path.write_text('{"id": "1", "text": "نص"}\n' + "{oops\n" * rows, encoding="utf-8")
    return path


def test_what_is_left_out_is_listed_in_a_file_until_a_run_leaves_nothing_out(rag: Rag, tmp_path: Path) -> None:
    dump, listed = broken(tmp_path / "dump.jsonl", 13), tmp_path / "home" / "index" / "left-out.jsonl"
    done = rag("index", dump, code=2)
    assert done.stdout.startswith("1 new, 0 replaced, 0 unchanged, 13 left out; the library holds 1 articles")
    assert done.stdout.rstrip().endswith("articles a second")
    said = done.stderr.splitlines()
    assert len(said) == 12
    assert said[0].startswith("rag: ")
    assert "dump.jsonl: row 2: is not JSON" in said[0]
    assert said[-2] == f"rag: and 3 more: {listed}"
    assert said[-1] == f"rag: left out: is not JSON (13); {listed} lists them, with what mends each"
    rows = [json.loads(row) for row in listed.read_text(encoding="utf-8").splitlines()]
    assert [list(row) for row in rows] == [["where", "why"]] * 13
    assert rows[12]["where"].endswith("dump.jsonl: row 14")
    rag("index", tmp_path / "none", code=2)
    assert listed.exists()
    broken(dump, 0)
    assert rag("index", dump).stderr == ""
    assert not listed.exists()


def test_what_the_program_keeps_in_a_folder_that_is_indexed_is_passed_by(rag: Rag, tmp_path: Path) -> None:
    home, listed = tmp_path / "home", tmp_path / "home" / "papers" / "failed.jsonl"
    listed.parent.mkdir(parents=True)
    broken(home / "papers" / "dump.jsonl", 1)
    rag("index", home, code=2)
    for options in (["--left-out", listed], [], []):
        done = rag("index", home, *options, code=2)
        assert done.stdout.startswith("0 new, 0 replaced, 1 unchanged, 1 left out")
        listed.unlink(missing_ok=True)


def test_the_list_is_written_where_it_is_wanted_and_replaces_no_other_file(rag: Rag, tmp_path: Path) -> None:
    dump, listed = broken(tmp_path / "dump.jsonl", 1), tmp_path / "failed.jsonl"
    for _ in range(2):
        rag("index", dump, "--left-out", listed, code=2)
        assert len(listed.read_text(encoding="utf-8").splitlines()) == 1
    assert not (tmp_path / "home" / "index" / "left-out.jsonl").exists()
    before = dump.read_bytes()
    assert "is no list of what was left out" in line(rag("index", dump, "--left-out", dump, code=2).stderr)
    assert dump.read_bytes() == before
    assert "no file can be written" in line(rag("index", dump, "--left-out", tmp_path / "no" / "x", code=2).stderr)


def test_a_disk_that_refuses_the_list_does_not_end_the_run(rag: Rag, tmp_path: Path) -> None:
    dump, listed = broken(tmp_path / "dump.jsonl", 13), tmp_path / "home" / "index" / "left-out.jsonl"
    listed.mkdir(parents=True)
    done = rag("index", dump, code=2)
    assert done.stdout.startswith("1 new, 0 replaced, 0 unchanged, 13 left out")
    assert sum("is not JSON" in said for said in done.stderr.splitlines()) == 13
    assert "the list of what was left out cannot be written" in done.stderr


def test_what_a_disk_does_not_take_is_named(tmp_path: Path) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, allowed[1]))
    try:
        with SkippedList(tmp_path / "list.jsonl") as record:
            for number in range(12):
                record.add(Unreadable(str(number), "why"))
            named, more = record.latest()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert record.refused == "File too large"
    assert (len(named), more, record.count) == (12, 0, 12)


def test_two_runs_at_once_have_a_list_each(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    with SkippedList(path) as first, SkippedList(path) as second, SkippedList(path) as third:
        first.begin()
        second.begin()
        first.add(Unreadable("first", "why"))
        second.add(Unreadable("second", "why"))
        third.begin()
        third.add(Unreadable("third", "why"))
        held = [
            [json.loads(line)["where"] for line in run.path.read_text().splitlines()] for run in (first, second, third)
        ]
        assert held == [["first"], ["second"], ["third"]]
        assert first.path == path
    with SkippedList(path) as later:
        later.begin()
        assert not path.exists()


def test_a_killed_run_has_its_list(tmp_path: Path) -> None:
    with SkippedList(tmp_path / "list.jsonl") as record:
        record.begin()
        record.add(Unreadable("here", "غير مقروء"))
        row = json.loads((tmp_path / "list.jsonl").read_text(encoding="utf-8"))
    assert row == {"where": "here", "why": "غير مقروء"}


def places(path: Path) -> list[Place]:
    told: list[Place] = []
    assert list(readings(files_of([path]), told=told.append))
    assert [place.share for place in told] == sorted(place.share for place in told)
    assert told[-1].share == 1
    assert told[-1].done == told[-1].files
    return told


@pytest.mark.parametrize("kind", ["jsonl", "utf-16.jsonl", "csv", "json", "jsonl.gz", "zip"])
def test_the_share_of_one_large_file_grows_by_the_row(tmp_path: Path, kind: str) -> None:
    rows = [{"id": str(number), "text": f"نص المقال رقم {number} " + "كلام " * 500} for number in range(200)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path = tmp_path / f"dump.{kind}"
    if kind == "csv":
        path.write_text("id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in rows), encoding="utf-8")
    elif kind == "json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(lines.encode()))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for row in rows:
                archive.writestr(f"{row['id']}.txt", row["text"])
    else:
        path.write_text(lines, encoding="utf-16" if kind.startswith("utf-16") else "utf-8")
    told = places(path)
    assert len({round(place.share, 1) for place in told}) == 11
    assert (told[0].share, told[0].files) == (0, 1)


def test_the_share_of_a_folder_is_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * 900)
    (tmp_path / "b.txt").write_bytes(b"b" * 100)
    assert [(place.done, place.share) for place in places(tmp_path)] == [(0, 0), (1, 0.9), (1, 0.9), (2, 1)]


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": str(number), "text": f"نص رقم {number}"}) + "\n" for number in range(3000))
    (tmp_path / "dump.jsonl").write_text(rows, encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home"), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "rag", "index", str(tmp_path / "dump.jsonl")]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 1 << 16):
                shown += part
        except OSError:  # the terminal's other end is closed
            pass
        assert process.stdout
        assert process.stdout.read().startswith(b"3,000 new")
    os.close(ours)
    assert b"of 1 files" in shown
    assert b"lexical index" in shown


def test_ctrl_c_keeps_what_was_read_and_the_next_run_goes_on(rag: Rag, tmp_path: Path) -> None:
    rows = (json.dumps({"id": str(number), "text": f"نص المقال رقم {number}"}) for number in range(8000))
    (tmp_path / "dump.jsonl").write_text("\n".join(rows), encoding="utf-8")
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "rag", "index", str(tmp_path / "dump.jsonl")]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (kept := held(tmp_path / "home")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr
        said = line(process.stderr.read())
    assert process.returncode == 130
    assert (at_the_end := held(tmp_path / "home")) >= kept
    assert said == f"rag: interrupted; {at_the_end:,} articles are in the library; run the command again to go on"
    done = rag("index", tmp_path / "dump.jsonl")
    assert done.stdout.startswith(f"{8000 - at_the_end:,} new, 0 replaced, {at_the_end:,} unchanged")


def held(home: Path) -> int:
    """The articles in the library."""
    path = home / "index" / "library.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as db, suppress(sqlite3.OperationalError):  # not made yet
        return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    return 0


def test_columns_that_are_named_otherwise(rag: Rag, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("nr,kopf,inhalt,tag\n7,عنوان,هطل المطر على حلب,2015-07-21\n", encoding="utf-8")
    assert "has no column of text" in line(rag("index", table, code=2).stderr)
    rag("index", table, "--columns", "id=nr,title=kopf,text=inhalt,date=tag")
    (row,) = json.loads(rag("list", "--json").stdout)
    assert (row["article"], row["title"], row["date"]) == ("7", "عنوان", "2015-07-21")
    assert rag("show", "7").stdout == "هطل المطر على حلب\n"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("body=inhalt", "there is no field 'body'; expected some of id, text"),
        ("text=none", "has no column of text in its first line"),
        ("text", "--columns has 'text'; expected FIELD=NAME"),
        ("=inhalt", "--columns has '=inhalt'; expected FIELD=NAME"),
    ],
)
def test_columns_that_are_wrong_get_one_clear_line(rag: Rag, tmp_path: Path, columns: str, said: str) -> None:
    (tmp_path / "table.csv").write_text("nr,inhalt\n7,هطل المطر\n", encoding="utf-8")
    assert said in line(rag("index", tmp_path / "table.csv", "--columns", columns, code=2).stderr)
    assert rag("list").stdout == ""


def test_a_run_ends_with_what_a_person_can_do(rag: Rag, tmp_path: Path) -> None:
    folder, listed = tmp_path / "papers", tmp_path / "home" / "index" / "left-out.jsonl"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"نص المقال رقم {number} في المدينة.", encoding="utf-8")
        (folder / f"empty{number}.txt").write_text("", encoding="utf-8")
        (folder / f"old{number}.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (folder / "t.csv").write_text("id,text,date\n1,نص أول,حوالي 1950\n2,,2015\n3,نص ثالث,-\n", encoding="utf-8")
    done = rag("index", folder, code=2)
    assert done.stdout.startswith(
        "5 new, 0 replaced, 0 unchanged, 7 left out, 1 undated, for their dates cannot be read; "
    )
    *_, undated, reasons = done.stderr.splitlines()
    assert undated.endswith(
        "t.csv: row 1: its date 'حوالي 1950' cannot be read; it is in the library without one, until `rag edit`"
    )
    assert reasons == (
        f"rag: left out: is empty (3), is an old Office file (3), has no text (1); {listed} lists them, with what mends each"
    )
    dates = {row["article"]: row["date"] for row in json.loads(rag("list", "--json").stdout)}
    assert (dates["1"], dates["3"]) == (None, None)


def test_how_many_lines_recur_is_said(rag: Rag, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for n in range(5):
        (folder / f"{n}.txt").write_text(f"افتتح الوزير مدرسة رقم {n} في المدينة.\nشارك على تويتر\n", encoding="utf-8")
    assert "; lines that recur at their ends and are not searched: 1" in rag("index", folder).stdout
    answer = json.loads(rag("ask", "من افتتح المدرسة رقم 3؟", "--json").stdout)
    assert all("شارك" not in passage["text"] for passage in answer["passages"])
