"""What a person has set right of articles: kept beside them by id, and put upon whatever is read of them later."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from rag.types import Article

SCHEMA = "CREATE TABLE edits (article TEXT PRIMARY KEY, title TEXT, date TEXT, source TEXT)"
"""NULL where a field is as it was read."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is set of an article; None for what stays. date: ISO, "" for none."""

    title: str | None = None
    date: str | None = None
    source: str | None = None


def keep(db: sqlite3.Connection, id_: str, edit: Edit) -> None:
    """Keeps an edit of an article, beside what was set of it before."""
    db.execute(
        """INSERT INTO edits (article, title, date, source) VALUES (?, ?, ?, ?) ON CONFLICT (article) DO UPDATE SET
           title = coalesce(excluded.title, title), date = coalesce(excluded.date, date),
           source = coalesce(excluded.source, source)""",
        (id_, edit.title, edit.date, edit.source),
    )


def edited(db: sqlite3.Connection, article: Article) -> Article:
    """An article as it was read, with what was set of the one with its id."""
    row = db.execute("SELECT title, date, source FROM edits WHERE article = ?", (article.id,)).fetchone()
    if row is None:
        return article
    title, date, source = row
    return replace(
        article,
        title=article.title if title is None else title,
        date=article.date if date is None else date or None,
        source=article.source if source is None else source,
    )


def forget(db: sqlite3.Connection, id_: str) -> None:
    """Has nothing set of an article any more; what was read last stays as it is."""
    db.execute("DELETE FROM edits WHERE article = ?", (id_,))
