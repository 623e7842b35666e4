"""Articles out of files: .txt, one article a file, and .jsonl, one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.arabic.folding import words
from rag.errors import InputError
from rag.types import Article

SUFFIXES = (".txt", ".jsonl")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or row that gave no article: where it is and why, in one line."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def read(paths: Sequence[Path]) -> Iterator[Article | Unreadable]:
    """The articles of files and folders (read through, in order of name), and what could not be read.

    Raises InputError before anything is read if a path does not exist, or a folder holds no file that can be read.
    An id that comes twice in one call is read once; the second is Unreadable.
    """
    files = [file for path in paths for file in _files(path)]
    seen: dict[str, str] = {}
    for file in files:
        for item in _read_file(file):
            if isinstance(item, Article):
                where = f"{file}: {item.id}" if file.suffix == ".jsonl" else str(file)
                if item.id in seen:
                    item = Unreadable(
                        where, f"the id {item.id!r} was read already from {seen[item.id]}; give it another name"
                    )
                else:
                    seen[item.id] = where
            yield item


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{path} does not exist; expected a file or a folder of articles")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file() and not _is_note(p))
    if not found:
        raise InputError(f"{path} holds no articles; expected files ending in {' or '.join(SUFFIXES)}")
    return found


def _is_note(path: Path) -> bool:
    return path.name.startswith(".")


def _read_file(path: Path) -> Iterator[Article | Unreadable]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        yield Unreadable(
            str(path), f"files ending in {suffix or 'nothing'} are not read; expected {' or '.join(SUFFIXES)}"
        )
        return
    try:
        yield from _read_rows(path) if suffix == ".jsonl" else _read_text(path)
    except OSError as e:
        yield Unreadable(str(path), f"cannot be read: {e.strerror or e}")


def _read_text(path: Path) -> Iterator[Article | Unreadable]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        yield Unreadable(str(path), f"is not UTF-8 text (byte {e.start} is {data[e.start]:#04x}); save it as UTF-8")
        return
    if "\0" in text:
        yield Unreadable(str(path), "is not text (it holds NUL bytes)")
    elif not words(text):
        yield Unreadable(str(path), "is empty" if not text.strip() else "holds no words")
    else:
        yield Article(id=path.name, text=text, source=path.resolve().parent.name)


def _read_rows(path: Path) -> Iterator[Article | Unreadable]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield _article(json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8")), path.name)
            except (ValueError, RecursionError) as e:  # not UTF-8, not JSON, or not a row
                yield Unreadable(f"{path}: row {number}", str(e) if isinstance(e, _RowError) else f"is not JSON ({e})")


class _RowError(ValueError):
    """A row that is JSON but not an article."""


def _article(row: object, file_name: str) -> Article:
    if not isinstance(row, dict):
        raise _RowError(f"is a {type(row).__name__}; expected an object with id and text")
    text, id_ = row.get("text"), row.get("id")
    if isinstance(id_, int):
        id_ = str(id_)
    if not isinstance(id_, str) or not id_.strip():
        raise _RowError("has no id; expected a string under 'id'")
    if not isinstance(text, str) or not words(text):
        raise _RowError(f"(id {id_!r}) has no text; expected a string with words under 'text'")
    fields = {}
    for name in ("title", "date", "source", "url"):
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise _RowError(f"(id {id_!r}) has a {name} that is a {type(value).__name__}; expected a string")
        fields[name] = value
    if fields["date"] and not _DATE.match(fields["date"]):
        raise _RowError(f"(id {id_!r}) has the date {fields['date']!r}; expected YYYY-MM-DD")
    for value in (id_, text, *fields.values()):
        if value and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
            raise _RowError(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    return Article(
        id_, text, fields["title"] or "", fields["date"], fields["source"] or Path(file_name).stem, fields["url"]
    )
