"""Legs that catch up in a process of their own, so that indexing a big archive uses two cores.

The process writes indexes on behalf of the one that started it, which holds the lock and waits; it ends by itself when that
one is gone. What it does not bring about (it may not even start) is left to its parent, which looks after it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rag.search.catch_up import Progress

_PAUSE = 0.2
"""Seconds between two words about progress, and between two looks at whether there is something to do."""
_BEGIN = "import sys; sys.path[:] = {path!r}; from {module} import {name}; {name}(*sys.argv[1:])"


class Other:
    """What the other process has said; notice: of its catching up, once it is done."""

    notice = ""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def finish(self) -> None:
        """Has one that follows catch up for the last time."""
        if self._process and self._process.stdin:
            with suppress(OSError):  # it has ended
                self._process.stdin.write("\n")
                self._process.stdin.flush()


@contextmanager
def apart(work: Callable[..., None], arguments: Sequence[str], progress: Progress | None) -> Iterator[Other]:
    """Runs a function of a module, which calls `following`, beside the body, and waits for it when the body ends.

    It is stopped where the body fails.
    """
    begin = _BEGIN.format(path=[entry or os.getcwd() for entry in sys.path], module=work.__module__, name=work.__name__)
    other = Other()
    try:
        process = other._process = _started(begin, *arguments)
    except OSError:  # no memory, too many processes: the parent does the work
        yield other
        return
    listener = threading.Thread(target=_listen, args=(process, other, progress), daemon=True)
    listener.start()
    try:
        yield other
        listener.join()
    finally:
        process.kill()
        process.wait()
        listener.join()
        for stream in process.stdin, process.stdout:
            assert stream is not None
            with suppress(OSError):
                stream.close()


def _started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the parent to handle
        text=True,
        encoding="utf-8",
    )


def _listen(process: subprocess.Popen[str], other: Other, progress: Progress | None) -> None:
    assert process.stdout is not None
    with suppress(ValueError):  # a line that is cut short, of a process that was stopped
        for line in process.stdout:
            said = json.loads(line)
            if isinstance(said, str):
                other.notice = said
            elif progress:
                progress(*said)


def following(is_behind: Callable[[], bool], catch_up: Callable[[Progress], str]) -> None:
    """In the other process: catches up whenever it is behind until `Other.finish` is called, then for the last time, and says
    how far it is and what was repaired; ends when its parent is gone."""
    told, last = _told_by_parent(), 0.0

    def show(name: str, done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last > _PAUSE:
            last = time.monotonic()
            _say([name, done, total])

    while not told.wait(_PAUSE):
        if is_behind():
            catch_up(lambda *_: None)
    _say(catch_up(show))


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


def _told_by_parent() -> threading.Event:
    """Is set when the parent says that this process shall finish; the process ends at once when the parent is gone."""
    told = threading.Event()

    def listen() -> None:
        while sys.stdin.readline():
            told.set()
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    return told
