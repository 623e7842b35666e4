"""The list of what a run skipped: a file of JSON lines, {"where","why"} each, written as the run goes."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from filelock import FileLock, Timeout

from rag.errors import InputError
from rag.readers.readers import Unreadable

NAMED = 10
"""How many are kept to be named, where the file holds them all."""
_ID = re.compile(r"^\(id .{0,300}?\) ")
_REASON = re.compile(r"[A-Za-z/ -]*")
_FIELDS = {"where", "why"}


class SkippedList:
    """What a run skips; the file is there if, and only if, that is something.

    count: how many there are. reasons: how many of each, without what is said of one alone. refused: why the disk does not take the
    file, "" where it does; from then on all are named.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.count, self.refused = path, 0, ""
        self.reasons: Counter[str] = Counter()
        self._named: list[Unreadable] = []
        self._told = 0
        self._file: IO[str] | None = None
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            with suppress(OSError):  # what a full disk did not take
                self._file.close()
        self._lock.release()

    def begin(self) -> None:
        """Has the list of an earlier run give way; beside that of another one that is running this one has its own."""
        try:
            self._lock.acquire()
            self.path.unlink(missing_ok=True)
        except Timeout:
            self._stand_aside()
        except OSError as e:
            self.refused = e.strerror or str(e)

    def _stand_aside(self) -> None:
        self.path = self.path.with_stem(f"{self.path.stem}-{os.getpid()}")

    def add(self, item: Unreadable) -> None:
        """Puts it on the list. A disk that refuses is no reason to end a run."""
        self.count += 1
        self.reasons[reason(item)] += 1
        if not self.refused:
            self._write(item)
        if self.refused or len(self._named) < NAMED:
            self._named.append(item)

    def latest(self) -> tuple[list[Unreadable], int]:
        """What has come since this was last asked: those to name, and how many more there are, in the file alone."""
        named, more = self._named, self.count - self._told - len(self._named)
        self._named, self._told = [], self.count
        return named, more

    def _write(self, item: Unreadable) -> None:
        row = {"where": item.where, "why": item.why}
        try:
            self._file = self._file or self._opened()
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as e:
            self.refused = e.strerror or str(e)

    def _opened(self) -> IO[str]:
        """The file, which nobody else writes."""
        try:
            return self.path.open("x", encoding="utf-8", errors="backslashreplace")
        except FileExistsError:
            self._stand_aside()
            return self.path.open("w", encoding="utf-8", errors="backslashreplace")


def reason(item: Unreadable) -> str:
    """What is wrong, in the words that are the same for all of which it is: without quotes, numbers and what mends it."""
    found = _REASON.match(_ID.sub("", item.why))
    return (found[0] if found else "").strip(" -/") or "is not as expected"


def checked(path: Path) -> Path:
    """A path that a person gives for the list; InputError where it would replace another file, or lies in no folder."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"no file can be written at {path}; expected a name in a folder that is there")
    if path.exists() and not _is_list(path):
        raise InputError(f"{path} is there, and is no list of what was left out; give another name with --left-out")
    return path


def _is_list(path: Path) -> bool:
    """Whether a file is such a list, or empty."""
    try:
        with path.open("rb") as file:
            first = file.readline(1 << 20)
        row = json.loads(first) if first else dict.fromkeys(_FIELDS)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(row, dict) and set(row) == _FIELDS
