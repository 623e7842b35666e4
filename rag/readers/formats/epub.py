"""EPUB books: the text of their chapters, in the order of the spine."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.markup import lines, write_out
from rag.readers.formats.zipped import xml_of, zipped

_KIND = "an EPUB book"
_OF_THE_FILE = ("creation", "modification")
_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(path: Path) -> Document:
    """The text of a book, a paragraph a line; its title and date as it gives them.

    Nothing is fetched and no entity is followed. Raises Unfit for a book that is too large, protected, damaged or
    without text.
    """
    with zipped(path, _KIND) as file:
        package_name = _package_name(file)
        package = xml_of(_read(file, package_name))
        protected = _protected(file)
        chapters: list[str] = []
        for name in _spine(package, package_name):
            if name in protected:
                raise Unfit(f"is protected against copying (DRM); expected {_KIND} without")
            chapters += paragraphs(_read(file, name))
        if not chapters:
            raise Unfit("is a book that holds no text; pictures of pages need text recognition (OCR)")
        return Document("\n".join(chapters), _first(package, "title"), _day(_first(package, "date")))


def _package_name(file: ZipFile) -> str:
    if "META-INF/container.xml" not in file.namelist():
        raise Unfit(f"is a ZIP file without a book in it; expected {_KIND}")
    for root in xml_of(file.read("META-INF/container.xml")).iter("{*}rootfile"):
        return str(root.get("full-path", ""))
    raise Unfit(f"does not say where its book is; expected {_KIND}; save it again")


def _read(file: ZipFile, name: str) -> bytes:
    try:
        return file.read(name)
    except KeyError as e:
        raise Unfit(f"lacks its part {name!r}; expected {_KIND} that is whole; fetch it again") from e


def _spine(package: Any, package_name: str) -> Iterator[str]:
    """The names of the chapters' files in the order of reading."""
    folder = posixpath.dirname(package_name)
    items = {item.get("id"): item for item in package.iter("{*}item")}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and item.get("media-type", _CHAPTERS[0]) in _CHAPTERS:
            yield posixpath.normpath(posixpath.join(folder, unquote(urlsplit(item.get("href", "")).path)))


def _protected(file: ZipFile) -> set[str]:
    """The names of the files that are encrypted; many books encrypt their fonts alone."""
    if "META-INF/encryption.xml" not in file.namelist():
        return set()
    references = xml_of(file.read("META-INF/encryption.xml")).iter("{*}CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}


def paragraphs(data: bytes) -> list[str]:
    """The lines of a page of XHTML, without what is not seen."""
    from lxml import etree

    if not data.strip():
        return []
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else _declared(data)
    page = etree.HTML(data, etree.HTMLParser(encoding=encoding, no_network=True, huge_tree=False))
    if page is None:
        return []
    write_out(page)
    return lines(page)


def _declared(data: bytes) -> str:
    """The encoding that a page says it has; EPUB has UTF-8 where it says nothing."""
    found = re.search(rb"""^[^>]*\sencoding=["']([A-Za-z0-9_-]{1,40})["']""", data[:200])
    try:
        name = found.group(1).decode() if found else "utf-8"
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name


def _first(package: Any, name: str) -> str:
    """What the book says of itself under a name of Dublin Core; its file's own dates are left out."""
    for element in package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}"):
        if element.get("{http://www.idpf.org/2007/opf}event") in _OF_THE_FILE:
            continue
        if text := " ".join("".join(element.itertext()).split()):
            return text
    return ""


def _day(text: str) -> str | None:
    """A date's beginning as YYYY, YYYY-MM or YYYY-MM-DD, if there is such a day."""
    found = re.match(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])", text)
    if not found:
        return None
    year, month, day = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join(filter(None, (year, month, day)))
