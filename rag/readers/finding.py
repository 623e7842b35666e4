"""What stands in a file, and in the files that it holds: the kinds of files, and the reader of each."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from rag.readers.conversion import converted
from rag.readers.describing import described
from rag.readers.folders import SUFFIXES, is_read, printable, shown
from rag.readers.formats import tables
from rag.readers.formats.archives import plain, unpacked
from rag.readers.formats.document import OLD, Document, Unfit
from rag.readers.formats.docx import read_docx
from rag.readers.formats.epub import read_epub
from rag.readers.formats.html import read_html
from rag.readers.formats.mail import read_mail, read_mailbox, read_saved_page
from rag.readers.formats.office import read_odf, read_ods, read_slides, read_workbook
from rag.readers.formats.pdf import read_pdf
from rag.readers.formats.rtf import read_rtf
from rag.readers.formats.sniffing import sniff
from rag.readers.formats.text import read_markdown, read_text
from rag.readers.formats.warc import read_warc
from rag.readers.formats.whatsapp import read_whatsapp
from rag.readers.formats.xml_dumps import read_xml
from rag.readers.sandbox import PartsReader, limited, limited_parts
from rag.scratch import scratch

SECONDS, MEGABYTES = 60, 1024
"""For one file that is read in a process of its own."""
_DEEPEST = 3
"""Files within files."""


def _apart(reader: Callable[[Path], Document]) -> Callable[[Path], Document]:
    """Reads a document in a process of its own, within limits of time and memory."""
    return partial(limited, reader, seconds=SECONDS, megabytes=MEGABYTES)


def _within_limits(reader: Callable[[Path], Document]) -> Callable[[Path], Document]:
    """The same for files of any size: large ones in a process of their own, which costs small ones too much."""
    apart = _apart(reader)
    return lambda path: (apart if path.stat().st_size > _SMALL else reader)(path)


_SMALL = 1 << 20
"""Bytes of a text that take little time and memory, whatever they are."""
ROW = "row "
_UNTOLD = "text"
"""The reader that says of a file what keeps it from being text."""
DOCUMENTS: Mapping[str, Callable[[Path], Document]] = {
    "text": _within_limits(read_text),
    "markdown": _within_limits(read_markdown),
    "html": _apart(read_html),
    "mhtml": _apart(read_saved_page),
    "pdf": _apart(read_pdf),
    "docx": _apart(read_docx),
    "epub": _apart(read_epub),
    "rtf": _apart(read_rtf),
    "odf": _apart(read_odf),
    "pptx": _apart(read_slides),
}
_PARTS: Mapping[str, PartsReader] = {
    "eml": read_mail,
    "mbox": read_mailbox,
    "xml": read_xml,
    "whatsapp": read_whatsapp,
    "warc": read_warc,
    "xlsx": read_workbook,
    "ods": read_ods,
}
_PACKED = ("zip", "tar", "gz", "bz2", "xz", "zst")
_TABLES: Mapping[str, Callable[[Path, Mapping[str, str], str, tables.Share], Iterator[tables.Row]]] = {
    "jsonl": tables.read_jsonl,
    "json": tables.read_json,
    "csv": tables.read_csv,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a place in a file ("" for the whole). folders: that it lies in; of a row with an id of its own (is_row) the last
    is its table or dump."""

    place: str
    id: str
    source: str
    folders: tuple[str, ...]
    item: Document | Unfit
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read: what it is called, the source that it gives, and the folders that it lies in, the nearest last.

    Files that hold files are folders too; depth counts these.
    """

    path: Path
    named: str
    source: str
    folders: tuple[str, ...]
    depth: int = 0


def found_in(file: File, columns: Mapping[str, str], share: tables.Share) -> Iterator[Found]:
    """What the reader of a file's kind finds in it; of a file that holds files, what theirs find."""
    path, named = file.path, file.named
    try:
        kind = sniff(path) or (_UNTOLD if path.suffix.lower() in SUFFIXES else "")
        if kind in DOCUMENTS:
            yield Found("", named, file.source, file.folders, described(DOCUMENTS[kind](path), named, file.folders))
        elif kind in _TABLES:
            its_source = shown(str(PurePosixPath(named).with_suffix("")))
            for number, id_, item in _TABLES[kind](path, columns, named, share):
                is_row = id_ not in (named, f"{named}:{number}")
                yield Found(f"{ROW}{number}", id_, its_source, _beneath(file, is_row), item, is_row)
        elif kind in OLD:
            with scratch() as into:
                new = replace(file, path=converted(path, kind, into))
                yield from found_in(new, columns, share)
        elif (kind in _PACKED or kind in _PARTS) and file.depth == _DEEPEST:
            raise Unfit(f"is packed more than {_DEEPEST} times; unpack it first")
        elif kind in _PACKED:
            members = _members(path) if kind == "zip" else 0
            yield from _found_packed(file, columns, share, members)
        elif kind in _PARTS:
            yield from _found_parts(file, _PARTS[kind], columns)
        elif kind:
            raise Unfit(
                f"is a {kind} file, and these are not read; expected such as {', '.join(SUFFIXES)}; unpack it first"
            )
        else:
            raise Unfit(f"is no text and of no kind that is read; expected such as {', '.join(SUFFIXES)}")
    except Unfit as e:
        yield Found("", named, file.source, file.folders, e)
    except OSError as e:
        yield Found("", named, file.source, file.folders, Unfit(f"cannot be read: {e.strerror or e}"))


def _beneath(file: File, is_row: bool) -> tuple[str, ...]:
    """The folders that what stands in a file lies in; for rows with ids of their own the file is one, too."""
    return (*file.folders, printable(PurePosixPath(file.named).stem)) if is_row else file.folders


def _found_packed(file: File, columns: Mapping[str, str], share: tables.Share, members: int) -> Iterator[Found]:
    """What is found in the files of an archive. members: how many it says that it has, 0 where it does not say it."""
    for at, (name, path) in enumerate(_files_in(file.path)):
        if members:
            share(at / members)
        if isinstance(path, Unfit):
            yield Found(name, name or file.named, file.source, file.folders, path)
            continue
        within = PurePosixPath(name).parent.name or (shown(PurePosixPath(file.named).stem) if name else file.source)
        inner = tables.untold if name else share  # the only file of one that is packed stands for it
        its_name = PurePosixPath(name).name or plain(file.named)
        parents = (file.named, *PurePosixPath(name).parent.parts) if name else ()
        beneath = (*file.folders, *map(printable, parents))
        for found in found_in(File(path, its_name, within, beneath, file.depth + 1), columns, inner):
            yield replace(found, place=": ".join(filter(None, (name, found.place))))


def _found_parts(file: File, read: PartsReader, columns: Mapping[str, str]) -> Iterator[Found]:
    """What is found in a file of several articles, and in the files that it holds; those that a folder's would be are passed by."""
    with scratch() as into:
        for part in limited_parts(read, file.path, into, SECONDS, MEGABYTES):
            id_ = part.id or file.named + part.beside
            if not isinstance(part.item, Path):
                is_row = bool(part.id)
                yield Found(part.place, id_, file.source, _beneath(file, is_row), part.item, is_row)
                continue
            if is_read(part.item):
                inner = File(part.item, id_, file.source, file.folders, file.depth + 1)
                for found in found_in(inner, columns, tables.untold):
                    yield replace(found, place=": ".join(filter(None, (part.place, found.place))))
            part.item.unlink()


def _members(path: Path) -> int:
    """How many files a .zip says that it holds; 0 for one that is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            return len(file.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0


def _files_in(path: Path) -> Iterator[tuple[str, Path | Unfit]]:
    """The files within a file, each with its name there, "" for the only one; gone when the next is asked for."""
    with scratch() as folder:
        for name, file in unpacked(path, folder):
            yield name, file
            if isinstance(file, Path):
                file.unlink()
