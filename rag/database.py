"""One SQLite file that is the source of truth for something: making, checking, migrating, locking, transactions, errors.

Knows nothing of what the tables hold; each kind of file says so in its schema, which makes and fills a table `meta` with
the columns `format` and the kind's own name.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from rag.errors import RagError
from rag.files import make_private

_OBJECTS = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
_BUSY_SECONDS = 30
_AGAIN_SECONDS = 0.01
Migration = str | Callable[[sqlite3.Connection], None]
"""A statement, or what writes to the connection."""


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """A kind of file: what it is called, the format that this program reads, its tables, and how its failures are told.

    migrations: what brings a file of a format to the next one, step by step. again: what is done where no copy of a damaged one is
    left. error, damage: what is raised where a file cannot be used, and where it is damaged or of another kind.
    """

    name: str
    format: int
    schema: str
    again: str
    error: type[RagError]
    damage: type[RagError]
    migrations: Mapping[int, Sequence[Migration]] = field(default_factory=dict)


@cache
def _objects(schema: str) -> frozenset[tuple[str, str]]:
    """(type, name) of the tables, indexes and triggers that a schema makes."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema)
        return frozenset(db.execute(_OBJECTS))


class Database:
    """A file of a kind; any number of readers, one writer at a time, and one thread at a time in this process.

    Raises the kind's error where the file is not of this kind and format, or the disk refuses.
    """

    def __init__(self, path: Path, kind: DatabaseKind) -> None:
        self.path = path
        self._kind = kind
        try:
            make_private(path.parent)
        except OSError as e:
            raise kind.error(
                f"the folder {path.parent} cannot be made: {e.strerror}; choose another with RAG_HOME"
            ) from e
        self._lock = threading.RLock()
        with self._mapped():
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                self._create()
            if kind.name not in {name for (name,) in self._db.execute("SELECT name FROM pragma_table_info('meta')")}:
                raise kind.damage(
                    f"{path} is a database, but not a {kind.name}; move it away or choose another RAG_HOME"
                )
            self._check_objects({"trigger", "view"})  # before anything is written, which a trigger would go with
            self._migrate()
            self._check_objects({"trigger", "view", "table", "index"})
            self.format = self._format()
        if self.format != kind.format:
            raise kind.error(
                f"{path} has format {self.format}, this program reads {kind.format}; use the program that made it"
            )

    def _check_objects(self, types: set[str]) -> None:
        """Raises the kind's damage where the file has a table, trigger or the like that files of its kind have not."""
        found = {(type_, name) for type_, name in self._db.execute(_OBJECTS) if type_ in types}
        if unknown := sorted(found - _objects(self._kind.schema)):
            (type_, name), *_ = unknown
            raise self._damaged(f"it holds the {type_} {name[:80]!r}, which no {self._kind.name} of this program has")

    def _create(self) -> None:
        self._log_ahead()
        with self._write():
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return  # another process was first
            for statement in self._kind.schema.split(";"):
                self._db.execute(statement)

    def _log_ahead(self) -> None:
        """Changes the file to SQLite's WAL: where two processes make it at once, SQLite refuses one of them without waiting."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as e:
                if e.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(_AGAIN_SECONDS)

    def _migrate(self) -> None:
        migrations = self._kind.migrations
        if self._format() in migrations:
            with self._write():  # another process may have been first
                while steps := migrations.get(self._format()):
                    for step in steps:
                        if callable(step):
                            step(self._db)
                        else:
                            self._db.execute(step)
                    self._db.execute("UPDATE meta SET format = format + 1")

    def _format(self) -> int:
        return int(self._db.execute("SELECT format FROM meta").fetchone()[0])

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """One thread at a time on the connection, and SQLite's errors as ours."""
        with self._told(), self._lock:
            yield

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, to read with for long: nobody waits for it, and it sees what was written before."""
        file = f"{self.path.absolute().as_uri()}?mode=rw"
        with self._told(), closing(sqlite3.connect(file, timeout=_BUSY_SECONDS, uri=True)) as db:
            db.execute("PRAGMA query_only = ON")
            yield db

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except UnicodeDecodeError as e:  # in what SQLite says of damage
            raise self._damaged(str(e)) from e
        except sqlite3.DatabaseError as e:
            mend = {
                "file is not a database": self._mend_damage,
                "database disk image is malformed": self._mend_damage,
                "database or disk is full": "free some space and run the command again",
                "database is locked": "another process is writing; try again when it has finished",
            }.get(str(e), "check the folder's permissions, or choose another with RAG_HOME")
            kind = self._kind.damage if mend == self._mend_damage else self._kind.error
            raise kind(f"the {self._kind.name} {self.path} cannot be used: {e}; {mend}") from e

    @contextmanager
    def _write(self) -> Iterator[None]:
        """A transaction: all of it happens, or nothing."""
        with self._mapped():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _empty_log(self) -> None:
        """Moves what was written into the file, so that neither it nor the log of what was written holds what was deleted."""
        with self._mapped():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check(self) -> None:
        """Raises the kind's error where the file is damaged inside: SQLite compares its pages, tables and indexes."""
        with self._mapped():
            (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise self._damaged(" ".join(found.split()))

    def _damaged(self, what: str) -> RagError:
        return self._kind.damage(f"the {self._kind.name} {self.path} is damaged: {what}; {self._mend_damage}")

    @property
    def _mend_damage(self) -> str:
        return f"restore it from a copy (`rag restore FILE --replace`), or {self._kind.again}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; what held it open cannot be used afterwards."""
        self._db.close()
