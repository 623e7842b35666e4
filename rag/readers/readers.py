"""Articles out of files of many kinds, told by their content: one article a file, or one a row.

What cannot be read is yielded as `Unreadable` in its place, so that the rest goes in.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import get_ident

from rag.arabic.rules.columns import FIELDS
from rag.errors import InputError
from rag.library.origins import FileFingerprint, ReadArticle, fingerprint_of, path_of
from rag.readers import finding, sandbox
from rag.readers.describing import article_of
from rag.readers.finding import ROW, File, Found, found_in
from rag.readers.folders import STANDARD_INPUT, files_of, folders_of, name_of, printable, shown, source_of
from rag.readers.formats import tables
from rag.readers.formats.document import Unfit
from rag.readers.formats.sniffing import sniff
from rag.scratch import scratch
from rag.types import Article

VERSION = 2
"""Of all readers: raised when one gives something else of a file than before, so that files are read again."""
_PAUSE, _PIECE = 0.02, 1 << 20


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


Read = ReadArticle | Unreadable
Ahead = tuple[Path, FileFingerprint | None, list[Read] | None]


Item = ReadArticle | Unreadable | FileFingerprint
"""What reading gives: articles and what is wrong, in order, and behind those of a file that was read whole its mark."""


def reader_of(file: Path, columns: Mapping[str, str]) -> str:
    """What reads a file: the version of the readers, and what they are told, by the folders, too."""
    return json.dumps([VERSION, sorted(columns.items()), source_of(file)], ensure_ascii=False)


def read(paths: Sequence[Path]) -> Iterator[Article | Unreadable]:
    """The articles of files and folders that do not last, and what could not be read; ids are told apart among these alone.

    Raises InputError at once, before anything is read, where `files_of` does.
    """
    items = readings(files_of(paths), lasting=False)
    return (
        item.article if isinstance(item, ReadArticle) else item
        for item in items
        if not isinstance(item, FileFingerprint)
    )


def readings(
    files: Sequence[Path],
    columns: Mapping[str, str] | None = None,
    told: Callable[[Place], None] | None = None,
    lasting: bool = True,
    at_once: int = 4,
) -> Iterator[Item]:
    """The articles of files, what could not be read, and the marks of those that were read whole.

    columns: what the columns of tables and dumps are called, by field.
    told: called with how far reading has come, before what was read is given and at the end of each file.
    lasting: whether the files stay where they are; of what does not the articles have no file, and a name that comes twice is
    made longer here. Of an id of its own that comes twice the second is Unreadable. Standard input never lasts.
    at_once: documents, where there are as many cores; each may take MEGABYTES.
    """
    if unknown := set(columns or ()) - set(FIELDS):
        raise InputError(f"there is no field {min(unknown)!r}; expected some of {', '.join(FIELDS)}")
    return _read(files, columns or {}, told or (lambda place: None), lasting, at_once)


def _read(
    files: Sequence[Path], columns: Mapping[str, str], told: Callable[[Place], None], lasting: bool, at_once: int
) -> Iterator[Item]:
    seen: dict[str, str] = {}
    sizes = [_size(file) for file in files]
    before, whole = 0, sum(sizes)
    for done, ((file, mark, ready), size) in enumerate(zip(_ahead(files, columns, at_once), sizes, strict=True)):

        def share(part: float, file: Path = file, done: int = done, before: int = before, size: int = size) -> None:
            told(Place(file, done, len(files), (before + min(part, 1) * size) / whole))

        share(0)
        here: dict[str, str] = {}
        path = path_of(file) if lasting and file != STANDARD_INPUT else b""
        all_read = bool(path)
        for item in _articles(file, columns, share) if ready is None else ready:
            given = _told_apart(replace(item, file=path), seen, here) if isinstance(item, ReadArticle) else item
            all_read = all_read and isinstance(given, ReadArticle)
            yield given
        if all_read and mark:
            yield mark
        before += size
        told(Place(file, done + 1, len(files), before / whole))


def _told_apart(item: ReadArticle, seen: dict[str, str], here: dict[str, str]) -> ReadArticle | Unreadable:
    """An article that none is taken for that was read before: `here` by place in its file, and `seen` by id, where it has no file by
    which the library names it."""
    place = item.within or ""
    name = next((name for name in item.names if item.file or name not in seen), None)
    if place in here or name is None:
        held_by = here.get(place) or seen[item.article.id]
        return Unreadable(item.where, f"the id {item.article.id!r} was read already from {held_by}; rename one of them")
    here[place] = item.where
    if item.file:
        return item
    seen[name] = item.where
    return replace(item, article=replace(item.article, id=name))


def _ahead(files: Sequence[Path], columns: Mapping[str, str], at_once: int) -> Iterator[Ahead]:
    """Each file with its mark before it is read, and what is read in it; None for one that holds many articles, which are read
    as they are asked for.

    The next documents are read meanwhile, on all cores.
    """

    def document(file: Path) -> list[Read] | None:
        return list(_articles(file, columns, tables.untold)) if _is_document(file) else None

    workers = max(1, min(at_once, os.cpu_count() or 1, len(files)))
    waiting: deque[tuple[Path, FileFingerprint | None, Future[list[Read] | None]]] = deque()
    threads: list[int] = []
    pool = ThreadPoolExecutor(workers, initializer=lambda: threads.append(get_ident()))
    try:
        for file in files:
            mark = fingerprint_of(file, reader_of(file, columns)) if file != STANDARD_INPUT else None
            waiting.append((file, mark, pool.submit(document, file)))
            if len(waiting) > workers:
                yield _awaited(waiting)
        while waiting:
            yield _awaited(waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(ready.done() for *_, ready in waiting):  # reading ends early, and waits for no long file
            sandbox.stop(threads)
            time.sleep(_PAUSE)


def _awaited(waiting: deque[tuple[Path, FileFingerprint | None, Future[list[Read] | None]]]) -> Ahead:
    """The first that is waited for, taken out once it is read: until then it is stopped where reading ends early."""
    file, mark, ready = waiting[0]
    listed = ready.result()
    waiting.popleft()
    return file, mark, listed


def _is_document(file: Path) -> bool:
    try:
        return file != STANDARD_INPUT and sniff(file) in finding.DOCUMENTS
    except (Unfit, OSError):
        return False


def _size(file: Path) -> int:
    """A file's bytes, at least 1; also of one whose bytes cannot be told."""
    try:
        return 1 if file == STANDARD_INPUT else max(1, file.stat().st_size)
    except OSError:
        return 1


def _articles(path: Path, columns: Mapping[str, str], share: tables.Share) -> Iterator[Read]:
    """Each article of a file or what is wrong."""
    if path != STANDARD_INPUT:
        source = shown(name_of(Path(path.resolve().parent.name)))
        yield from _named(path, columns, shown(name_of(path)), source, folders_of(path), share, source_of(path))
        return
    with scratch() as folder:
        file, digest = folder / "stdin", hashlib.sha256()
        with file.open("wb") as out:
            while piece := sys.stdin.buffer.read(_PIECE):
                digest.update(piece)
                out.write(piece)
        file = file.rename(f"{file}-{digest.hexdigest()[:8]}")  # another text has another name
        yield from _named(file, columns, "standard input", "stdin", (), share)


def _named(
    path: Path,
    columns: Mapping[str, str],
    called: str,
    source: str,
    folders: tuple[str, ...],
    share: tables.Share,
    told: str = "",
) -> Iterator[Read]:
    """told: where articles are from that do not say it; else the names of folders and tables do."""
    name = name_of(Path(path.name))
    for found in found_in(File(path, name, source, folders), columns, share):
        where = f"{called}: {found.place}" if found.place else called
        try:
            if isinstance(found.item, Unfit):
                raise found.item
            article = article_of(found.item, found.id, told or found.source)
        except Unfit as e:
            yield Unreadable(where, str(e))
            continue
        longer = tuple("/".join((*found.folders[-n:], article.id)) for n in range(1, len(found.folders) + 1))
        dump, within = (printable(name), _row_of(found)) if found.is_row else ("", printable(found.place))
        yield ReadArticle(article, where, within=within, longer=longer, dump=dump, unread_date=found.item.unread_date)


def _row_of(found: Found) -> str:
    """A row with an id of its own in its file, wherever in its table or dump it stands: the place of that, and the id."""
    table, _, _ = found.place.rpartition(ROW)
    return f"{printable(table)}\n{found.id}"
