"""The library: articles and passages in SQLite, the source of truth.

Every transaction that changes something raises the generation by one. Passage ids rise and are never used twice, and
removed ones are remembered with their generation, so that an index that holds the passages up to some id at some
generation learns what it lacks and what to drop.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rag.database import Database
from rag.library import boilerplate, duplicates, origins
from rag.library.edits import Edit, edited, forget, keep
from rag.library.origins import FileFingerprint, ReadArticle, Refused, Run
from rag.library.schema import KIND
from rag.library.splitting import passages
from rag.types import Article, Passage, Scope, page_of

WITHIN = """(?1 = '' OR a.date >= ?1) AND (?2 = '' OR a.date <= ?2)
            AND (?3 = '[]' OR a.source IN (SELECT value FROM json_each(?3)))"""
"""The condition on `articles a` that it is within a scope; ?1 to ?3 are the scope's `bounds`."""
_PASSAGE = 'SELECT id, article, start, "end" FROM passages'
_ARTICLE = "id, text, title, date, source, url, pages"
_Origin = tuple[int | None, str | None]
"""The number of an article's file, and what it is known by there."""
_READ_AT_ONCE = 256
"""Passages; between them other threads read and write."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did, in articles. left: files with the ids of those that they gave once and hold no longer. longer: how many of
    the new ones are rows with a longer id than their own, since an article of another file has that.
    """

    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    left: tuple[tuple[str, tuple[str, ...]], ...] = ()
    longer: int = 0

    def __add__(self, other: Added) -> Added:
        counts = self.new + other.new, self.replaced + other.replaced, self.unchanged + other.unchanged
        return Added(*counts, self.left + other.left, self.longer + other.longer)


class Library(Database):
    """The articles and passages of one folder's `library.sqlite`; any number of readers, one writer at a time.

    Raises LibraryError where the file is not a library of this format, or the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, KIND)
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
        return self.take(map(ReadArticle, articles))[0]

    def take(
        self, read: Iterable[ReadArticle | FileFingerprint], run: Run | None = None
    ) -> tuple[Added, list[Refused]]:
        """Adds or replaces what was read of files in one transaction, and notes which files were read to their end.

        Each article is called as `origins.named` says; those that have no name are given back. run: to which what is given is
        added.
        """
        held, run = list(read), {} if run is None else run
        left: list[tuple[str, tuple[str, ...]]] = []
        changed: dict[str, Article] = {}
        numbers: dict[bytes, int] = {}
        refused: list[Refused] = []
        counts: Counter[str] = Counter()
        with self._write():
            generation = self.generation + 1
            for item in held:
                if isinstance(item, FileFingerprint):
                    if not any(other.entry.file == item.file for other in refused):
                        left += origins.finish(self._db, item, run.get(item.file, set()))
                    continue
                if item.file and item.file not in numbers:
                    numbers[item.file] = origins.begin(self._db, item.file)
                number = numbers.get(item.file)
                item = origins.as_before(self._db, item, number)
                named = origins.named(self._db, item, number, run, partial(self._digest_under, item.article))
                if isinstance(named, Refused):
                    refused.append(named)
                    continue
                if item.file:
                    run.setdefault(item.file, set()).add(named)
                article = edited(self._db, replace(item.article, id=named))
                done = self._put(article, (number, item.known_by), item.passages, generation)
                counts[done] += 1
                if done != "unchanged":
                    changed[named] = article
                counts["longer"] += done == "new" and bool(item.dump) and named != item.article.id
            self._remember(changed.values(), generation)
        return Added(**counts, left=tuple(left)), refused

    def _put(
        self, article: Article, origin: _Origin, split: Sequence[tuple[int, int]], generation: int
    ) -> Literal["new", "replaced", "unchanged"]:
        """Adds or replaces one article, unless it is there as it is; what was done."""
        digest = _digest(article)
        known = self._db.execute("SELECT digest, file, within FROM articles WHERE id = ?", (article.id,)).fetchone()
        if known and known[0] == digest:
            if (origin[0] or known[1] is None) and known[1:] != origin:
                origins.hand_over(self._db, article.id, origin[0])
                self._db.execute("UPDATE articles SET file = ?, within = ? WHERE id = ?", (*origin, article.id))
            return "unchanged"
        if known:
            origins.hand_over(self._db, article.id, origin[0])
            self._drop(article.id, generation)
        self._insert(article, digest, origin, split)
        return "replaced" if known else "new"

    def _digest_under(self, article: Article, id_: str) -> str:
        return _digest(edited(self._db, replace(article, id=id_)))

    def edit(self, edits: Mapping[str, Edit]) -> tuple[int, int, list[str]]:
        """Sets fields of articles by id in one transaction, for good: what is read of them later keeps them.

        Gives how many have changed, how many are as they were, and the ids that are not there.
        """
        counts: Counter[str] = Counter()
        changed: list[Article] = []
        missing: list[str] = []
        with self._write():
            generation = self.generation + 1
            for id_, edit in edits.items():
                row = self._db.execute(f"SELECT {_ARTICLE}, file, within FROM articles WHERE id = ?", (id_,)).fetchone()
                if row is None:
                    missing.append(id_)
                    continue
                keep(self._db, id_, edit)
                article = edited(self._db, self._article(row[:-2]))
                done = self._put(article, row[-2:], (), generation)
                counts[done] += 1
                if done != "unchanged":
                    changed.append(article)
            self._remember(changed, generation)
        return counts["replaced"], counts["unchanged"], missing

    def _remember(self, changed: Collection[Article], generation: int) -> None:
        """Keeps what is known of articles that were added or replaced, of which nothing is kept yet."""
        if changed:
            duplicates.remember(self._db, [(article.id, article.text) for article in changed])
            boilerplate.remember(self._db, list(changed))
            self._db.execute("UPDATE meta SET generation = ?", (generation,))

    def _insert(self, article: Article, digest: str, origin: _Origin, split: Sequence[tuple[int, int]]) -> None:
        """split: where its passages start and end, where that is known."""
        self._db.execute(
            f"INSERT INTO articles ({_ARTICLE}, digest, file, within) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_fields(article), json.dumps(article.pages) if article.pages else None, digest, *origin),
        )
        self._db.executemany(
            'INSERT INTO passages (article, start, "end") VALUES (?, ?, ?)',
            [(article.id, start, end) for start, end in split or passages(article.text)],
        )

    def unchanged(self, mark: FileFingerprint) -> int | None:
        """How many articles a file gave that is as it was when it was read, and they are all there; None for others."""
        with self.reading() as db:
            return origins.unchanged(db, mark)

    def ids_from(self, path: Path) -> list[str]:
        """The ids of the articles that a file gave, or the files of a folder."""
        with self.reading() as db:
            return origins.ids_from(db, path)

    def files(self) -> dict[str, str]:
        """The file of every article that came from one."""
        with self.reading() as db:
            return origins.files(db)

    def _drop(self, id_: str, generation: int) -> None:
        self._db.execute("INSERT INTO removed SELECT id, ? FROM passages WHERE article = ?", (generation, id_))
        duplicates.forget(self._db, id_)
        boilerplate.forget(self._db, id_)
        self._db.execute("DELETE FROM articles WHERE id = ?", (id_,))

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Removes articles in one transaction, and overwrites them in the file; gives back the ids that were not there."""
        wanted, missing = dict.fromkeys(ids), []
        with self._write():
            generation = self.generation + 1
            for id_ in wanted:
                if self._db.execute("SELECT 1 FROM articles WHERE id = ?", (id_,)).fetchone():
                    self._drop(id_, generation)
                    forget(self._db, id_)
                else:
                    missing.append(id_)
            if len(missing) < len(wanted):
                self._db.execute("UPDATE meta SET generation = ?", (generation,))
        self._empty_log()
        return missing

    def check(self) -> None:
        """Raises LibraryError where the file is damaged, or an article is not the one that was added, to the letter."""
        super().check()
        with self._mapped():
            try:
                for *fields, digest in self._db.execute(f"SELECT {_ARTICLE}, digest FROM articles"):
                    if _digest(self._article(fields)) != digest:
                        raise self._damaged(f"the article {fields[0]!r} fails its checksum")
                whole = duplicates.are_whole(self._db) and boilerplate.are_whole(self._db)
            except (TypeError, ValueError) as e:  # numbers where letters belong, letters that are none
                raise self._damaged(f"it holds what was never put into it ({e})") from e
            if not whole:
                raise self._damaged(
                    "what near-duplicates or recurring lines are known by is not what the articles give"
                )

    def article(self, id_: str) -> Article | None:
        """The article of this id, or None."""
        with self._mapped():
            row = self._db.execute(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (id_,)).fetchone()
        return self._article(row) if row else None

    def _article(self, row: Sequence[Any]) -> Article:
        id_, text, title, date, source, url, pages = row
        return Article(id_, text, title, date, source, url, self._pages(id_, pages))

    def _pages(self, id_: str, stored: str | None) -> tuple[int, ...]:
        try:
            return tuple(map(int, json.loads(stored))) if stored else ()
        except (ValueError, TypeError) as e:
            raise self._damaged(f"the pages of the article {id_!r} cannot be read") from e

    def pages(self, places: Sequence[tuple[str, int]]) -> list[int]:
        """The page, from 1, on which a character of an article stands, for each (id, offset).

        0 where the article has no pages, or is not there.
        """
        wanted = "SELECT id, pages FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        with self._mapped():
            rows = self._db.execute(wanted, (json.dumps([id_ for id_, _ in places]),)).fetchall()
        begins = {id_: self._pages(id_, stored) for id_, stored in rows}
        return [page_of(begins[id_], offset) if begins.get(id_) else 0 for id_, offset in places]

    def near_duplicates(self, ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """For each article, the ids and titles of those that say nearly the same, the likest first; at most 20."""
        with self.reading() as db:
            return duplicates.near(db, ids)

    def all_near_duplicates(self) -> dict[str, list[str]]:
        """The ids of the near-duplicates of every article that has some."""
        with self.reading() as db:
            return duplicates.linked(db)

    def near_pairs(self, ids: Iterable[str]) -> set[frozenset[str]]:
        """Those two of some articles that are near-duplicates."""
        with self.reading() as db:
            return duplicates.pairs(db, ids)

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
        with self.reading() as db:
            wanted = f"{_PASSAGE} WHERE id IN (SELECT value FROM json_each(?))"
            return self._whole(db.execute(wanted, (json.dumps(list(ids)),)).fetchall())

    def passages_of(self, article: str) -> list[Passage]:
        """The passages of an article in order; empty if it is not there."""
        with self.reading() as db:
            rows = db.execute(f"{_PASSAGE} WHERE article = ? ORDER BY start", (article,)).fetchall()
            whole = self._whole(rows)
        return [whole[row[0]] for row in rows if row[0] in whole]

    def passages_between(self, after: int, until: int) -> Iterator[Passage]:
        """The passages with after < id <= until, in order of id."""
        while after < until:
            with self.reading() as db:
                wanted = f"{_PASSAGE} WHERE id > ? AND id <= ? ORDER BY id LIMIT {_READ_AT_ONCE}"
                rows = db.execute(wanted, (after, until)).fetchall()
                whole = self._whole(rows)
            if not rows:
                return
            yield from (whole[row[0]] for row in rows if row[0] in whole)
            after = rows[-1][0]

    def _whole(self, rows: Iterable[tuple[int, str, int, int]]) -> dict[int, Passage]:
        """Passages without lines that recur, by id; each article is read once, since a long one has thousands."""
        of: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for id_, article, start, end in rows:
            of[article].append((id_, start, end))
        wanted = (
            "SELECT id, text, title, date, source, pages FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        )
        found = {}
        bodies = boilerplate.bodies(self._db, of)
        for article, text, title, date, source, stored in self._db.execute(wanted, (json.dumps(list(of)),)):
            pages = self._pages(article, stored) if stored else ()
            body = bodies.get(article)
            for id_, *span in of[article]:
                start, end = boilerplate.trimmed(text, span, body) if body else span
                if start < end:
                    page = page_of(pages, start) if pages else 0
                    found[id_] = Passage(id_, article, start, end, text[start:end], title, date, source, page)
        return found

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

    def trail(self, generation: int, through: int) -> tuple[int, str, int]:
        """What tells a copy of the library that went another way: of the passages up to an id at a generation the highest
        one with its article's digest, "" where it has been removed since, and the sum of those removed by then."""
        live = """SELECT p.id, a.digest FROM passages p JOIN articles a ON a.id = p.article WHERE p.id <= ?
                  ORDER BY p.id DESC LIMIT 1"""
        with self._mapped():
            highest, digest = self._db.execute(live, (through,)).fetchone() or (0, "")
            since = "SELECT coalesce(max(passage), 0) FROM removed WHERE generation > ? AND passage <= ?"
            (gone,) = self._db.execute(since, (generation, through)).fetchone()
            before = "SELECT coalesce(sum(passage), 0) FROM removed WHERE generation <= ?"
            (removed,) = self._db.execute(before, (generation,)).fetchone()
        return (highest, digest, removed) if highest > gone else (gone, "", removed)


def bounds(scope: Scope) -> tuple[str, str, str]:
    """The parameters of WITHIN."""
    return scope.since, f"{scope.until}\U0010ffff" if scope.until else "", json.dumps(scope.sources)


def _fields(article: Article) -> tuple[str | None, ...]:
    """All but the pages, in the order of the table."""
    return article.id, article.text, article.title, article.date, article.source, article.url


def _digest(article: Article) -> str:
    """Of all fields; of one without pages as it was before there were pages."""
    fields = (*_fields(article), article.pages) if article.pages else _fields(article)
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
