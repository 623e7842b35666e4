"""One system of the comparison in a process of its own: what it is given, and what it says of itself, one object a line.

Runs in the systems' own environments too, so it needs nothing but Python. The process gets its `Task` as JSON in its only
argument. It says "ready" when the passages are read and the models loaded, "indexed" with the seconds from the texts to an
index that can be searched, "saved" with the bytes on disk, and "asked" for each number of askers.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

FOUND = 10
"""Passages that every system is asked for."""
BATCH = 256
"""Texts that the rivals embed at once; their 32 is meant for transformers, and takes longer here."""
Passages = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Task:
    """passages: rows of `id` and `text`. questions: two lists, to warm up with and to ask. embedder: folder of the shipped
    one. folder: to save in. askers: how many ask at once, one measurement each. seconds: how long each of them, and warming
    up, may take; what is not asked then is left out.
    """

    passages: str
    questions: str
    embedder: str
    folder: str
    askers: Sequence[int]
    seconds: float


class System(Protocol):
    """One way to search passages."""

    def index(self, passages: Passages) -> None: ...

    def save(self, folder: Path) -> None: ...

    def search(self, question: str) -> list[int]:
        """The ids of the FOUND best passages, best first."""
        ...


def task() -> Task:
    """What this process was given."""
    return Task(**json.loads(sys.argv[1]))


def say(event: str, **what: object) -> None:
    print(json.dumps({"event": event, **what}), flush=True)


def measure(system: Callable[[Task], System], packages: Sequence[str]) -> None:
    """Indexes, saves and asks; packages: those whose versions are told."""
    given = task()
    with Path(given.passages).open(encoding="utf-8") as file:
        passages = [(row["id"], row["text"]) for row in map(json.loads, file)]
    opened = system(given)
    say("ready", versions={name: version(name) for name in packages})
    began = time.perf_counter()
    opened.index(passages)
    say("indexed", seconds=time.perf_counter() - began)
    folder = Path(given.folder)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    opened.save(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say("saved", seconds=time.perf_counter() - began, bytes=size)
    del passages
    ask(opened.search, given)


def ask(search: Callable[[str], list[int]], given: Task) -> list[str]:
    """Asks the questions with each number of askers, and says the seconds of each and what was found; the questions."""
    warm, questions = json.loads(Path(given.questions).read_text(encoding="utf-8"))
    end = time.perf_counter() + given.seconds
    for question in warm:
        if time.perf_counter() < end:
            search(question)
    for askers in given.askers:
        say("asked", askers=askers, **_together(search, questions, askers, given.seconds))
    return list(questions)


def _together(search: Callable[[str], list[int]], questions: list[str], askers: int, limit: float) -> dict[str, object]:
    """The askers take the next question each until all are asked or the time is up."""
    left = iter(enumerate(questions))
    lock = threading.Lock()
    seconds: dict[int, float] = {}
    found: dict[int, list[int]] = {}
    failed: list[str] = []
    start = time.perf_counter()

    def one() -> None:
        while time.perf_counter() - start < limit:
            with lock:
                number, question = next(left, (-1, ""))
            if number < 0:
                return
            began = time.perf_counter()
            try:
                found[number] = search(question)
                seconds[number] = time.perf_counter() - began
            except Exception as e:  # a system that cannot be asked by several at once is told as such
                failed.append(f"{type(e).__name__}: {e}")

    threads = [threading.Thread(target=one) for _ in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    return {
        "wall": wall,
        "seconds": list(seconds.values()),
        "found": found if askers == 1 else {},
        "failed": failed[:3],
    }
