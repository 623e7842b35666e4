"""Folders for what is needed for a moment: unpacked files, uploads, a library that is thrown away.

Each is locked while it is in use; one that a killed process left behind is not, and is removed when the next is made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "rag-working-"
_LOCK, _FILES = "lock", "files"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder among the system's temporary ones, removed with what it holds when this ends. OSError where the disk refuses."""
    _clear_away()
    folder, lock = _locked()
    try:
        files = folder / _FILES
        files.mkdir()
        yield files
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _locked() -> tuple[Path, FileLock]:
    """A new folder, and its lock, held; another one where somebody takes it for left behind before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = FileLock(folder / _LOCK)
        with suppress(FileNotFoundError):
            lock.acquire()
            if folder.exists():
                return folder, lock
            lock.release()


@cache  # once in a process
def _clear_away() -> None:
    """Removes what this person's killed processes left."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError, Timeout):
                _remove_unused(folder)


def _remove_unused(folder: Path) -> None:
    """Removes a folder unless it is in use; OSError or Timeout where that cannot be told, or it is."""
    owner = getattr(os, "getuid", lambda: folder.stat().st_uid)()  # Windows has a temporary folder for each person
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != owner:
        return
    with FileLock(folder / _LOCK, timeout=0):
        shutil.rmtree(folder / _FILES, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
