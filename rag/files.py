"""What the program does with files on disk: written wholly or not at all, lasting, told from others, and removed."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_TRIES, _PAUSE = 5, 0.05
"""How often a folder that fills again is emptied, and the seconds between."""


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write in place of another, wholly or not at all; it lasts when this ends. OSError where the disk refuses."""
    whole = path.with_name(f"{path.name}.new")
    try:
        with whole.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(whole, path)
        make_durable(path.parent)
    except BaseException:
        whole.unlink(missing_ok=True)
        raise


def make_private(folder: Path) -> None:
    """Makes a folder that its owner alone can open, or closes one that is there to others, with all that it holds.

    One of another owner stays as it is, as does any on Windows, where folders of a person's are closed by their place. OSError
    where the disk refuses.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if os.name == "nt" or not is_open(folder) or found.st_uid != os.getuid():
        return
    for held in folder.rglob("*"):
        with suppress(FileNotFoundError):  # another process is at work there
            if not held.is_symlink():
                held.chmod(0o700 if held.is_dir() else 0o600)
    folder.chmod(0o700)  # last, so that what was interrupted is done again


def is_open(folder: Path) -> bool:
    """Whether others than its owner can open a folder or a file."""
    return os.name != "nt" and bool(folder.stat().st_mode & 0o077)


def make_durable(folder: Path) -> None:
    """Has the names in a folder survive a loss of power."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def clear(path: Path) -> None:
    """Removes what lies at a path, a file or a folder with all that it holds; nothing where there is nothing.

    tantivy makes a lock file in a folder whenever somebody who has the index open looks whether it has changed, so that a
    folder may fill again while it is emptied.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for left in reversed(range(_TRIES)):
        try:
            shutil.rmtree(path)
            return
        except OSError as e:
            if e.errno not in (errno.ENOTEMPTY, errno.ENOENT) or not left:
                raise
            time.sleep(_PAUSE)
            if not path.exists():
                return


def signature(path: Path) -> object:
    """What tells whether a file is still the one that was read: another one, or another time of writing, gives another."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
