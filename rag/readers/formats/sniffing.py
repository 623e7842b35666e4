"""What kind of file a file is, by what is in it; its name decides only between kinds that look alike."""

from __future__ import annotations

import csv
import json
import re
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

from rag.arabic.rules.columns import fields_of
from rag.arabic.text.encodings import decoded
from rag.readers.formats.document import OLD, Unfit
from rag.readers.formats.mail import is_mail, is_mailbox, is_saved_page
from rag.readers.formats.tables import DELIMITERS
from rag.readers.formats.whatsapp import is_chat

HEAD = 1 << 16
"""Bytes of a file that are looked at."""
_MAGIC = {
    b"%PDF": "pdf",
    b"\x1f\x8b": "gz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"WARC/": "warc",
    b"{\\rtf": "rtf",
}
_UNREAD = {
    b"Rar!": "a RAR archive; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it first",
    b"LZIP": "packed by lzip; unpack it first",
    b"\x04\x22\x4d\x18": "packed by lz4; unpack it first",
    b"!BDN": "an Outlook mail store (.pst or .ost); export it as .mbox or as .eml",
    b"\xcf\xad\x12\xfe": "a mail store of Outlook Express (.dbx); export it as .eml",
    b"\x78\x9f\x3e\x22": "an attachment in Outlook's own form (winmail.dat); ask its sender for plain files",
    b"ITSF": "a help file (.chm); unpack it into pages first",
    b"ITOLITLS": "a Microsoft Reader book (.lit); convert it to .epub",
    b"AT&TFORM": "a DjVu book; save its text, or convert it to .pdf with text",
    b"SQLite format 3\0": "an SQLite database; export its table as .csv or .jsonl",
    b"\0\1\0\0Standard Jet DB": "an Access database (.mdb, also .bok of Shamela); export its tables as .csv",
    b"\0\1\0\0Standard ACE DB": "an Access database (.accdb); export its tables as .csv",
    b"PAR1": "a Parquet table; save it as .csv or .jsonl",
    b"ARROW1": "an Arrow table; save it as .csv or .jsonl",
    b"Obj\1": "an Avro table; save it as .jsonl",
    b"\xffWPC": "a WordPerfect document; save it as .docx",
    b"ZIM\x04": "a ZIM archive of a wiki; take the wiki's own dump (.xml)",
    b"%!PS": "a PostScript file; convert it to .pdf",
    b"PGDMP": "a dump of PostgreSQL; export its table as .csv",
    b"bplist": "a saved page or settings in Apple's own form (.webarchive, .plist); save the page as .html",
}
"""Documents and containers that people have and that no reader takes, with what mends it."""
_MOBI_AT, _MOBI = 60, b"BOOKMOBI"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = {
    "EncryptedPackage": "protected by a password; save it without",
    "__substg1.0_": "an Outlook message (.msg); save it as .eml",
    "WordDocument": "doc",
    "PowerPoint Document": "ppt",
    "Workbook": "xls",
    "Book": "xls",
}
"""What is in files of old Office: how they are converted, or why they are not."""
_LARGEST_OLD = 1 << 28
_SQL = re.compile(
    r"\s*(?:(?:--|#|/\*).*\n\s*)*(?:CREATE TABLE|INSERT INTO|DROP TABLE|SET (?:NAMES|SQL_MODE|@|statement_timeout)|/\*!\d)",
    re.I,
)
_CARDS = re.compile(r"\s*BEGIN:(?:(VCARD)|VCALENDAR)", re.I)
_PARTS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
"""What is in a ZIP file that is one document."""
_UNREAD_PARTS = {
    "xl/workbook.bin": "a binary table of Excel (.xlsb); save it as .xlsx",
    "Index/Document.iwa": "a file of Apple's Pages, Numbers or Keynote; export it as .docx, .xlsx or .pptx",
    "Index.zip": "a file of Apple's Pages, Numbers or Keynote; export it as .docx, .xlsx or .pptx",
}
_TAR_AT, _TAR = 257, b"ustar"
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_XML = re.compile(
    r"\s*(?:<\?xml\b|(?:<!--.{0,2000}?-->\s*|<!DOCTYPE[^<>]{0,2000}>\s*)*<([A-Za-z_][\w:.-]{0,60})(?:\s[^<>]{0,2000})?>)",
    re.S,
)
_TAG = re.compile(r"</?(?:p|div|br|span|h[1-6]|article|table|a|meta|title|ul|li)\b[^<>]{0,500}>", re.I)
_BY_NAME = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".xml": "xml",
}
_OF_THEIR_OWN = (".md", ".markdown", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
_MEMBER = re.compile(r'\{\s*"[^"\n]{0,200}"\s*:\s*["\[{0-9]')
_COLUMNS = 100
_HTML_NAMES = (".html", ".htm", ".xhtml")


def sniff(path: Path) -> str:
    """The kind of a file, as the readers are called by in `rag.readers.finding`, or how it is packed; "" for no text.

    Raises Unfit for a document of a kind that is known and not read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    for magic, what in _UNREAD.items():
        if head.startswith(magic):
            raise Unfit(f"is {what}")
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _zipped(path)
    if head.startswith(_OLE):
        return _old(path)
    if head[_MOBI_AT : _MOBI_AT + len(_MOBI)] == _MOBI:
        raise Unfit("is a Kindle book (.mobi, .azw); convert it to .epub")
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "tar"
    suffix = path.suffix.lower()
    if suffix not in _BY_NAME or suffix == ".txt":  # of mails several charsets may stand in one
        if is_mailbox(head):
            return "mbox"
        if is_mail(head):
            return "mhtml" if suffix in (".mht", ".mhtml") or is_saved_page(head) else "eml"
    return _kind_of_text(head, suffix)


def _old(path: Path) -> str:
    """The kind of an old Office file; Unfit for what is packed in the same way and is none that can be converted."""
    with path.open("rb") as file:
        data = file.read(_LARGEST_OLD)
    found = [what for name, what in _STREAMS.items() if name.encode("utf-16-le") in data]
    if (named := path.suffix.lower().removeprefix(".")) in found:
        return named
    if found and found[0] in OLD:
        return found[0]
    raise Unfit(f"is {found[0] if found else 'an old Office file; save it as .docx or as text'}")


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
            said = (
                file.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else path.suffix.lower()
            )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return {".docx": "docx", ".epub": "epub", ".odt": "odf", ".pptx": "pptx", ".xlsx": "xlsx"}.get(
            path.suffix.lower(), "zip"
        )
    if "META-INF/manifest.xml" in names and "content.xml" in names:
        return "ods" if "spreadsheet" in said else "odf"
    if unread := next((what for part, what in _UNREAD_PARTS.items() if part in names), ""):
        raise Unfit(f"is {unread}")
    return next((kind for part, kind in _PARTS.items() if part in names), "zip")


def _kind_of_text(head: bytes, suffix: str) -> str:
    text = _beginning(head)
    if text is None and head.startswith(b"<?xml"):  # which says its encoding
        return "xml"
    if text is None:  # the reader of the kind that it is named for says what is wrong with it
        return _BY_NAME.get(suffix, "")
    if _HTML.match(text) or (suffix in _HTML_NAMES and _TAG.search(text)):
        return "html"
    if suffix not in _OF_THEIR_OWN and _SQL.match(text):
        raise Unfit("is a dump of a database (SQL); export its table as .csv or .jsonl")
    if suffix not in _OF_THEIR_OWN and (card := _CARDS.match(text)):
        raise Unfit(f"is {'an address book (.vcf)' if card[1] else 'a calendar (.ics)'}; expected a file of articles")
    if (
        (found := _XML.match(text))
        and suffix not in _OF_THEIR_OWN
        and (not found[1] or f"</{found[1]}" in text or len(head) == HEAD)
    ):
        return "html" if found[1] and _TAG.match(found[0].lstrip()) else "xml"
    if _BY_NAME.get(suffix) == "jsonl":
        return "jsonl"
    start = text.lstrip()[:1]
    rows = text.strip().count("\n") or suffix not in _BY_NAME  # what nothing names may be a stream of a single row
    if start == "{" and rows and _is_object(text.lstrip().partition("\n")[0]):
        return "jsonl"
    if suffix in ("", ".txt") and start == "{" and _MEMBER.match(text.lstrip()):
        return "json"
    if suffix == ".json" or (start == "[" and re.match(r"\[\s*\{\s*\"", text.lstrip())):
        return "json"
    if suffix not in _BY_NAME and _is_table(text.lstrip().partition("\n")[0]):
        return "csv"
    kind = _BY_NAME.get(suffix, "text")
    if kind == "text" and is_chat(text):
        return "whatsapp"
    return "text" if kind == "html" else kind


def _beginning(head: bytes) -> str | None:
    """The text that the first bytes begin, whatever byte a long file is cut at; None for no text that can be told."""
    if len(head) < HEAD:
        return decoded(head)
    cuts = (head[: head.rfind(b"\n") + 1], head[:-2], head[:-1], head[:-3], head)
    return next((text for cut in cuts if cut and (text := decoded(cut)) is not None), None)


def _is_table(line: str) -> bool:
    """Whether a line names a column of text and another one that is known."""
    for delimiter in DELIMITERS:
        with suppress(csv.Error):
            names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
            fields = fields_of((name.strip() for name in names[:_COLUMNS]), {})
            if "text" in fields and len(fields) > 1:
                return True
    return False


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
