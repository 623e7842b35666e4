"""Articles out of files of many kinds, told by their content: one article a file, or one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from threading import get_ident

from rag.arabic.columns import FIELDS
from rag.arabic.folding import has_words
from rag.errors import InputError
from rag.library.formats import limits, rows
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
_PAUSE = 0.02
_WORKERS = 4
"""Documents that are read at once, at most; each may take MEGABYTES."""
Found = tuple[str, str, str, Document | Unfit]
"""Where something stands in a file ("" for the whole), its id, its source, and what it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far reading has come: at which file, how many of all are done, and which share of all their bytes.

    Of a table or dump the share grows by the row, of a .zip by the file within; of what else holds many at its end.
    """

    file: Path
    done: int
    files: int
    share: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or row that gave no article: where it is and why, in one line."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


Read = tuple[str, Article | Unreadable]
"""An article or what is wrong, and where it stands."""


def read(
    paths: Sequence[Path],
    columns: Mapping[str, str] | None = None,
    told: Callable[[Place], None] | None = None,
    without: Sequence[Path] = (),
) -> Iterator[Article | Unreadable]:
    """The articles of files and folders (read through, in order of name), and what could not be read.

    "-" is standard input: JSON lines, or any one file. columns: what the columns of tables and dumps are called, by field.
    told: called with how far reading has come, before what was read is given and at the end of each file.
    without: files and folders that are passed by in folders.
    Of a folder hidden files and README are passed by, and files that are no text where their name is of no kind that is read.
    Raises InputError at once, before anything is read, if a path does not exist, or a folder holds no file that can be read.
    A file that is named twice is read once; of an id that comes twice the second is Unreadable.
    """
    if unknown := set(columns or ()) - set(FIELDS):
        raise InputError(f"there is no field {min(unknown)!r}; expected some of {', '.join(FIELDS)}")
    files = {
        file if file == STANDARD_INPUT else file.resolve(): file for path in paths for file in _files(path, without)
    }
    return _read(list(files.values()), columns or {}, told or (lambda place: None))


def _read(
    files: Sequence[Path], columns: Mapping[str, str], told: Callable[[Place], None]
) -> Iterator[Article | Unreadable]:
    seen: dict[str, str] = {}
    sizes = [_size(file) for file in files]
    before, whole = 0, sum(sizes)
    for done, ((file, ready), size) in enumerate(zip(_ahead(files, columns), sizes, strict=True)):

        def share(part: float, file: Path = file, done: int = done, before: int = before, size: int = size) -> None:
            told(Place(file, done, len(files), (before + min(part, 1) * size) / whole))

        share(0)
        for where, item in _articles(file, columns, share) if ready is None else ready:
            if isinstance(item, Article):
                if item.id in seen:
                    item = Unreadable(
                        where, f"the id {item.id!r} was read already from {seen[item.id]}; rename one of them"
                    )
                else:
                    seen[item.id] = where
            yield item
        before += size
        told(Place(file, done + 1, len(files), before / whole))


def _ahead(files: Sequence[Path], columns: Mapping[str, str]) -> Iterator[tuple[Path, list[Read] | None]]:
    """Each file with what is read in it; None for one that holds many articles, which are read as they are asked for.

    The next documents are read meanwhile, on all cores.
    """

    def document(file: Path) -> list[Read] | None:
        return list(_articles(file, columns, rows.untold)) if _is_document(file) else None

    workers = min(_WORKERS, os.cpu_count() or 1, len(files))
    waiting: deque[tuple[Path, Future[list[Read] | None]]] = deque()
    threads: list[int] = []
    pool = ThreadPoolExecutor(workers, initializer=lambda: threads.append(get_ident()))
    try:
        for file in files:
            waiting.append((file, pool.submit(document, file)))
            if len(waiting) > workers:
                first, ready = waiting.popleft()
                yield first, ready.result()
        while waiting:
            first, ready = waiting.popleft()
            yield first, ready.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(ready.done() for _, ready in waiting):  # reading ends early, and waits for no long file
            limits.stop(threads)
            time.sleep(_PAUSE)


def _is_document(file: Path) -> bool:
    try:
        return file != STANDARD_INPUT and sniff(file) in _DOCUMENTS
    except (Unfit, OSError):
        return False


def _size(file: Path) -> int:
    """A file's bytes, at least 1; also of one whose bytes cannot be told."""
    try:
        return 1 if file == STANDARD_INPUT else max(1, file.stat().st_size)
    except OSError:
        return 1


def _files(path: Path, without: Sequence[Path]) -> list[Path]:
    if path == STANDARD_INPUT or path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{_shown(_name(path))} does not exist; expected a file or a folder of articles")
    out = [other.resolve() for other in without if other.resolve().is_relative_to(path.resolve())]
    inside = (p for p in path.rglob("*") if not any(p.resolve().is_relative_to(other) for other in out))
    found = sorted(p for p in inside if p.is_file() and is_read(p))
    if not found:
        raise InputError(
            f"{_shown(_name(path))} holds no articles; expected files of text, such as {', '.join(SUFFIXES)}"
        )
    return found


def is_read(path: Path) -> bool:
    """Whether a file of a folder is read when the folder is, or named among what could not be."""
    return not _is_note(path) and _is_fit(path)


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


def _articles(path: Path, columns: Mapping[str, str], share: rows.Share) -> Iterator[Read]:
    """Each article of a file or what is wrong, and where it stands."""
    if path != STANDARD_INPUT:
        folder = _name(Path(path.resolve().parent.name))
        yield from _named(path, columns, _shown(_name(path)), _shown(folder), share)
        return
    with tempfile.TemporaryDirectory(prefix="rag-") as folder:
        file = Path(folder) / "stdin"
        with file.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield from _named(file, columns, "standard input", file.name, share)


def _named(path: Path, columns: Mapping[str, str], shown: str, source: str, share: rows.Share) -> Iterator[Read]:
    for place, id_, its_source, item in _found(path, columns, source, share, 0, _name(Path(path.name))):
        where = f"{shown}: {place}" if place else shown
        try:
            if isinstance(item, Unfit):
                raise item
            yield where, _article(item, id_, its_source)
        except Unfit as e:
            yield where, Unreadable(where, str(e))


def _found(
    path: Path, columns: Mapping[str, str], source: str, share: rows.Share, depth: int, named: str
) -> Iterator[Found]:
    """What the reader of a file's kind finds in it; of a file that holds files, what theirs find. named: what it is called."""
    try:
        kind = sniff(path) or (_UNTOLD if path.suffix.lower() in SUFFIXES else "")
        if kind in _DOCUMENTS:
            yield "", named, source, _DOCUMENTS[kind](path)
        elif kind in _TABLES:
            for number, id_, item in _TABLES[kind](path, columns, named, share):
                yield f"row {number}", id_, _shown(str(PurePosixPath(named).with_suffix(""))), item
        elif kind in _PACKED and depth == _DEEPEST:
            raise Unfit(f"is packed more than {_DEEPEST} times; unpack it first")
        elif kind in _PACKED:
            members = _members(path) if kind == "zip" else 0
            for at, (name, file) in enumerate(_files_in(path)):
                if members:
                    share(at / members)
                if isinstance(file, Unfit):
                    yield name, name or named, source, file
                    continue
                within = PurePosixPath(name).parent.name or (_shown(PurePosixPath(named).stem) if name else source)
                inner = rows.untold if name else share  # the only file of one that is packed stands for it
                its_name = PurePosixPath(name).name or plain(named)
                for place, id_, its_source, item in _found(file, columns, within, inner, depth + 1, its_name):
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
_TABLES: Mapping[str, Callable[[Path, Mapping[str, str], str, rows.Share], Iterator[rows.Row]]] = {
    "jsonl": rows.read_jsonl,
    "json": rows.read_json,
    "csv": rows.read_csv,
}


def _members(path: Path) -> int:
    """How many files a .zip says that it holds; 0 for one that is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            return len(file.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0


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
    if not has_words(document.text):
        raise Unfit("is empty" if not document.text.strip() else "holds no words")
    if any(rows.HALVES.search(value) for value in (document.text, document.title, document.url or "")):
        raise Unfit(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    about = document.title, document.date, document.source or source, document.url, document.pages
    return Article(id_, document.text, *about)
