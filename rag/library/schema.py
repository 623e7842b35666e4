"""The tables of a library's file, and what brings those of earlier programs to them."""

from __future__ import annotations

from rag.database import DatabaseKind, Migration
from rag.errors import LibraryError
from rag.library import boilerplate, duplicates, edits, origins

FORMAT = 7
_SCHEMA = f"""
CREATE TABLE meta (format INTEGER NOT NULL, library TEXT NOT NULL, generation INTEGER NOT NULL);
CREATE TABLE articles (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT NOT NULL, date TEXT, source TEXT NOT NULL, url TEXT, digest TEXT NOT NULL,
    pages TEXT, {", ".join(origins.COLUMNS)}
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL
);
CREATE INDEX passages_article ON passages(article);
CREATE INDEX articles_scope ON articles(date, source, id);
CREATE TABLE removed (passage INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_generation ON removed(generation);
{duplicates.SCHEMA};
{origins.SCHEMA};
{origins.DUMPS};
{edits.SCHEMA};
{boilerplate.SCHEMA};
INSERT INTO meta VALUES ({FORMAT}, lower(hex(randomblob(16))), 0)
"""
_MIGRATIONS: dict[int, tuple[Migration, ...]] = {
    1: (
        "DROP INDEX passages_generation",
        "ALTER TABLE passages DROP COLUMN generation",
        "CREATE INDEX articles_scope ON articles(date, source, id)",
    ),
    2: (
        *(f"ALTER TABLE articles ADD COLUMN {column}" for column in ("pages TEXT", *origins.COLUMNS)),
        *origins.SCHEMA.split(";"),
        *duplicates.SCHEMA.split(";"),
    ),
    # Sketches hold letters that fold to several whole, no longer the first alone.
    3: ("DELETE FROM sketches", "DELETE FROM sketch_keys", duplicates.remember_all),
    4: (origins.DUMPS,),
    5: (edits.SCHEMA,),
    6: (*boilerplate.SCHEMA.split(";"), boilerplate.remember_all),
}
KIND = DatabaseKind("library", FORMAT, _SCHEMA, "move it away and index again", LibraryError, LibraryError, _MIGRATIONS)
