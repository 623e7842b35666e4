"""The command `rag edit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.terminal import note, progress
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.library import Library


Ids = Annotated[list[str] | None, typer.Argument(help="Article ids, as `rag list` shows them.")]
Title = Annotated[str | None, typer.Option(help="The title of one article.")]
Date = Annotated[
    str | None, typer.Option(metavar="DATE", help="The date, such as 2015-07-23 or 23/7/2015; - for none.")
]
Source = Annotated[str | None, typer.Option(help="The source.")]
Query = Annotated[
    str,
    typer.Option(
        metavar="WORDS", help="All articles that hold these words in title or id, or without a title at the beginning."
    ),
]
Of = Annotated[
    list[str] | None, typer.Option("--of", metavar="SOURCE", help="All articles of this source; can be repeated.")
]
Table = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="FILE", help="A table with a column id, and title, date or source; empty cells leave what is."
    ),
]


def edit(
    ids: Ids = None,
    title: Title = None,
    date: Date = None,
    source: Source = None,
    query: Query = "",
    of: Of = None,
    table: Table = None,
) -> None:
    """Set dates, titles and sources right, for good: what is indexed again keeps them."""
    from rag import wiring
    from rag.library.edits import Edit
    from rag.readers.edits import edits_of
    from rag.readers.formats.tables import HALVES
    from rag.settings import load_settings

    if any(HALVES.search(value) for value in (title, source) if value):
        raise InputError("the title or the source holds half a character; expected whole ones")

    given = Edit(title and " ".join(title.split()), _date(date), source and " ".join(source.split()))
    if table and (ids or query or of or given != Edit()):
        raise InputError("--from says which articles are edited and how; expected nothing else beside it")
    if not table and (given == Edit() or not (ids or query.strip() or of)):
        raise InputError(
            "nothing is said to edit; expected ids, --query or --of, and --title, --date or --source; or --from FILE"
        )
    settings = load_settings()
    with wiring.open_library(settings) as library, progress() as bar:
        edits = edits_of(table) if table else dict.fromkeys([*(ids or ()), *_found(library, query, of or [])], given)
        if title is not None and len(edits) > 1:
            raise InputError(
                f"--title is one article's, and {len(edits):,} are named; give each its own with --from FILE"
            )
        edited, unchanged, missing = library.edit(edits)
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        for notice in retriever.catch_up(bar):
            note(notice)
    print(f"{edited:,} edited, {unchanged:,} unchanged")
    if missing:
        raise InputError(f"not in the library: {', '.join(missing)}; `rag list` shows what is")


def _date(written: str | None) -> str | None:
    """A date that is given, "" for none; InputError where it cannot be read."""
    from rag.arabic.rules.date_columns import DateColumn
    from rag.readers.edits import DATES

    if written is None:
        return None
    found, unread = DateColumn(lambda: ()).read(written)
    if unread:
        raise InputError(f"the date {unread!r} cannot be read; expected such as {DATES}")
    return found or ""


def _found(library: Library, query: str, of: list[str]) -> list[str]:
    """The ids of the articles of some sources, or of any, whose title or id holds all words; InputError where there are none."""
    from rag.arabic.text.folding import has_words
    from rag.library import browsing
    from rag.types import Scope

    if query.strip() and not has_words(query):
        raise InputError(f"--query has {query!r}, which holds no words; expected some of titles or ids")
    if not query.strip() and not of:
        return []
    count, _ = library.count()
    _, rows = browsing.page(library, Scope(sources=tuple(of)), query, limit=count)
    if not rows:
        raise InputError("no article has these words in its title or id, of this source; `rag list` shows all")
    return [row.id for row in rows]
