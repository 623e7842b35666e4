"""What kind of file a file is, by what is in it; its name decides only between kinds that look alike."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path

from rag.arabic.rules.columns import fields_of
from rag.arabic.text.encodings import decoded
from rag.readers.formats.document import Unfit
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
}
_UNREAD = {
    b"{\\rtf": "an RTF file; save it as .docx or as text",
    b"\xd0\xcf\x11\xe0": "an old Office file; save it as .docx or as text",
    b"Rar!": "a RAR archive; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it first",
}
"""Documents that people have and that no reader takes, with what mends it."""
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
_NO_XML = (".md", ".markdown", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
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
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "tar"
    suffix = path.suffix.lower()
    if suffix not in _BY_NAME or suffix == ".txt":  # of mails several charsets may stand in one
        if is_mailbox(head):
            return "mbox"
        if is_mail(head):
            return "mhtml" if suffix in (".mht", ".mhtml") or is_saved_page(head) else "eml"
    return _kind_of_text(head, suffix)


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return {".docx": "docx", ".epub": "epub"}.get(path.suffix.lower(), "zip")
    if "word/document.xml" in names:
        return "docx"
    return "epub" if "META-INF/container.xml" in names else "zip"


def _kind_of_text(head: bytes, suffix: str) -> str:
    text = _beginning(head)
    if text is None and head.startswith(b"<?xml"):  # which says its encoding
        return "xml"
    if text is None:  # the reader of the kind that it is named for says what is wrong with it
        return _BY_NAME.get(suffix, "")
    if _HTML.match(text) or (suffix in _HTML_NAMES and _TAG.search(text)):
        return "html"
    if (
        (found := _XML.match(text))
        and suffix not in _NO_XML
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
