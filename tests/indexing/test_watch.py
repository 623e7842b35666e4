"""`rag index --watch` as a process of its own, on a folder that changes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from rag import wiring
from rag.settings import load_settings
from tests.conftest import ROOT, Rag, parsed

_PATIENCE = 60


class Watched:
    """The process and what it says, line by line."""

    def __init__(self, home: Path, *paths: Path, **env: str) -> None:
        full = {**os.environ, "RAG_HOME": str(home), "PYTHONPATH": f"{ROOT / 'tests' / 'offline'}:{ROOT}", **env}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rag", "index", "--watch", *map(str, paths)],
            env=full,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for said in self.process.stdout:
            self._lines.put(said.rstrip("\n"))

    def says(self, part: str) -> str:
        """The next line that holds the words."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                said = self._lines.get(timeout=1)
            except Empty:
                continue
            self.heard.append(said)
            if part in said:
                return said
        raise AssertionError(f"{part!r} was not said: {self.heard}")

    def interrupt(self, code: int = 0) -> str:
        """Ctrl-C; the summary. code: the exit code."""
        self.process.send_signal(signal.SIGINT)
        said = self.says("in all")
        assert self.process.wait(_PATIENCE) == code
        return said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "first.txt").write_text("قال الوزير إن السعر ثابت.", encoding="utf-8")
    return tmp_path / "papers"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    running: list[Watched] = []

    def begin(*paths: Path, **env: str) -> Watched:
        watched = Watched(tmp_path / "home", *paths, **env)
        running.append(watched)
        watched.says("Ctrl-C ends it")
        return watched

    yield begin
    for watched in running:
        if watched.process.poll() is None:
            watched.process.kill()
        watched.process.wait()
        watched.process.stdout.close()


def test_what_is_added_changed_and_taken_away(folder: Path, start: Callable[..., Watched], rag: Rag) -> None:
    watched = start(folder)
    assert any(said.startswith("1 new, 0 replaced, 0 unchanged") for said in watched.heard)
    (folder / "within").mkdir()
    (folder / "within" / "second.txt").write_text("هطل المطر على حلب.", encoding="utf-8")
    watched.says("1 new, 0 replaced, 0 unchanged")
    (folder / "first.txt").write_text("قال الوزير إن السعر ارتفع كثيرا.", encoding="utf-8")
    watched.says("0 new, 1 replaced, 0 unchanged")
    assert "ارتفع" in rag("show", "first.txt").stdout
    (folder / "broken.jsonl").write_text("{oops\n", encoding="utf-8")
    watched.says("0 new, 0 replaced, 0 unchanged, 1 left out")
    watched.says("broken.jsonl: row 1: is not JSON")
    (folder / "first.txt").unlink()
    assert "`rag remove first.txt`" in watched.says("has gone")
    assert len(json.loads(rag("list", "--json").stdout)) == 2
    assert watched.interrupt(code=2).startswith(
        "in all 2 new, 1 replaced, 0 unchanged, 1 left out; the library holds 2 "
    )


def test_a_file_that_is_being_copied_is_not_indexed_half(folder: Path, start: Callable[..., Watched], rag: Rag) -> None:
    watched = start(folder)
    with (folder / "dump.jsonl").open("w", encoding="utf-8") as copied:
        for number in range(12):
            copied.write(json.dumps({"id": f"r{number}", "text": f"نص المقال رقم {number}"}) + "\n")
            copied.flush()
            time.sleep(0.25)
    said = watched.says(" new,")
    assert said == "12 new, 0 replaced, 0 unchanged"
    watched.interrupt()


def test_a_folder_moved_in_is_read_and_an_article_of_another_file_is_not_replaced(
    folder: Path, tmp_path: Path, start: Callable[..., Watched], rag: Rag
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "third.txt").write_text("نص ثالث", encoding="utf-8")
    (elsewhere / "first.txt").write_text("نص آخر بالاسم نفسه", encoding="utf-8")
    watched = start(folder)
    elsewhere.rename(folder / "moved")
    watched.says("2 new, 0 replaced, 0 unchanged")
    assert "السعر ثابت" in rag("show", "first.txt").stdout
    assert "بالاسم نفسه" in rag("show", "moved/first.txt").stdout
    (folder / "moved" / "first.txt").write_text("نص آخر وتغير", encoding="utf-8")
    watched.says("0 new, 1 replaced, 0 unchanged")
    (folder / "moved" / "first.txt").unlink()
    assert "`rag remove moved/first.txt`" in watched.says("has gone")
    watched.interrupt()


@pytest.mark.parametrize("env", [{}, {"WATCHFILES_FORCE_POLLING": "true"}], ids=["events", "polling"])
def test_an_empty_folder_and_a_single_file_are_followed(
    tmp_path: Path, start: Callable[..., Watched], env: dict[str, str]
) -> None:
    (tmp_path / "empty").mkdir()
    single = tmp_path / "one.txt"
    single.write_text("نص", encoding="utf-8")
    watched = start(tmp_path / "empty", single, **env)
    (tmp_path / "empty" / "new.txt").write_text("نص جديد", encoding="utf-8")
    watched.says("1 new, 0 replaced")
    whole = tmp_path / "whole.txt"
    whole.write_text("نص آخر", encoding="utf-8")
    whole.replace(single)  # as editors save
    watched.says("0 new, 1 replaced")
    watched.interrupt()


def test_a_process_that_searches_meanwhile_finds_what_is_new(
    folder: Path, tmp_path: Path, start: Callable[..., Watched]
) -> None:
    watched = start(folder)
    settings = load_settings(home=tmp_path / "home")
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        assert [hit.passage.article for hit in retriever.search(parsed("هطل المطر على حلب"))] == ["first.txt"]
        (folder / "rain.txt").write_text("هطل المطر على حلب.", encoding="utf-8")
        watched.says("1 new, 0 replaced")
        assert retriever.search(parsed("هطل المطر على حلب"))[0].passage.article == "rain.txt"
    watched.interrupt()


def test_a_round_that_fails_does_not_end_the_watch(
    folder: Path, tmp_path: Path, start: Callable[..., Watched], rag: Rag
) -> None:
    watched = start(folder)
    lock = tmp_path / "home" / "index" / "writing.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    (folder / "second.txt").write_text("هطل المطر على حلب.", encoding="utf-8")
    assert "cannot be written" in watched.says("it is tried again")
    lock.rmdir()
    (folder / "third.txt").write_text("نص ثالث", encoding="utf-8")
    watched.says("1 new, 0 replaced, 0 unchanged")
    assert "in all 3 new" in watched.interrupt()
    found = json.loads(rag("search", "المطر على حلب", "--json").stdout)
    assert found[0]["article"] == "second.txt"


def test_standard_input_cannot_be_watched(rag: Rag) -> None:
    assert "cannot be watched" in rag("index", "--watch", "-", code=2).stderr
