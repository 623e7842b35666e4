"""The library: articles and passages in SQLite, the source of truth.

Every transaction that changes something raises the generation by one. Passage ids rise and are never used twice, and
removed ones are remembered with their generation, so that an index that holds the passages up to some id at some
generation learns what it lacks and what to drop.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from rag.database import Database, Kind
from rag.errors import LibraryError
from rag.library.splitting import passages
from rag.types import Article, Passage, Scope

FORMAT = 2
_SCHEMA = f"""
CREATE TABLE meta (format INTEGER NOT NULL, library TEXT NOT NULL, generation INTEGER NOT NULL);
CREATE TABLE articles (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT NOT NULL, date TEXT, source TEXT NOT NULL, url TEXT, digest TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL
);
CREATE INDEX passages_article ON passages(article);
CREATE INDEX articles_scope ON articles(date, source, id);
CREATE TABLE removed (passage INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_generation ON removed(generation);
INSERT INTO meta VALUES ({FORMAT}, lower(hex(randomblob(16))), 0)
"""
_MIGRATIONS = {
    1: """DROP INDEX passages_generation;
ALTER TABLE passages DROP COLUMN generation;
CREATE INDEX articles_scope ON articles(date, source, id)"""
}
_KIND = Kind("library", FORMAT, _SCHEMA, "move it away and index again", LibraryError, _MIGRATIONS)
WITHIN = """(?1 = '' OR a.date >= ?1) AND (?2 = '' OR a.date <= ?2)
            AND (?3 = '[]' OR a.source IN (SELECT value FROM json_each(?3)))"""
"""The condition on `articles a` that it is within a scope; ?1 to ?3 are the scope's `bounds`."""
_PASSAGE = """SELECT p.id, p.article, p.start, p."end", substr(a.text, p.start + 1, p."end" - p.start), a.title, a.date, a.source
              FROM passages p JOIN articles a ON a.id = p.article"""
_READ_AT_ONCE = 256
"""Passages; between them other threads read and write."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did, in articles."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(self.new + other.new, self.replaced + other.replaced, self.unchanged + other.unchanged)


class Library(Database):
    """The articles and passages of one folder's `library.sqlite`; any number of readers, one writer at a time.

    Raises LibraryError where the file is not a library of this format, or the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _KIND)
        with self._mapped():
            (self.id,) = self._db.execute("SELECT library FROM meta").fetchone()

    @property
    def generation(self) -> int:
        """The number of transactions that changed something, so far."""
        with self._mapped():
            return int(self._db.execute("SELECT generation FROM meta").fetchone()[0])

    @property
    def state(self) -> tuple[int, int]:
        """The generation, and the highest passage id given so far."""
        highest = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'passages'"
        with self._mapped():
            generation, last = self._db.execute(f"SELECT generation, ({highest}) FROM meta").fetchone()
            return int(generation), int(last)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, to read with; one thread at a time has it. SQLite's errors come as LibraryError."""
        with self._mapped():
            yield self._db

    def add(self, articles: Iterable[Article]) -> Added:
        """Adds or replaces articles in one transaction; those that have not changed are skipped."""
        new = replaced = unchanged = 0
        prepared = [(article, _digest(article)) for article in articles]
        with self._write():
            generation = self.generation + 1
            for article, digest in prepared:
                known = self._db.execute("SELECT digest FROM articles WHERE id = ?", (article.id,)).fetchone()
                if known and known[0] == digest:
                    unchanged += 1
                    continue
                if known:
                    self._drop(article.id, generation)
                    replaced += 1
                else:
                    new += 1
                self._insert(article, digest)
            if new or replaced:
                self._db.execute("UPDATE meta SET generation = ?", (generation,))
        return Added(new, replaced, unchanged)

    def _insert(self, article: Article, digest: str) -> None:
        self._db.execute(
            "INSERT INTO articles (id, text, title, date, source, url, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*astuple(article), digest),
        )
        self._db.executemany(
            'INSERT INTO passages (article, start, "end") VALUES (?, ?, ?)',
            [(article.id, start, end) for start, end in passages(article.text)],
        )

    def _drop(self, id_: str, generation: int) -> None:
        self._db.execute("INSERT INTO removed SELECT id, ? FROM passages WHERE article = ?", (generation, id_))
        self._db.execute("DELETE FROM articles WHERE id = ?", (id_,))

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Removes articles in one transaction; gives back the ids that were not there."""
        wanted, missing = dict.fromkeys(ids), []
        with self._write():
            generation = self.generation + 1
            for id_ in wanted:
                if self._db.execute("SELECT 1 FROM articles WHERE id = ?", (id_,)).fetchone():
                    self._drop(id_, generation)
                else:
                    missing.append(id_)
            if len(missing) < len(wanted):
                self._db.execute("UPDATE meta SET generation = ?", (generation,))
        return missing

    def check(self) -> None:
        """Raises LibraryError where the file is damaged, or an article is not the one that was added, to the letter."""
        super().check()
        with self._mapped():
            for *fields, digest in self._db.execute("SELECT id, text, title, date, source, url, digest FROM articles"):
                if _digest(Article(*fields)) != digest:
                    raise self._damaged(f"the article {fields[0]!r} fails its checksum")

    def article(self, id_: str) -> Article | None:
        """The article of this id, or None."""
        with self._mapped():
            row = self._db.execute(
                "SELECT id, text, title, date, source, url FROM articles WHERE id = ?", (id_,)
            ).fetchone()
        return Article(*row) if row else None

    def articles(self) -> list[tuple[str, str, str | None, str, int]]:
        """(id, title, date, source, characters) of every article, ordered by id."""
        with self._mapped():
            return self._db.execute("SELECT id, title, date, source, length(text) FROM articles ORDER BY id").fetchall()

    def count(self) -> tuple[int, int]:
        """The numbers of articles and of passages."""
        with self._mapped():
            articles = self._db.execute("SELECT count(*) FROM articles").fetchone()[0]
            return articles, self._db.execute("SELECT count(*) FROM passages").fetchone()[0]

    def passages(self, ids: Iterable[int]) -> dict[int, Passage]:
        """The passages of these ids; ids that are not there are left out."""
        with self._mapped():
            rows = self._db.execute(
                f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
            return {row[0]: Passage(*row) for row in rows}

    def passages_of(self, article: str) -> list[Passage]:
        """The passages of an article in order; empty if it is not there."""
        with self._mapped():
            return [
                Passage(*row)
                for row in self._db.execute(f"{_PASSAGE} WHERE p.article = ? ORDER BY p.start", (article,))
            ]

    def passages_between(self, after: int, until: int) -> Iterator[Passage]:
        """The passages with after < id <= until, in order of id."""
        while after < until:
            with self.reading() as db:
                wanted = f"{_PASSAGE} WHERE p.id > ? AND p.id <= ? ORDER BY p.id LIMIT {_READ_AT_ONCE}"
                rows = db.execute(wanted, (after, until)).fetchall()
            if not rows:
                return
            yield from (Passage(*row) for row in rows)
            after = rows[-1][0]

    def ids_between(self, after: int, until: int) -> list[int]:
        """Their ids alone."""
        with self._mapped():
            rows = self._db.execute("SELECT id FROM passages WHERE id > ? AND id <= ? ORDER BY id", (after, until))
            return [id_ for (id_,) in rows]

    def ids_within(self, scope: Scope) -> list[int]:
        """The ids of the passages of the articles within a scope, in order."""
        with self.reading() as db:
            rows = db.execute(
                f"SELECT p.id FROM articles a JOIN passages p ON p.article = a.id WHERE {WITHIN} ORDER BY p.id",
                bounds(scope),
            )
            return [id_ for (id_,) in rows]

    def sources(self) -> list[str]:
        """The sources of the articles, each once, in order."""
        with self._mapped():
            return [source for (source,) in self._db.execute("SELECT DISTINCT source FROM articles ORDER BY source")]

    def removed_since(self, generation: int) -> list[int]:
        """The ids of the passages that later generations removed."""
        with self._mapped():
            return [
                id_ for (id_,) in self._db.execute("SELECT passage FROM removed WHERE generation > ?", (generation,))
            ]


def bounds(scope: Scope) -> tuple[str, str, str]:
    """The parameters of WITHIN."""
    return scope.since, f"{scope.until}\U0010ffff" if scope.until else "", json.dumps(scope.sources)


def _digest(article: Article) -> str:
    return hashlib.sha256(json.dumps(astuple(article)).encode()).hexdigest()
