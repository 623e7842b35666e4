"""Articles out of files: .txt, one article a file, and .jsonl, one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rag.arabic.folding import words
from rag.errors import InputError
from rag.types import Article

SUFFIXES = (".txt", ".jsonl")
_HALVES = re.compile("[\0\ud800-\udfff]")
_SPACE = ord(" ")
_NOT_TEXT = {
    b"%PDF-": "a PDF file",
    b"{\\rtf": "an RTF file",
    b"PK\3\4": "a ZIP or Office file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
}
"""The first bytes of files that people rename."""


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
    A file that is named twice is read once; of an id that comes twice the second is Unreadable.
    """
    files = {file.resolve(): file for path in paths for file in _files(path)}
    seen: dict[str, str] = {}
    for file in files.values():
        for where, item in _read_file(file):
            if isinstance(item, Article):
                if item.id in seen:
                    item = Unreadable(
                        where, f"the id {item.id!r} was read already from {seen[item.id]}; rename one of them"
                    )
                else:
                    seen[item.id] = where
            yield item


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{_shown(path)} does not exist; expected a file or a folder of articles")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file() and not _is_note(p))
    if not found:
        raise InputError(f"{_shown(path)} holds no articles; expected files ending in {' or '.join(SUFFIXES)}")
    return found


def _shown(path: Path) -> str:
    """A path as it can be printed: bytes of its name that are not UTF-8 as backslash escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _is_note(path: Path) -> bool:
    return path.name.startswith(".")


def _read_file(path: Path) -> Iterator[tuple[str, Article | Unreadable]]:
    """Each article or what is wrong, and where it stands."""
    where, suffix = _shown(path), path.suffix.lower()
    if suffix not in SUFFIXES:
        why = f"files ending in {suffix or 'nothing'} are not read; expected {' or '.join(SUFFIXES)}"
        yield where, Unreadable(where, why)
        return
    try:
        if suffix == ".jsonl":
            yield from _read_rows(path)
        else:
            yield where, _read_text(path)
    except _Wrong as e:
        yield where, Unreadable(where, str(e))
    except OSError as e:
        yield where, Unreadable(where, f"cannot be read: {e.strerror or e}")


def _read_text(path: Path) -> Article:
    data = path.read_bytes()
    if kind := next((kind for first, kind in _NOT_TEXT.items() if data.startswith(first)), ""):
        raise _Wrong(f"is {kind} in spite of its name; save its text as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise _Wrong(f"is not UTF-8 text (byte {e.start} is {data[e.start]:#04x}); save it as UTF-8") from e
    if "\0" in text:
        raise _Wrong("is not text (it holds NUL bytes)")
    if not words(text):
        raise _Wrong("is empty" if not text.strip() else "holds no words")
    return Article(id=_checked_id(path.name), text=text, source=_shown(Path(path.resolve().parent.name)))


def _read_rows(path: Path) -> Iterator[tuple[str, Article | Unreadable]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{_shown(path)}: row {number}"
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                yield where, _article(row, _shown(Path(path.stem)))
            except _Wrong as e:
                yield where, Unreadable(where, str(e))
            except (ValueError, RecursionError) as e:  # not UTF-8, or not JSON
                yield where, Unreadable(where, f"is not JSON ({e})")


class _Wrong(Exception):
    """What was read is no article; the message says why."""


def _article(row: object, source: str) -> Article:
    if not isinstance(row, dict):
        raise _Wrong(f"is a {type(row).__name__}; expected an object with id and text")
    text, id_ = row.get("text"), row.get("id")
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if not isinstance(id_, str) or not id_.strip():
        raise _Wrong("has no id; expected a string under 'id'")
    _checked_id(id_)
    if not isinstance(text, str) or not words(text):
        raise _Wrong(f"(id {id_!r}) has no text; expected a string with words under 'text'")
    fields = {}
    for name in ("title", "date", "source", "url"):
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise _Wrong(f"(id {id_!r}) has a {name} that is a {type(value).__name__}; expected a string")
        fields[name] = value
    if fields["date"] and not _is_date(fields["date"]):
        raise _Wrong(f"(id {id_!r}) has the date {fields['date']!r}; expected YYYY-MM-DD")
    for value in (text, *fields.values()):
        if value and _HALVES.search(value):
            raise _Wrong(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    return Article(id_, text, fields["title"] or "", fields["date"] or None, fields["source"] or source, fields["url"])


def _checked_id(id_: str) -> str:
    """The id, if it can be printed on a line and typed on a command line."""
    if _HALVES.search(id_) or any(ord(char) < _SPACE for char in id_):
        shown = id_.encode("unicode_escape").decode()
        raise _Wrong(f"has the name {shown}; expected whole characters without line ends and tabs; rename it")
    return id_


def _is_date(text: str) -> bool:
    """Whether a text begins with a day of the calendar, as YYYY-MM-DD."""
    try:
        return text.isascii() and bool(date.fromisoformat(text[:10])) and text[4:5] + text[7:8] == "--"
    except ValueError:
        return False
