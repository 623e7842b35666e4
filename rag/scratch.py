"""Folders for what is needed for a moment: unpacked files, uploads, a library that is thrown away.

Each is locked while it is in use; one that a killed process left behind is not, and is removed when the next is made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_PREFIX = "rag-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder among the system's temporary ones, removed with what it holds when this ends. OSError where the disk refuses."""
    _clear_away()
    folder, lock = _locked()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked() -> tuple[Path, int]:
    """A new folder, and what holds its lock; another one where somebody takes it for left behind before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


@cache  # once in a process
def _clear_away() -> None:
    """Removes what this person's killed processes left."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError):
                _remove_unused(folder)


def _remove_unused(folder: Path) -> None:
    """Removes a folder unless it is in use; OSError where that cannot be told."""
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
