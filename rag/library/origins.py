"""Which file an article came from: what a library keeps of files, and what articles are called by theirs.

Paths are kept as the bytes that the disk has, absolute, without links. Reads no file; only looks whether one is still there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rag.types import Article

COLUMNS = ("file INTEGER", "within TEXT")
"""Of `articles`: the file that gave it last, NULL if it does not last; and what it is known by there (`ReadArticle.known_by`)."""
SCHEMA = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER, changed INTEGER, reader TEXT, articles INTEGER
);
CREATE INDEX articles_file ON articles(file, within) WHERE file IS NOT NULL"""
_IS_ROW = "instr(within, char(10))"
DUMPS = f"CREATE INDEX articles_dump ON articles(within) WHERE {_IS_ROW}"
"""Finds rows with ids of their own by their dump."""
"""Of a file that was not read to its end, or not all of it, `size` is NULL."""


Run = dict[bytes, set[str]]
"""The files of a run of indexing so far, and the ids of the articles that each gave since it is being read."""


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article as it was read.

    file: the path, b"" of what does not last. within: the place in the file that it is called by, "" for the whole; for a row with
    an id of its own the place of its table or dump and this id, a line each; None for what comes from no file. dump: of such a row
    the name of its file, which it shares with later dumps of it; "" for all else. longer: what else it may be called, with more and
    more of its folders. passages: where each of its passages starts and ends, where the text has been split already. unread_date:
    what is written as its date, where that cannot be read.
    """

    article: Article
    where: str = ""
    file: bytes = b""
    within: str | None = None
    longer: tuple[str, ...] = ()
    passages: tuple[tuple[int, int], ...] = ()
    unread_date: str = ""
    dump: str = ""

    @property
    def known_by(self) -> str | None:
        """What the library knows it by, within its file or, for a row with an id of its own, its dump."""
        return f"{self.dump}\n{self.within}" if self.dump else self.within

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


def named(
    db: sqlite3.Connection, entry: ReadArticle, number: int | None, run: Run, digest: Callable[[str], str]
) -> str | Refused:
    """What an article is called in the library, so that no article of another file is replaced unseen.

    One that is called by its file keeps its id for good. Else it is the same article moved where a file that has gone gave
    the same under one of its names; else it has the first name that no file holds, for one that has gone may be on a drive
    that comes back. What is called by a file that does not last (an upload, standard input) replaces only its like. Of rows with
    an id of their own see `_row_named`. number: the file's. digest: of the article under an id.
    """
    if entry.dump:
        return _row_named(db, entry, number, run, digest)
    if number is None:
        own = entry.article.id
        holder = _holder(db, own) if entry.within is not None else None
        taken = holder and (holder.file or holder.is_row) and holder.digest != digest(own)
        return Refused(entry, _shown_file(holder)) if taken else own
    known = db.execute("SELECT id FROM articles WHERE file = ? AND within = ?", (number, entry.within)).fetchone()
    if known:
        return str(known[0])
    free = held_by = None
    for name in entry.names:
        holder = _holder(db, name)
        if holder and holder.has_moved(digest(name)):
            return name
        if holder and (holder.file or (holder.within is not None and holder.digest != digest(name))):
            held_by = held_by or holder
        elif free is None:
            free = name
    return Refused(entry, _shown_file(held_by)) if free is None else free


def _row_named(
    db: sqlite3.Connection, entry: ReadArticle, number: int | None, run: Run, digest: Callable[[str], str]
) -> str | Refused:
    """What a row with an id of its own is called.

    It is the one that its file gave before; else it replaces the one that an earlier dump gave, a file of the same name or the one
    that it is told to be the same as; but none of a file of this run that is still there. Else it has its id, or a longer one where
    another article has that.
    """
    same = db.execute(
        f"SELECT id, file FROM articles WHERE within = ? AND {_IS_ROW} ORDER BY length(id), id", (entry.known_by,)
    )
    rows: list[tuple[str, int | None]] = same.fetchall()
    if own := next((id_ for id_, file in rows if file == number), None):
        return own
    free = held_by = None
    for name in (*(id_ for id_, _ in rows), *entry.names):
        holder = _holder(db, name)
        if holder is None:
            free = free or name
        elif holder.may_be(entry, digest(name)) and (holder.file == entry.file or not holder.is_of(run)):
            return name
        else:
            held_by = held_by or holder
    return Refused(entry, _shown_file(held_by)) if free is None else free


def as_before(db: sqlite3.Connection, entry: ReadArticle, number: int | None) -> ReadArticle:
    """A row with an id of its own as one of the dump that its file was said to be; number: the file's."""
    if not entry.dump or entry.dump != _name_of(entry.file):
        return entry
    known = db.execute(f"SELECT within FROM articles WHERE file = ? AND {_IS_ROW} LIMIT 1", (number,)).fetchone()
    return replace(entry, dump=known[0].partition("\n")[0]) if known else entry


def has_dump(db: sqlite3.Connection, name: str) -> bool:
    """Whether a table or dump of this name gave an article that is there, one with an id of its own."""
    begins = f"SELECT 1 FROM articles WHERE within > ? AND within < ? AND {_IS_ROW} LIMIT 1"
    if db.execute(begins, (f"{name}\n", f"{name}\v")).fetchone():
        return True
    before = "SELECT path FROM files f WHERE EXISTS (SELECT 1 FROM articles WHERE file = f.id AND within IS NULL)"
    return any(_name_of(path) == name for (path,) in db.execute(before))


def hand_over(db: sqlite3.Connection, id_: str, number: int | None) -> None:
    """Takes note that an article is another file's from now on, so that its file before is not read again for the lack of it."""
    db.execute(
        "UPDATE files SET articles = articles - 1 WHERE id = (SELECT file FROM articles WHERE id = ?) AND id IS NOT ?",
        (id_, number),
    )


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


@dataclass(frozen=True, slots=True)
class _Holder:
    """The article that has an id: its digest, its source, its file (b"" where it has none), and what it is known by there.

    within: None in libraries of before for rows with an id of their own, and for what came from no file.
    """

    digest: str
    source: str
    file: bytes
    within: str | None

    @property
    def is_row(self) -> bool:
        """Whether it is a row with an id of its own, of a dump that is known."""
        return "\n" in (self.within or "")

    def has_moved(self, digest: str) -> bool:
        """Whether its file has gone, and it is the one of this digest."""
        return bool(self.file) and self.digest == digest and _is_gone(self.file)

    def may_be(self, entry: ReadArticle, digest: str) -> bool:
        """Whether it is what a row with an id of its own was before: of the same dump, or of one that has gone; in a library of before
        also of the same file, or of the same source where no file is known."""
        if self.within is not None:
            of_its_file = self.file == entry.file and self.within.endswith(f"\n{entry.within}")
            return self.within == entry.known_by or (of_its_file and bool(self.file)) or self.has_moved(digest)
        if not self.file:
            return self.source == entry.article.source
        return self.file == entry.file or _name_of(self.file) == entry.dump

    def is_of(self, run: Run) -> bool:
        """Whether its file is one of this run, and is still there."""
        return self.file in run and not _is_gone(self.file)


def _holder(db: sqlite3.Connection, id_: str) -> _Holder | None:
    """What has an id."""
    wanted = (
        "SELECT a.digest, a.source, f.path, a.within FROM articles a LEFT JOIN files f ON f.id = a.file WHERE a.id = ?"
    )
    found = db.execute(wanted, (id_,)).fetchone()
    return _Holder(found[0], found[1], found[2] or b"", found[3]) if found else None


def _shown_file(holder: _Holder | None) -> str:
    return _shown(holder.file) if holder and holder.file else "a file that was uploaded"


def _name_of(path: bytes) -> str:
    return _shown(os.path.basename(path))


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
