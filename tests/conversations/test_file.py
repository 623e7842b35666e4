"""The file of the conversations: shared, damaged, and without what was deleted."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag.conversations import Conversations, Turn
from rag.conversations.store import FORMAT
from rag.errors import HistoryError, LibraryError
from rag.library import Library
from rag.types import Answer
from tests.conftest import ROOT
from tests.conversations.conftest import SCOPE, turn

SAVING = """
import sys
from pathlib import Path
from rag.conversations import Conversations
from tests.conversations.conftest import turn
with Conversations(Path(sys.argv[1])) as kept:
    for i in range(25):
        kept.save("o", turn(f"{sys.argv[2]}{i}", "shared"))
        kept.save("o", turn(f"{sys.argv[2]}-{i}", f"{sys.argv[2]}-{i}"))
        if i % 5 == 0:
            kept.delete("o", f"{sys.argv[2]}-{i}")
"""


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    running = [subprocess.Popen([sys.executable, "-c", SAVING, str(path), name], cwd=ROOT) for name in "ab"]
    assert [process.wait(timeout=100) for process in running] == [0, 0]
    with Conversations(path) as kept:
        shared = [t.id for t in kept.turns("o", "shared")]
        for name in "ab":
            assert [id_ for id_ in shared if id_.startswith(name)] == [f"{name}{i}" for i in range(25)]
        assert len(kept.listed("o")) == 1 + 2 * 20


def test_a_new_file_is_made_once_where_several_make_it_at_the_same_moment(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def made(path: Path) -> int:
        together.wait()
        with Conversations(path) as kept:
            return kept.count()

    with ThreadPoolExecutor(4) as threads:
        for i in range(50):
            assert list(threads.map(made, [tmp_path / f"{i}.sqlite"] * 4)) == [0, 0, 0, 0]


def test_many_threads_on_one_store(kept: Conversations) -> None:
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for i in range(15):
                kept.save(name, turn(f"{name}{i}", f"c{name}"))
                kept.rate(name, f"{name}{i}", 1)
                assert len(kept.turns(name, f"c{name}")) == i + 1
                assert [c.id for c in kept.listed(name, "الوزير")] == [f"c{name}"]
                list(kept.rated())
        except BaseException as e:
            failed.append(e)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(list(kept.rated())) == 6 * 15


def files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def test_what_is_deleted_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    chance = random.Random(7)  # one with which secure_delete alone leaves copies behind
    with Conversations(path) as kept:
        for i in range(400):
            conversation = f"c{i % 10}" if i < 10 else f"c{chance.randrange(10)}"
            text = f"secret-{conversation}-" * chance.choice([1, 1, 1, 5, 5, 30, 30, 90, 200, 600])
            asked = Turn(f"t{i}", conversation, Answer(f"secret-{conversation}-", "answered", text, "w"), SCOPE, "2026")
            kept.save("o", asked)
            if chance.random() < 0.5:
                kept.save("o", replace(asked, answer=replace(asked.answer, text=text[: len(text) // 2], done=True)))
        kept.rename("o", "c3", "secret-c3-")
        kept.rate("o", "t3", 1, "secret-c3-")
        for conversation in ("c3", "c7", "c1"):
            secret = f"secret-{conversation}-".encode()
            assert secret in files(path)
            kept.delete("o", conversation)
            assert secret not in files(path), "while it is open"
        for id_ in [t.id for t in kept.turns("o", "c6")]:
            kept.discard("o", id_)
    assert [b"secret-c%d-" % i in files(path) for i in range(10) if i != 6] == [
        i not in (1, 3, 7) for i in range(10) if i != 6
    ]


def test_a_damaged_file_says_what_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    path.write_bytes(b"something else entirely " * 50)
    with pytest.raises(
        HistoryError,
        match=r"not a database; restore it from a copy \(`rag restore FILE --replace`\), or delete it .* nothing else",
    ):
        Conversations(path)
    assert path.read_bytes().startswith(b"something else")


def test_a_file_damaged_inside_says_so_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    with Conversations(path) as kept:
        for i in range(50):
            kept.save("o", turn(f"{i}", f"c{i}"))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with (
        Conversations(path) as kept,
        pytest.raises(
            HistoryError, match=r"malformed; restore it from a copy \(`rag restore FILE --replace`\), or delete"
        ),
    ):
        kept.turns("o", "c7")


def test_a_turn_that_is_none_names_its_conversation(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    with Conversations(path) as kept:
        kept.save("o", turn("1"))
        with sqlite3.connect(path) as db:
            db.execute("UPDATE turns SET answer = ?", (b'{"question": "x"}',))
        db.close()
        with pytest.raises(HistoryError, match=r"conversation 'c' .* delete the conversation"):
            kept.turns("o", "c")
        kept.delete("o", "c")


def test_another_format_and_another_kind_are_refused(tmp_path: Path) -> None:
    path, library = tmp_path / "conversations.sqlite", tmp_path / "library.sqlite"
    Conversations(path).close()
    Library(library).close()
    with pytest.raises(HistoryError, match="not a history"):
        Conversations(library)
    with pytest.raises(LibraryError, match="not a library"):
        Library(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT format FROM meta").fetchone() == (FORMAT,)
        db.execute("UPDATE meta SET format = 99")
    db.close()
    with pytest.raises(HistoryError, match="format 99"):
        Conversations(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be made"):
        Conversations(tmp_path / "file" / "conversations.sqlite")


def test_a_search_waits_for_nobody_and_nobody_for_it(kept: Conversations) -> None:
    kept.save("o", turn("t1", "c1"))
    with ThreadPoolExecutor(1) as pool, kept._lock:  # as a turn holds it that is being saved
        assert [c.id for c in pool.submit(kept.listed, "o", "x" * 10_000 + " x" * 100_000).result(60)] == []
        assert [c.id for c in pool.submit(kept.listed, "o").result(60)] == ["c1"]
