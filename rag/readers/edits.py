"""Edits of articles out of a table: a column of ids, and columns of titles, dates or sources."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from rag.arabic.rules.columns import fields_of
from rag.arabic.rules.date_columns import DateColumn
from rag.errors import InputError
from rag.library.edits import Edit
from rag.readers.formats.document import Unfit
from rag.readers.formats.tables import DELIMITERS, HALVES
from rag.readers.formats.text import text_of

DATES = "2015-07-23, 23/7/2015 or the month by its name; - for none"
_LISTED = "article"
"""What `rag list --json` calls an id."""
_EDITED = ("title", "date", "source")


def edits_of(path: Path) -> dict[str, Edit]:
    """What a table sets, by id: an empty cell leaves a field as it is, one that says that there is no date takes it away.

    Raises InputError where the file or a row cannot be read, before anything is done.
    """
    try:
        lines = text_of(path)
        rows = _rows(lines)
    except (OSError, Unfit, csv.Error) as e:
        why = e.strerror or str(e) if isinstance(e, OSError) else str(e)
        raise InputError(f"{path} cannot be read: {why}; expected a table of edits") from e
    dates = DateColumn(lambda: (row.get("date") for row in rows))
    found: dict[str, Edit] = {}
    for number, row in enumerate(rows, 1):
        if not (id_ := row["id"].strip()) or id_ in found:
            said = "has no id" if not id_ else f"has the id {id_!r}, as a row before it"
            raise InputError(f"{path}: row {number} {said}; expected one row for each article")
        date, unread = dates.read(row.get("date"))
        if unread:
            raise InputError(f"{path}: row {number} has the date {unread!r}; expected such as {DATES}")
        title, source = row.get("title", "").strip(), row.get("source", "").strip()
        found[id_] = Edit(title or None, (date or "") if row.get("date", "").strip() else None, source or None)
    return found


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of a table by field; Unfit where it is none of edits."""
    header = text.split("\n", 1)[0]
    for delimiter in DELIMITERS:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        fields = fields_of(names, {})
        if _LISTED in names:
            fields.setdefault("id", _LISTED)
        if "id" in fields and any(field in fields for field in _EDITED):
            break
    else:
        raise Unfit(
            f"has the first line {' '.join(header.split())[:200]!r}; expected names: id, and title, date or source"
        )
    if HALVES.search(text):
        raise Unfit("holds a NUL or half a surrogate pair; expected whole characters")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(map(str.strip, row))]
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise Unfit(f"row {number} has {len(row)} fields; expected {len(names)}, as the first line has")
    return [{field: row[names.index(name)] for field, name in fields.items()} for row in rows[1:]]
