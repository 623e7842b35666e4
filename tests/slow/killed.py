"""What is killed: a `rag` command in a process of its own, which SIGKILL ends at a chosen moment from inside, or the test from
outside at any time. Processes are forked from one that has imported everything, so that a hundred take minutes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import rag.search.catch_up
import rag.search.lexical
from rag import wiring  # noqa: F401  imported once, before anything is forked
from rag.cli import main as cli
from rag.indexing import intake
from rag.library import Library
from rag.library.origins import FileFingerprint

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.slow.killed"])


class _Point:
    """Counts how often the process comes past a named point, and ends it at the n-th time."""

    def __init__(self, at: int) -> None:
        self.left = at

    def passed(self) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


class _Connection(sqlite3.Connection):
    point: _Point | None = None

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.point:
            self.point.passed()
            done = super().execute(sql, *parameters)
            self.point.passed()
            return done
        return super().execute(sql, *parameters)


def _watch(at: int) -> _Point:
    """Has the process killed at its n-th point: before and after each os.replace, os.fsync, COMMIT, and sealing of the lexical
    index, whose own commit lies before."""
    point = _Point(at)

    def around(module: Any, name: str) -> None:
        function = getattr(module, name)

        def watched(*arguments: Any, **keywords: Any) -> Any:
            point.passed()
            done = function(*arguments, **keywords)
            point.passed()
            return done

        setattr(module, name, watched)

    for module, name in ((os, "replace"), (os, "fsync"), (os, "rmdir"), (rag.search.lexical, "_seal")):
        around(module, name)
    _Connection.point = point
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **{"factory": _Connection, **k})  # type: ignore[assignment,misc]
    return point


def _acknowledge(home: str) -> None:
    """Has each article that the library says it has taken in, or out, written to a file before anything else happens."""

    def after(name: str, said: str) -> None:
        function = getattr(Library, name)

        def acknowledged(self: Library, given: Any, *others: Any) -> Any:
            taken = list(given)
            done = function(self, taken, *others)
            ids = (
                item if isinstance(item, str) else item.article.id
                for item in taken
                if not isinstance(item, FileFingerprint)
            )
            with open(f"{home}/acknowledged", "a", encoding="utf-8") as file:
                file.write("".join(f"{said} {id_}\n" for id_ in ids))
            return done

        setattr(Library, name, acknowledged)

    after("take", "add")
    after("remove", "remove")


def _run(home: str, arguments: list[str], at: int, batch: int, far: int) -> None:
    os.environ["RAG_HOME"] = home
    Path(home).mkdir(exist_ok=True)
    sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    intake.BATCH, rag.search.catch_up.FAR = batch, far
    _acknowledge(home)
    point = _watch(at) if at else None
    try:
        cli.main(arguments)
    finally:
        if point:
            Path(home, "points").write_text(str(at - point.left))


def run(
    home: Path, *arguments: str, at: int = 0, after: float | None = None, batch: int = 20, far: int = 10_000
) -> int | None:
    """Runs a command until it ends or is killed, at its n-th point (-1: at none, but they are counted in
    the file `points`) or after so many seconds; gives back its exit code, -9
    where it was killed. far: passages for which another process is started."""
    process = CONTEXT.Process(target=_run, args=(str(home), list(arguments), at, batch, far))
    process.start()
    process.join(after)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode
