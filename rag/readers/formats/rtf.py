"""RTF files: paragraphs, cells of tables, title and date; of every code page, by fonts and as Unicode."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from datetime import date
from pathlib import Path

from rag.arabic.text.encodings import decoded
from rag.arabic.text.folding import has_words
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.text import LARGEST

_CODE_PAGE = re.compile(rb"\\ansicpg(\d{3,5})")
_FIELD_CODE = re.compile(r"\{\\\*\\fldinst[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}")
"""Where a link leads, which stands before its words."""
_TITLE = re.compile(r"\{\\title ?([^{}]{0,2000})\}")
_CREATED = re.compile(r"\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")


def read_rtf(path: Path) -> Document:
    """The text of an RTF file, a paragraph or a table's row a line; Unfit where it holds none, or is damaged."""
    if (size := path.stat().st_size) > LARGEST:
        raise Unfit(f"is {size:,} bytes; expected at most {LARGEST:,} for one article; save it without pictures")
    data = path.read_bytes()
    found = _CODE_PAGE.search(data)
    page = f"cp{found[1].decode()}" if found else "cp1252"
    with suppress(LookupError):
        codecs.lookup(page)
        raw = _FIELD_CODE.sub("", data.decode(page, "replace"))
        text, title = _text(raw, page), ""
        if match := _TITLE.search(raw):
            title = " ".join(_text(f"{{\\rtf1 {match[1]}}}", page).split())
        if not has_words(text):
            raise Unfit("is an RTF file that holds no text; a scan needs text recognition (OCR)")
        return Document(text, title, _created(raw))
    raise Unfit(f"is RTF in the unknown code page {page}; expected one that Windows has; save it anew")


def _text(raw: str, page: str) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        text = rtf_to_text(raw, page, "replace").replace("\0", "")
    except (ValueError, TypeError, LookupError, OverflowError) as e:
        raise Unfit(
            f"is damaged RTF ({' '.join(str(e).split())[:100]}); expected groups in braces; save it anew"
        ) from e
    with suppress(UnicodeEncodeError):  # Arabic whose font says that it is Latin
        text = decoded(text.encode("cp1252")) or text
    lines = (line.rstrip("|").replace("|", "\t") if line.rstrip().endswith("|") else line for line in text.split("\n"))
    return "\n".join(line for line in (line.replace("\xa0", " ").strip() for line in lines) if line)


def _created(raw: str) -> str | None:
    with suppress(ValueError):
        if match := _CREATED.search(raw):
            return date(*map(int, match.groups())).isoformat()
    return None
