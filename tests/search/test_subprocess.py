"""A leg that catches up in another process: what it says, when it fails, and when either process is stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag import wiring
from rag.search.catch_up import Progress, is_current, is_far_behind
from rag.search.retriever import Retriever
from rag.search.subprocess import apart, following
from rag.settings import load_settings
from rag.types import Article
from tests.conftest import ROOT, HashEmbedder, parsed

PATIENCE = 60


def says(name: str, text: str) -> None:
    def catch_up(progress: Progress) -> str:
        progress(name, 1, 2)
        progress(name, 2, 2)
        return text

    following(lambda: True, catch_up)


def lasts(mark: str, *_: str) -> None:
    def catch_up(_: Progress) -> str:
        Path(mark).write_text(str(os.getpid()))
        time.sleep(PATIENCE)
        return ""

    following(lambda: True, catch_up)


def fails(*_: str) -> None:
    os._exit(3)


def pid_in(mark: Path) -> int:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if mark.exists() and (text := mark.read_text()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError("it did not start")


def ends(pid: int) -> bool:
    until = time.monotonic() + PATIENCE / 2
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def test_its_progress_and_its_notice_are_told() -> None:
    shown: list[tuple[str, int, int]] = []
    with apart(says, ("lexical", "was mended"), lambda *step: shown.append(step)) as other:
        other.finish()
    assert other.notice == "was mended"
    assert shown[-1] == ("lexical", 2, 2)


def test_one_that_fails_says_nothing() -> None:
    with apart(fails, ("", ""), None) as other:
        other.finish()
    assert other.notice == ""


def test_one_that_does_not_start_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with apart(says, ("lexical", ""), None) as other:
        other.finish()
    assert other.notice == ""


def test_it_is_stopped_where_the_body_fails(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def interrupted() -> None:
        with apart(lasts, (str(mark), ""), None):
            pid_in(mark)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ends(pid_in(mark))


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = (
        "from rag.search.subprocess import apart; from tests.search.test_subprocess import lasts; import time\n"
        f"with apart(lasts, ({str(mark)!r}, ''), None): time.sleep({PATIENCE})"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as parent:
        pid = pid_in(mark)
        parent.send_signal(signal.SIGKILL)
    assert ends(pid)


@pytest.mark.parametrize("work", [wiring.follow, fails])
def test_a_big_archive_is_indexed_by_two_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: object
) -> None:
    monkeypatch.setattr("rag.search.catch_up.FAR", 30)
    monkeypatch.setattr("rag.wiring.follow", work)
    settings = load_settings(home=tmp_path)
    shown: list[str] = []
    with wiring.open_library(settings) as library:
        library.add(Article(str(i), f"قال الوزير رقم {i} إن المشروع سيبدأ قريبا.") for i in range(40))
        retriever = wiring.open_retriever(settings, library, wiring.shipped_embedder())
        notices = retriever.catch_up(lambda name, done, total: shown.append(name))
        assert [notice.split(" index")[0] for notice in notices] == ["the lexical", "the dense"]
        assert set(shown) == {"lexical", "dense"}
        assert is_current(retriever.engine.lexical, library)
        assert is_current(retriever.engine.dense, library)
        assert retriever.search(parsed("ماذا قال الوزير رقم 7؟"))[0].passage.article == "7"


def test_the_indexes_follow_while_articles_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.search.catch_up.FAR", 30)
    settings = load_settings(home=tmp_path)
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, wiring.shipped_embedder())
        with retriever.following() as follow:
            for turn in range(4):
                library.add(Article(f"{turn}-{i}", f"قال الوزير رقم {turn}{i} إن المشروع سيبدأ.") for i in range(20))
                follow()
        assert all(is_current(leg, library) for leg in retriever.engine.indexes)
        assert retriever.catch_up() == []
        assert retriever.search(parsed("ماذا قال الوزير رقم 37؟"))[0].passage.article == "3-7"


def test_another_model_is_not_in_memory_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.search.catch_up.FAR", 1)
    settings = load_settings(home=tmp_path)
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, HashEmbedder())
        with retriever.following() as follow:
            library.add([Article("1", "قال الوزير إن المشروع سيبدأ.")])
            follow()
        assert retriever.engine.lexical.state() is not None
        assert retriever.engine.dense.state() is None


def test_a_dense_index_is_written_anew_when_it_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.search.catch_up.FAR", 1)
    settings = load_settings(home=tmp_path)
    with wiring.open_library(settings) as library:
        library.add(Article(str(i), f"قال الوزير رقم {i} إن المشروع سيبدأ.") for i in range(80))
        retriever = wiring.open_retriever(settings, library, wiring.shipped_embedder())
        retriever.catch_up()
        for more, behind in ((9, ["lexical"]), (1, ["lexical", "dense"])):
            library.add(Article(f"{more}-{i}", f"وصل الوفد رقم {i}.") for i in range(more))
            assert [leg.name for leg in retriever.engine.indexes if is_far_behind(leg, library)] == behind


def test_what_follows_is_stopped_where_adding_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.search.catch_up.FAR", 1)
    monkeypatch.setattr("rag.wiring.follow", lasts)
    settings = load_settings(home=tmp_path)
    (tmp_path / "index").mkdir()

    def interrupted(retriever: Retriever) -> None:
        with retriever.following() as follow:
            retriever.library.add([Article("1", "قال الوزير إن المشروع سيبدأ.")])
            follow()
            pid_in(tmp_path / "index" / "pid")
            raise KeyboardInterrupt

    with wiring.open_library(settings) as library:
        monkeypatch.setattr(library, "path", tmp_path / "index" / "pid")  # where the other process says its number
        retriever = wiring.open_retriever(settings, library, wiring.shipped_embedder())
        with pytest.raises(KeyboardInterrupt):
            interrupted(retriever)
    assert ends(pid_in(tmp_path / "index" / "pid"))
