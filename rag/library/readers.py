"""Articles out of files of many kinds, told by their content: one article a file, or one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rag.arabic.columns import FIELDS
from rag.arabic.folding import words
from rag.errors import InputError
from rag.library.formats import compressed, rows
from rag.library.formats.document import Document, Unfit
from rag.library.formats.html import Apart
from rag.library.formats.sniffing import sniff
from rag.library.formats.text import read_markdown, read_text
from rag.types import Article

SUFFIXES = (".txt", ".md", ".html", ".htm", ".csv", ".tsv", ".json", ".jsonl", ".gz", ".zst")
"""What the files are called that are read; others are looked into, and read where they are one of these in spite of their name."""
STANDARD_INPUT = Path("-")
_SPACE = ord(" ")
_DEEPEST = 3
"""Files within files."""
Found = tuple[str, str, Document | Unfit]
"""Where something stands in a file ("" for the whole), its id ("" for the file's name), and what it is."""
Reader = Callable[[Path], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or row that gave no article: where it is and why, in one line."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def read(paths: Sequence[Path], columns: Mapping[str, str] | None = None) -> Iterator[Article | Unreadable]:
    """The articles of files and folders (read through, in order of name), and what could not be read.

    "-" is standard input: JSON lines, or any one file. columns: what the columns of tables and dumps are called, by field.
    Of a folder files that are no text are passed by where their name is of no kind that is read. Raises InputError before
    anything is read if a path does not exist, or a folder holds no file that can be read. A file that is named twice is read
    once; of an id that comes twice the second is Unreadable.
    """
    if unknown := set(columns or ()) - set(FIELDS):
        raise InputError(f"there is no field {min(unknown)!r}; expected some of {', '.join(FIELDS)}")
    files = {file if file == STANDARD_INPUT else file.resolve(): file for path in paths for file in _files(path)}
    seen: dict[str, str] = {}
    with closing(Apart()) as apart:
        reading = _Reading(columns or {}, apart)
        for file in files.values():
            for where, item in reading.articles(file):
                if isinstance(item, Article):
                    if item.id in seen:
                        item = Unreadable(
                            where, f"the id {item.id!r} was read already from {seen[item.id]}; rename one of them"
                        )
                    else:
                        seen[item.id] = where
                yield item


def _files(path: Path) -> list[Path]:
    if path == STANDARD_INPUT or path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{_shown(path)} does not exist; expected a file or a folder of articles")
    found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".") and _is_fit(p))
    if not found:
        raise InputError(f"{_shown(path)} holds no articles; expected files of text, such as {', '.join(SUFFIXES)}")
    return found


def _is_fit(path: Path) -> bool:
    """Whether a file of a folder is one that people would miss: read, or named among what could not be read."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return sniff(path) != ""
    except (Unfit, OSError):
        return True


def _shown(path: Path) -> str:
    """A path as it can be printed: bytes of its name that are not UTF-8 as backslash escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one run reads with: the columns that were given, and the process for pages."""

    columns: Mapping[str, str]
    apart: Apart
    kinds: dict[str, Reader] = field(init=False)

    def __post_init__(self) -> None:
        kinds: dict[str, Reader] = {
            "text": partial(_one, read_text),
            "markdown": partial(_one, read_markdown),
            "html": partial(_one, self.apart.read),
            "jsonl": partial(_table, rows.read_jsonl, self.columns),
            "json": partial(_table, rows.read_json, self.columns),
            "csv": partial(_table, rows.read_csv, self.columns),
            "gz": self._unpacked,
            "zst": self._unpacked,
        }
        object.__setattr__(self, "kinds", kinds)

    def articles(self, path: Path) -> Iterator[tuple[str, Article | Unreadable]]:
        """Each article of a file or what is wrong, and where it stands."""
        if path == STANDARD_INPUT:
            yield from self._standard_input()
            return
        source = _shown(Path(path.resolve().parent.name))
        yield from self._named(path, _shown(path), source)

    def _standard_input(self) -> Iterator[tuple[str, Article | Unreadable]]:
        with tempfile.TemporaryDirectory(prefix="rag-") as folder:
            file = Path(folder) / "stdin"
            with file.open("wb") as out:
                shutil.copyfileobj(sys.stdin.buffer, out)
            yield from self._named(file, "standard input", "stdin")

    def _named(self, path: Path, shown: str, source: str) -> Iterator[tuple[str, Article | Unreadable]]:
        for place, id_, item in self.found(path):
            where = f"{shown}: {place}" if place else shown
            try:
                if isinstance(item, Unfit):
                    raise item
                yield where, _article(item, id_ or path.name, _shown(Path(path.stem)) if id_ else source)
            except Unfit as e:
                yield where, Unreadable(where, str(e))

    def found(self, path: Path, depth: int = 0) -> Iterator[Found]:
        """What the reader of a file's kind finds in it."""
        try:
            kind = sniff(path)
            reader = self.kinds.get(kind)
            if kind == "" and path.suffix.lower() not in SUFFIXES:
                raise Unfit(f"is no text and of no kind that is read; expected files such as {', '.join(SUFFIXES)}")
            if reader is None and kind:
                raise Unfit(f"is of the kind {kind}, and these are not read; save its text as UTF-8")
            if kind in ("gz", "zst") and depth == _DEEPEST:
                raise Unfit(f"is packed more than {_DEEPEST} times; unpack it first")
            if kind in ("gz", "zst"):
                yield from self._unpacked(path, depth)
            else:
                yield from (reader or self.kinds["text"])(path)
        except Unfit as e:
            yield "", "", e
        except OSError as e:
            yield "", "", Unfit(f"cannot be read: {e.strerror or e}")

    def _unpacked(self, path: Path, depth: int = 0) -> Iterator[Found]:
        with tempfile.TemporaryDirectory(prefix="rag-") as folder:
            yield from self.found(compressed.plain(path, Path(folder)), depth + 1)


def _one(reader: Callable[[Path], Document], path: Path) -> Iterator[Found]:
    yield "", "", reader(path)


def _table(
    reader: Callable[[Path, Mapping[str, str]], Iterator[rows.Row]], columns: Mapping[str, str], path: Path
) -> Iterator[Found]:
    for number, id_, item in reader(path, columns):
        yield f"row {number}", id_, item


def _article(document: Document, id_: str, source: str) -> Article:
    """A document under an id that can be printed on a line and typed on a command line; Unfit where it has no words."""
    if rows.HALVES.search(id_) or any(ord(char) < _SPACE for char in id_):
        shown = id_.encode("unicode_escape").decode()
        raise Unfit(f"has the name {shown}; expected whole characters without line ends and tabs; rename it")
    if not words(document.text):
        raise Unfit("is empty" if not document.text.strip() else "holds no words")
    if any(rows.HALVES.search(value) for value in (document.text, document.title, document.url or "")):
        raise Unfit(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    return Article(id_, document.text, document.title, document.date, document.source or source, document.url)
