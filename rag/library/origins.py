"""Which file an article came from: what a library keeps of files, and what articles are called by theirs.

Paths are kept as the bytes that the disk has, absolute, without links. Reads no file; only looks whether one is still there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.types import Article

COLUMNS = ("file INTEGER", "within TEXT")
"""Of `articles`: the file that gave it last, NULL if it does not last; and the place in it that it is called by, NULL for its own id."""
SCHEMA = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER, changed INTEGER, reader TEXT, articles INTEGER
);
CREATE INDEX articles_file ON articles(file, within) WHERE file IS NOT NULL"""
"""Of a file that was not read to its end, or not all of it, `size` is NULL."""


Run = dict[bytes, set[str]]
"""The files of a run of indexing so far, and the ids of the articles that each gave since it is being read."""


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article as it was read.

    file: the path, b"" of what does not last. within: the place in the file that it is called by, "" for the whole; None for
    one with an id of its own. longer: what else it may be called, with more and more of its folders. passages: where each of its
    passages starts and ends, where the text has been split already. unread_date: what is written as its date, where that cannot be
    read.
    """

    article: Article
    where: str = ""
    file: bytes = b""
    within: str | None = None
    longer: tuple[str, ...] = ()
    passages: tuple[tuple[int, int], ...] = ()
    unread_date: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called, the shortest first."""
        return self.article.id, *self.longer


@dataclass(frozen=True, slots=True)
class FileFingerprint:
    """A file that was read to its end with nothing left out, as it was before that.

    changed: in nanoseconds. reader: the version of the readers, and what they were told.
    """

    file: bytes
    size: int
    changed: int
    reader: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An article that would have taken the place of another one of this run, and the file that gave that."""

    entry: ReadArticle
    held_by: str


def path_of(file: Path) -> bytes:
    """The path of a file as it is kept."""
    return os.fsencode(file.resolve())


def fingerprint_of(file: Path, reader: str) -> FileFingerprint | None:
    """The mark of a file as it is now; None where it cannot be looked at."""
    try:
        found = file.stat()
        return FileFingerprint(path_of(file), found.st_size, found.st_mtime_ns, reader)
    except (OSError, RuntimeError):
        return None


def unchanged(db: sqlite3.Connection, mark: FileFingerprint) -> int | None:
    """How many articles a file gave that is as it was when it was read, and they are all there; None for others."""
    row = db.execute(
        """SELECT articles FROM files WHERE path = ? AND size = ? AND changed = ? AND reader = ?
           AND articles = (SELECT count(*) FROM articles WHERE file = files.id)""",
        (mark.file, mark.size, mark.changed, mark.reader),
    ).fetchone()
    return row[0] if row else None


def begin(db: sqlite3.Connection, path: bytes) -> int:
    """The number of a file that is being read; until `finish` it counts as not read."""
    db.execute("INSERT INTO files (path) VALUES (?) ON CONFLICT (path) DO UPDATE SET size = NULL", (path,))
    (number,) = db.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    return int(number)


def finish(db: sqlite3.Connection, mark: FileFingerprint, given: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Notes that a file was read to its end, all its articles are in, and nothing was left out.

    given: their ids. What the file gave before and no longer holds belongs to no file from now on: the file with those ids.
    """
    number = begin(db, mark.file)
    held = [id_ for (id_,) in db.execute("SELECT id FROM articles WHERE file = ? ORDER BY id", (number,))]
    left = tuple(id_ for id_ in held if id_ not in given)
    db.executemany("UPDATE articles SET file = NULL WHERE id = ?", [(id_,) for id_ in left])
    db.execute(
        """UPDATE files SET size = ?, changed = ?, reader = ?, articles = (SELECT count(*) FROM articles WHERE file = files.id)
           WHERE id = ?""",
        (mark.size, mark.changed, mark.reader, number),
    )
    return [(_shown(mark.file), left)] if left else []


def id_of(
    db: sqlite3.Connection, entry: ReadArticle, number: int | None, run: Run, digest: Callable[[str], str]
) -> str | Refused:
    """What an article is called in the library, so that no article of another file is replaced unseen.

    One that is called by its file keeps its id for good. Else it is the same article moved where a file that has gone gave
    the same under one of its names; else it has the first name that no file holds, for one that has gone may be on a drive
    that comes back. What is called by a file that does not last (an upload, standard input) replaces only its like. One with
    an id of its own replaces, but for one that a file of this run gave.
    number: the file's. digest: of the article under an id.
    """
    if number is None and entry.within is not None:
        row = _holder(db, entry.article.id)
        if row and row[1] and row[0] != digest(entry.article.id):
            return Refused(entry, _shown(row[1]))
        return entry.article.id
    if entry.within is None or number is None:
        row = _holder(db, entry.article.id)
        path = row[1] if row else None
        if path and path != entry.file and path in run and not _is_gone(path):
            return Refused(entry, _shown(path))
        return entry.article.id
    known = db.execute("SELECT id FROM articles WHERE file = ? AND within = ?", (number, entry.within)).fetchone()
    if known:
        return str(known[0])
    free = held_by = None
    for name in entry.names:
        row = _holder(db, name)
        if row and row[1] and row[0] == digest(name) and _is_gone(row[1]):
            return name
        if row and (row[1] or (row[2] is not None and row[0] != digest(name))):
            held_by = held_by or row[1]
        elif free is None:
            free = name
    return Refused(entry, _shown(held_by) if held_by else "a file that was uploaded") if free is None else free


def ids_from(db: sqlite3.Connection, path: Path) -> list[str]:
    """The ids of the articles that a file gave, or the files of a folder."""
    own = os.fsencode(path)
    rows = db.execute(
        """SELECT a.id FROM articles a JOIN files f ON f.id = a.file
           WHERE f.path = ?1 OR substr(f.path, 1, length(?2)) = ?2 ORDER BY f.path, a.id""",
        (own, own + os.fsencode(os.sep)),
    )
    return [id_ for (id_,) in rows]


def files(db: sqlite3.Connection) -> dict[str, str]:
    """The file of every article that came from one, as it can be printed."""
    rows = db.execute("SELECT a.id, f.path FROM articles a JOIN files f ON f.id = a.file")
    return {id_: _shown(path) for id_, path in rows}


def _holder(db: sqlite3.Connection, id_: str) -> tuple[str, bytes | None, str | None] | None:
    """The digest, the file, where there is one, and the place that the article of this id is called by."""
    wanted = "SELECT a.digest, f.path, a.within FROM articles a LEFT JOIN files f ON f.id = a.file WHERE a.id = ?"
    found: tuple[str, bytes | None, str | None] | None = db.execute(wanted, (id_,)).fetchone()
    return found


def _is_gone(path: bytes) -> bool:
    """Whether a file is surely no longer there; one that cannot be looked at may be."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
