"""PDF files: the text of their pages, in the order in which it is read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.arabic.text import presentation
from rag.arabic.text.raised import apart
from rag.readers.formats.document import Document, Unfit, is_damage

if TYPE_CHECKING:
    from pypdf import PdfReader

UNKNOWN_SHARE = 0.2
"""Of a file's glyphs: where more have no letter, the text that is left misleads."""
_PROGRAM = re.compile(r"^Microsoft \w+ - ")
_NAME = re.compile(r"^untitled\d*$|^[^ ]*\.(docx?|pdf|indd|qxd|rtf|odt|tmp)$", re.IGNORECASE)
"""Titles that programs give: the name of a file."""
_UNSEEN = re.compile("[\0\ud800-\udfff]")


def read_pdf(path: Path) -> Document:
    """The text of a PDF with the beginning of each page; its title is the one that the file gives itself.

    Raises Unfit for a file that is protected, damaged, or holds no letters. A file made for it can take long and much
    memory: `limits.limited` bounds both.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    with path.open("rb") as file:
        try:
            reader = PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unfit("is protected by a password; expected a PDF that opens without one; save it without")
            return _document(reader)
        except Unfit:
            raise
        except DependencyError as e:
            raise Unfit(f"is protected in a way that is not read here ({e}); save it without protection") from e
        except MemoryError as e:
            raise Unfit("needs more memory than there is; expected pages of text; split it") from e
        except Exception as e:  # pypdf meets damage with errors of many kinds
            if not is_damage(e):
                raise
            why = " ".join(str(e).split())[:120] or type(e).__name__
            raise Unfit(f"is a damaged PDF ({why}); expected one that opens; save it again as PDF") from e


def _document(reader: PdfReader) -> Document:
    from rag.readers.formats.pdf_glyphs import UNKNOWN, glyphs
    from rag.readers.formats.pdf_lines import lines
    from rag.readers.formats.pdf_pages import pages_of, text_of

    pages, drawn, unknown = [], 0, 0
    for page in reader.pages:
        found = glyphs(page, reader)
        drawn += len(found)
        unknown += sum(glyph.text == UNKNOWN for glyph in found)
        pages.append([replace(line, text=text) for line in lines(found) if (text := apart(_whole(line.text)))])
    if not pages:
        raise Unfit("is a PDF without pages; expected pages of text")
    if unknown > UNKNOWN_SHARE * drawn:
        raise Unfit("is a PDF whose fonts do not say which letters they draw; it needs text recognition (OCR)")
    text, begins = text_of(pages_of(pages))
    if not text.strip():
        what = "holds pictures only" if any(map(_has_picture, reader.pages)) else "holds no text"
        raise Unfit(f"is a PDF that {what}; expected text; it needs text recognition (OCR)")
    return Document(text, _title(reader), pages=begins)


def _whole(text: str) -> str:
    """Text without NUL, with whole characters in place of halves."""
    return _UNSEEN.sub("", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _has_picture(page: Any) -> bool:
    try:
        drawings = page["/Resources"]["/XObject"].values()
        return any(drawing.get_object().get("/Subtype") == "/Image" for drawing in drawings)
    except (KeyError, AttributeError, TypeError):
        return False


def _title(reader: PdfReader) -> str:
    title = reader.metadata.title if reader.metadata else None
    title = " ".join(_whole(presentation.plain(_PROGRAM.sub("", str(title or "")))).split())
    return "" if _NAME.search(title) else title
