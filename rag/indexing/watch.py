"""Files that change in folders, each told of once it has stopped changing, so that nothing is read half.

The system's events (inotify and its like, through watchfiles) only say where to look. What has changed is told by size and
time, and now and then everything is compared: an event that was lost, a folder that was moved in, and one that went away
and came back are found too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.readers.folders import is_read, leads_out

QUIET = 1.0
"""Seconds for which a file's size and time must have stood still."""
RETRY = 30.0
"""Seconds after which files are told of again, where taking them in failed."""
_EVERYTHING = 60.0
"""Seconds after which all files are compared; for 30,000 that takes a fifth of a second."""
_TICK = 0.25
SizeAndTime = tuple[int, int]
"""A file's size in bytes and its time in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that are new or have changed, and files and folders that have gone."""

    changed: tuple[Path, ...]
    gone: tuple[Path, ...]


class Watch:
    """Follows files and folders from the moment it is made; without: files and folders that are passed by."""

    def __init__(self, paths: Sequence[Path], without: Sequence[Path] = (), follow_links: bool = False) -> None:
        resolved = [path.resolve() for path in paths]
        self._folders = [str(path) for path in resolved if path.is_dir()]
        self._files = {str(path) for path in resolved if not path.is_dir()}
        self._follow_links = follow_links
        self._without = tuple(str(path.resolve()) for path in without)
        self._known = {file: mark for file in self._everything() if (mark := _mark(file))}
        self._missing: set[str] = set()
        self._pending: dict[str, tuple[SizeAndTime | None, float]] = {}  # and since when it is due

    def rounds(self) -> Iterator[Changes]:
        """What has changed since this was made, again and again and without end."""
        while True:
            until = 0.0
            for touched in self._touched():
                now = time.monotonic()
                if not until:
                    until, touched = now + _EVERYTHING, {*self._everything(), *self._known}
                self._look(touched | self._files, now)
                changes = self._settled(now)
                if changes.changed or changes.gone:
                    yield changes
                if time.monotonic() >= until:
                    break

    def again(self, files: Iterable[Path]) -> None:
        """Has files told of once more, a little later."""
        for file in map(str, files):
            self._known.pop(file, None)
            self._pending[file] = _mark(file), time.monotonic() + RETRY

    def _touched(self) -> Iterator[set[str]]:
        """Where something may have happened, several times a second; ends where the events do."""
        from watchfiles import watch

        folders = [folder for folder in self._folders if os.path.isdir(folder)]
        while not folders:
            time.sleep(_TICK)
            yield set()
        for polling in (None, True):  # the system may have no events left to give
            try:
                for changes in watch(
                    *folders,
                    watch_filter=None,
                    debounce=500,
                    step=100,
                    rust_timeout=int(_TICK * 1000),
                    yield_on_timeout=True,
                    force_polling=polling,
                    ignore_permission_denied=True,
                ):
                    yield {path for _, path in changes}
            except (FileNotFoundError, RuntimeError):  # a folder has gone just now, or the events broke
                time.sleep(_TICK)
                return
            except OSError:
                if polling:
                    raise

    def _everything(self) -> Iterator[str]:
        yield from self._files
        for folder in self._folders:
            yield from self._beneath(folder)

    def _beneath(self, folder: str) -> Iterator[str]:
        for at, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if not self._is_without(os.path.join(at, name))]
            for file in files:
                if not self._is_without(path := os.path.join(at, file)):
                    yield path

    def _is_without(self, path: str) -> bool:
        return any(path == out or path.startswith(out + os.sep) for out in self._without)

    def _look(self, touched: Iterable[str], now: float) -> None:
        """Notes which files are not as they were known."""
        vanished = []
        for path in touched:
            if self._is_without(path):
                continue
            if os.path.isdir(path):
                for file in self._beneath(path):
                    self._note(file, now)
                continue
            self._note(path, now)
            if path not in self._known and not os.path.lexists(path):
                vanished.append(path + os.sep)
        if vanished:  # they may have been folders
            within = tuple(vanished)
            for file in [file for file in self._known if file.startswith(within)]:
                self._note(file, now)

    def _note(self, file: str, now: float) -> None:
        mark = _mark(file)
        if mark == self._known.get(file):
            self._pending.pop(file, None)
        elif file not in self._pending or self._pending[file][0] != mark:
            self._pending[file] = mark, now + QUIET

    def _is_inside(self, file: Path) -> bool:
        """Whether a file of a followed folder is in one, too, where it is a link."""
        return self._follow_links or not all(leads_out(file, Path(folder)) for folder in self._folders)

    def _settled(self, now: float) -> Changes:
        """What was noted and has stood still since."""
        changed, gone = [], []
        missing = {folder for folder in self._folders if not os.path.isdir(folder)}
        away = tuple(folder + os.sep for folder in missing)
        for file, (mark, due) in list(self._pending.items()):
            if (found := _mark(file)) != mark:
                self._pending[file] = found, now + QUIET
            elif now >= due:
                del self._pending[file]
                if mark:
                    self._known[file] = mark
                    if file in self._files or (is_read(Path(file)) and self._is_inside(Path(file))):
                        changed.append(Path(file))
                elif file in self._known and not file.startswith(away):
                    del self._known[file]
                    gone.append(Path(file))
        gone += [Path(folder) for folder in missing - self._missing]
        self._missing = missing
        return Changes(tuple(changed), tuple(gone))


def _mark(file: str) -> SizeAndTime | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
