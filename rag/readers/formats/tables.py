"""Tables and dumps: JSON lines, JSON arrays and objects, CSV and TSV, one article a row.

The name that a reader is given is the file's for people, by which rows without an id are called.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, AnyStr, TextIO

from rag.arabic.rules.columns import fields_of
from rag.arabic.rules.date_columns import DateColumn
from rag.arabic.text.encodings import encoding_of
from rag.arabic.text.folding import has_words
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.html_fields import without_markup
from rag.readers.formats.json_rows import MOST_VALUES, check, listed
from rag.readers.formats.json_shapes import plain_row
from rag.readers.formats.text import ENCODINGS, LARGEST

Row = tuple[int, str, Document | Unfit]
"""A row's number from 1, its id ("" where it has none), and what it holds."""
Share = Callable[[float], None]
"""Called with the share of a file that has been read, 0 to 1."""
HALVES = re.compile("[\0\ud800-\udfff]")
_HEAD = 1 << 22
"""Bytes of a long file by which its encoding is told."""
_LONGEST_HEADER = 100_000
"""Characters of the line that names the columns."""
DELIMITERS = (",", ";", "\t", "|")
_Values = tuple[int, str, object]
"""A row's number, the id that it has if it brings none, and its values by name, or Unfit."""


def untold(share: float) -> None:
    """Tells nobody."""


def read_jsonl(path: Path, columns: Mapping[str, str], name: str, share: Share = untold) -> Iterator[Row]:
    """The rows of JSON lines; a broken one is Unfit in its place. One without an id has the file's name and its number."""
    return _rows(partial(_jsonl_values, path, columns, name), columns, share)


def _jsonl_values(path: Path, columns: Mapping[str, str], name: str, share: Share) -> Iterator[_Values]:
    with path.open("rb") as file:
        encoding, size = _encoding(file) or "utf-8", max(1, path.stat().st_size)
        for number, line in enumerate(_lines(file, encoding), 1):
            share(file.tell() / size)
            if isinstance(line, Unfit):
                yield number, "", line
                continue
            if not line.strip():
                continue
            try:
                check(line)
                row = plain_row(json.loads(line.decode(encoding) if isinstance(line, bytes) else line), columns)
            except Unfit as e:
                row = e
            except (ValueError, RecursionError) as e:  # not of the encoding, or not JSON
                row = Unfit(f"is not JSON ({e})")
            yield number, f"{name}:{number}", row


def _encoding(file: IO[bytes]) -> str | None:
    """The encoding by a file's beginning; None where it cannot be told. The file is at its beginning again."""
    head = file.read(_HEAD)
    file.seek(0)
    if len(head) < _HEAD:
        return encoding_of(head)
    cuts = (head[: head.rfind(b"\n") + 1], head[:-2], head)
    return next((found for cut in cuts if cut and (found := encoding_of(cut))), None)


def _lines(file: IO[bytes], encoding: str) -> Iterator[bytes | str | Unfit]:
    """The lines of a file: as bytes, so that each fails alone, but for encodings in which a line's end is two bytes or more.

    A line longer than LARGEST is Unfit, and is not held in memory.
    """
    if not encoding.startswith(("utf-16", "utf-32")):
        marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        file.seek(len(codecs.BOM_UTF8) if marked else 0)
        yield from _bounded(file)
        return
    with io.TextIOWrapper(file, encoding, newline="\n") as text:
        try:
            yield from _bounded(text)
        except UnicodeDecodeError as e:
            yield _of_another_encoding(encoding, e)


def _bounded(file: IO[AnyStr]) -> Iterator[AnyStr | Unfit]:
    while line := file.readline(LARGEST):
        whole = _is_whole(line)
        yield line if whole else Unfit(f"is longer than {LARGEST:,} bytes or characters; expected one article a line")
        while not whole:
            whole = _is_whole(file.readline(LARGEST))


def _is_whole(line: str | bytes) -> bool:
    """Whether what was read of a line, up to LARGEST, ends where it ends."""
    return len(line) < LARGEST or line[-1:] in ("\n", b"\n")


def read_json(path: Path, columns: Mapping[str, str], name: str, share: Share = untold) -> Iterator[Row]:
    """The rows of a JSON array, of an object that holds one, of an object of objects by their ids, or of a single object.

    Raises Unfit where nothing of it can be read; what is broken further on is the last row.
    """
    return _rows(partial(_json_values, path, columns, name), columns, share)


def _json_values(path: Path, columns: Mapping[str, str], name: str, share: Share) -> Iterator[_Values]:
    encoding, size = encoding_of_file(path), max(1, path.stat().st_size)
    opened: list[IO[bytes]] = []

    def begun() -> TextIO:
        opened.append(path.open("rb"))
        return io.TextIOWrapper(opened[-1], encoding)

    number = 0
    try:
        for number, (id_, row) in enumerate(listed(begun, columns, name), 1):
            share(opened[-1].tell() / size)
            try:
                yield number, id_, plain_row(row, columns)
            except Unfit as e:
                yield number, id_, e
    except Unfit as e:
        if not number:
            raise
        yield number + 1, "", Unfit(f"{e}; nothing behind it is read")
    except UnicodeDecodeError as e:
        yield number + 1, "", _of_another_encoding(encoding, e)


def encoding_of_file(path: Path) -> str:
    """The encoding of a file of which no part can be read without it."""
    with path.open("rb") as file:
        found = _encoding(file)
    if found is None:
        raise Unfit(f"is not UTF-8 text, nor surely in another of {ENCODINGS}; save it as UTF-8")
    return found


def _of_another_encoding(encoding: str, e: UnicodeDecodeError) -> Unfit:
    return Unfit(f"and those behind it are not {encoding} ({e.reason}); save the file as UTF-8")


def read_csv(path: Path, columns: Mapping[str, str], name: str, share: Share = untold) -> Iterator[Row]:
    """The rows of a table whose first line names the columns; the delimiter is the one that gives a column of text.

    A row without an id has the table's name and its number. One with another number of fields than the first line is Unfit.
    """
    return _rows(partial(_csv_values, path, columns, name), columns, share)


def _csv_values(path: Path, columns: Mapping[str, str], name: str, share: Share) -> Iterator[_Values]:
    csv.field_size_limit(LARGEST)
    encoding, size, number = encoding_of_file(path), max(1, path.stat().st_size), 0
    with path.open("rb") as file, io.TextIOWrapper(file, encoding, newline="") as table:
        try:
            names, delimiter = _header(table.readline(_LONGEST_HEADER), columns)
            lines = _Lines(table, delimiter)
            for number, row in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
                lines.begin()
                share(file.tell() / size)
                if not any(value.strip() for value in row):
                    continue
                if len(row) != len(names):
                    yield number, "", Unfit(f"has {len(row)} fields; expected {len(names)}, as the first line has")
                    continue
                first_wins = zip(reversed(names), reversed(row), strict=True)
                yield number, f"{name}:{number}", dict(first_wins)
        except csv.Error as e:
            why = f"and those behind it are no table ({e}); expected quotes in pairs around fields"
            yield number + 1, "", Unfit(why)
        except UnicodeDecodeError as e:
            yield number + 1, "", _of_another_encoding(encoding, e)


class _Lines:
    """The lines of a table; csv.Error where those of one row are too long, or hold too many fields to be kept in memory."""

    def __init__(self, table: TextIO, delimiter: str) -> None:
        self._table, self._delimiter = table, delimiter
        self.begin()

    def begin(self) -> None:
        """Begins another row."""
        self._characters, self._fields = LARGEST, MOST_VALUES

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._table.readline(LARGEST + 1)
        self._characters -= len(line)
        self._fields -= line.count(self._delimiter)
        if self._characters < 0 or self._fields < 0:
            raise csv.Error(f"a row has over {LARGEST:,} characters or {MOST_VALUES:,} fields")
        if not line:
            raise StopIteration
        return line


def _header(line: str, columns: Mapping[str, str]) -> tuple[list[str], str]:
    """The names of the columns, and the delimiter."""
    if not line.strip():
        raise Unfit("is empty")
    if len(line) == _LONGEST_HEADER:
        raise Unfit(f"has a first line of over {_LONGEST_HEADER:,} characters; expected the names of the columns there")
    for delimiter in DELIMITERS:
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        if "text" in fields_of(names, columns):
            return names, delimiter
    found = " ".join(line.split())[:200]
    raise Unfit(
        f"has no column of text in its first line, {found!r}; expected one named text, or name it: --columns text=NAME"
    )


def _rows(values: Callable[[Share], Iterator[_Values]], columns: Mapping[str, str], share: Share) -> Iterator[Row]:
    """The rows of a file. values: gives theirs from its beginning; once more where the order of its dates is asked for."""
    dates = DateColumn(lambda: (_fields(row, columns).get("date") for _, _, row in values(untold)))
    for number, otherwise, row in values(share):
        try:
            if isinstance(row, Unfit):
                raise row
            yield number, *_row(row, columns, otherwise, dates)
        except Unfit as e:
            yield number, "", e


def _fields(row: object, columns: Mapping[str, str]) -> dict[str, object]:
    """What stands in a row for each field that it has."""
    return {field: row[name] for field, name in fields_of(row, columns).items()} if isinstance(row, dict) else {}


def _row(row: object, columns: Mapping[str, str], otherwise: str, dates: DateColumn) -> tuple[str, Document]:
    """A row's id, or the other where it brings none, and what it holds; a date that cannot be read is none, and is told."""
    if not isinstance(row, dict):
        raise Unfit(f"is a {type(row).__name__}; expected an object with id and text")
    values = _fields(row, columns)
    id_, text = values.get("id"), values.get("text")
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if id_ is None or id_ == "":
        id_ = otherwise
    if not isinstance(id_, str) or not id_.strip():
        raise Unfit(f"has no id; expected a string under {columns.get('id', 'id')!r}")
    if not isinstance(text, str) or not has_words(text):
        raise Unfit(f"(id {id_!r}) has no text; expected a string with words under {columns.get('text', 'text')!r}")
    date, unread = dates.read(values.get("date"))
    title, source, url = (_string(values.get(field), field, id_) for field in ("title", "source", "url"))
    unread = HALVES.sub("\N{REPLACEMENT CHARACTER}", unread)
    return id_, Document(without_markup(text), without_markup(title), date, url or None, source, unread_date=unread)


def _string(value: object, field: str, id_: str) -> str:
    """A field of a row, "" where there is none."""
    if value is not None and not isinstance(value, str):
        raise Unfit(f"(id {id_!r}) has a {field} that is a {type(value).__name__}; expected a string")
    if value and HALVES.search(value):
        raise Unfit(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    return value or ""
