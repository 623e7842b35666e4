"""RTF files: paragraphs, cells of tables, and title; of every code page, by fonts and as Unicode."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from rag.arabic.text.encodings import decoded
from rag.arabic.text.folding import has_words
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.grids import Cell, is_table, row_lines
from rag.readers.formats.text import LARGEST

_CODE_PAGE = re.compile(rb"\\ansicpg(\d{3,5})")
_FIELD_CODE = re.compile(r"\{\\\*\\fldinst[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}")
"""Where a link leads, which stands before its words."""
_TITLE = re.compile(r"\{\\title ?([^{}]{0,2000})\}")


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
        return Document(text, title)
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
    lines = (line.replace("\xa0", " ").strip() for line in text.split("\n"))
    return "\n".join(_with_rows(line for line in lines if line))


def _with_rows(lines: Iterable[str]) -> Iterator[str]:
    """The lines, those of tables with their heads; striprtf ends each cell with a bar."""
    for is_row, some in groupby(lines, key=lambda line: line.endswith("|")):
        if not is_row:
            yield from some
            continue
        rows = [[Cell(cell.strip()) for cell in line[:-1].split("|")] for line in some]
        yield from row_lines(rows) if is_table(rows) else (cell.text for row in rows for cell in row if cell.text)
