"""Articles out of files of many kinds, told by their content: one article a file, or one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from rag.arabic.columns import FIELDS
from rag.arabic.folding import words
from rag.errors import InputError
from rag.library.formats import rows
from rag.library.formats.document import Document, Unfit
from rag.library.formats.docx import read_docx
from rag.library.formats.epub import read_epub
from rag.library.formats.html import read_html
from rag.library.formats.limits import limited
from rag.library.formats.packed import plain, unpacked
from rag.library.formats.pdf import read_pdf
from rag.library.formats.sniffing import sniff
from rag.library.formats.text import read_markdown, read_text
from rag.types import Article

SUFFIXES = (
    *(".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".epub"),
    *(".csv", ".tsv", ".json", ".jsonl", ".zip", ".tar", ".tgz", ".gz", ".zst", ".bz2", ".xz"),
)
"""What the files are called that are read; others are looked into, and read where they are one of these in spite of their name."""
STANDARD_INPUT = Path("-")
SECONDS, MEGABYTES = 60, 1024
"""For one file that is read in a process of its own."""
_SPACE = ord(" ")
_DEEPEST = 3
"""Files within files."""
Found = tuple[str, str, str, Document | Unfit]
"""Where something stands in a file ("" for the whole), its id, its source, and what it is."""


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
    Of a folder hidden files and README are passed by, and files that are no text where their name is of no kind that is read.
    Raises InputError before anything is read if a path does not exist, or a folder holds no file that can be read.
    A file that is named twice is read once; of an id that comes twice the second is Unreadable.
    """
    if unknown := set(columns or ()) - set(FIELDS):
        raise InputError(f"there is no field {min(unknown)!r}; expected some of {', '.join(FIELDS)}")
    files = {file if file == STANDARD_INPUT else file.resolve(): file for path in paths for file in _files(path)}
    seen: dict[str, str] = {}
    for file in files.values():
        for where, item in _articles(file, columns or {}):
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
        raise InputError(f"{_shown(_name(path))} does not exist; expected a file or a folder of articles")
    found = sorted(p for p in path.rglob("*") if p.is_file() and not _is_note(p) and _is_fit(p))
    if not found:
        raise InputError(
            f"{_shown(_name(path))} holds no articles; expected files of text, such as {', '.join(SUFFIXES)}"
        )
    return found


def _is_note(path: Path) -> bool:
    """Whether a file of a folder is hidden, or says what the folder holds."""
    return path.name.startswith(".") or path.stem.lower() == "readme"


def _is_fit(path: Path) -> bool:
    """Whether a file of a folder is one that people would miss: read, or named among what could not be read."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return sniff(path) != ""
    except (Unfit, OSError):
        return True


def _name(path: Path) -> str:
    """A path in UTF-8, as names are written on disks, whatever the machine's language takes them for."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def _shown(name: str) -> str:
    """A name as it can be printed: bytes of it that are not UTF-8 as backslash escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _articles(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[str, Article | Unreadable]]:
    """Each article of a file or what is wrong, and where it stands."""
    if path != STANDARD_INPUT:
        folder = _name(Path(path.resolve().parent.name))
        yield from _named(path, columns, _shown(_name(path)), _shown(folder))
        return
    with tempfile.TemporaryDirectory(prefix="rag-") as folder:
        file = Path(folder) / "stdin"
        with file.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield from _named(file, columns, "standard input", file.name)


def _named(
    path: Path, columns: Mapping[str, str], shown: str, source: str
) -> Iterator[tuple[str, Article | Unreadable]]:
    for place, id_, its_source, item in _found(path, columns, source, 0, _name(Path(path.name))):
        where = f"{shown}: {place}" if place else shown
        try:
            if isinstance(item, Unfit):
                raise item
            yield where, _article(item, id_, its_source)
        except Unfit as e:
            yield where, Unreadable(where, str(e))


def _found(path: Path, columns: Mapping[str, str], source: str, depth: int, named: str) -> Iterator[Found]:
    """What the reader of a file's kind finds in it; of a file that holds files, what theirs find. named: what it is called."""
    try:
        kind = sniff(path) or (_UNTOLD if path.suffix.lower() in SUFFIXES else "")
        if kind in _DOCUMENTS:
            yield "", named, source, _DOCUMENTS[kind](path)
        elif kind in _TABLES:
            for number, id_, item in _TABLES[kind](path, columns, named):
                yield f"row {number}", id_, _shown(str(PurePosixPath(named).with_suffix(""))), item
        elif kind in _PACKED and depth == _DEEPEST:
            raise Unfit(f"is packed more than {_DEEPEST} times; unpack it first")
        elif kind in _PACKED:
            for name, file in _files_in(path):
                if isinstance(file, Unfit):
                    yield name, name or named, source, file
                    continue
                within = PurePosixPath(name).parent.name or (_shown(PurePosixPath(named).stem) if name else source)
                its_name = PurePosixPath(name).name or plain(named)
                for place, id_, its_source, item in _found(file, columns, within, depth + 1, its_name):
                    yield ": ".join(filter(None, (name, place))), id_, its_source, item
        elif kind:
            raise Unfit(
                f"is a {kind} file, and these are not read; expected such as {', '.join(SUFFIXES)}; unpack it first"
            )
        else:
            raise Unfit(f"is no text and of no kind that is read; expected such as {', '.join(SUFFIXES)}")
    except Unfit as e:
        yield "", named, source, e
    except OSError as e:
        yield "", named, source, Unfit(f"cannot be read: {e.strerror or e}")


def _apart(reader: Callable[[Path], Document]) -> Callable[[Path], Document]:
    """The same in a process of its own, within limits."""
    return partial(limited, reader, seconds=SECONDS, megabytes=MEGABYTES)


_UNTOLD = "text"
"""The reader that says of a file what keeps it from being text."""
_DOCUMENTS: Mapping[str, Callable[[Path], Document]] = {
    "text": read_text,
    "markdown": read_markdown,
    "html": _apart(read_html),
    "pdf": _apart(read_pdf),
    "docx": _apart(read_docx),
    "epub": _apart(read_epub),
}
_PACKED = ("zip", "tar", "gz", "bz2", "xz", "zst")
_TABLES: Mapping[str, Callable[[Path, Mapping[str, str], str], Iterator[rows.Row]]] = {
    "jsonl": rows.read_jsonl,
    "json": rows.read_json,
    "csv": rows.read_csv,
}


def _files_in(path: Path) -> Iterator[tuple[str, Path | Unfit]]:
    """The files within a file, each with its name there, "" for the only one; gone when the next is asked for."""
    with tempfile.TemporaryDirectory(prefix="rag-") as folder:
        for name, file in unpacked(path, Path(folder)):
            yield name, file
            if isinstance(file, Path):
                file.unlink()


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
