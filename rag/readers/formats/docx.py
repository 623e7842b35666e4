"""Word files: the body, the head and foot of its first page, and its notes; `docx_text` says what their elements say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.docx_text import WordText, tidy
from rag.readers.formats.zipped import zipped

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_NOTES = ("/footnotes", "/endnotes")
_TITLES, _HEAD = ("title", "heading 1"), 50
"""Styles, and paragraphs among which one of them is the title."""
_LETTER = re.compile(r"[^\W\d_]")
_KIND = "a Word file (.docx)"


def read_docx(path: Path) -> Document:
    """The text of a Word file, a paragraph or a table's row a line.

    Its title is the paragraph of the style Title, the first heading, or the one that the file has been given.

    The head of the first page stands at the beginning, its foot and the notes at the end. Nothing outside the file is fetched.
    Raises Unfit for a file that is too large, damaged, or holds no text.
    """
    from docx import Document as open_docx
    from docx.oxml import parse_xml

    with zipped(path, _KIND) as file:
        names = set(file.namelist())
        if "[Content_Types].xml" not in names:
            raise Unfit(f"is a ZIP file without a Word document in it; expected {_KIND}")
        word: Any = open_docx(str(path))
        reader = WordText(word.styles.element, _numbering(word))
        blocks = [*_of_first_page(word, "header", reader), *reader.blocks(word.element.body)]
        blocks += _of_first_page(word, "footer", reader)
        for relation in word.part.rels.values():
            if relation.reltype.endswith(_NOTES) and not relation.is_external:
                blocks += reader.blocks(parse_xml(relation.target_part.blob))
        text = "\n".join(filter(None, map(tidy, blocks)))
        if not text.strip():
            raise Unfit("is a Word file that holds no text; a scan needs text recognition (OCR)")
        title = _title(word)
        if not title and any(name.endswith("core.xml") for name in names):  # python-docx makes one up otherwise
            title = " ".join(str(word.core_properties.title or "").split())
    return Document(text, title)


def _title(word: Any) -> str:
    """The first paragraph with the style of a title, else the first one with that of a heading; "" where there is none."""
    styles = {style.style_id: str(style.name or "").lower() for style in word.styles}
    styled = [(styles.get(paragraph._p.style, ""), paragraph) for paragraph in word.paragraphs[:_HEAD]]
    for wanted in _TITLES:
        for style, paragraph in styled:
            if style == wanted and (text := " ".join(paragraph.text.split())):
                return text
    return ""


def _numbering(word: Any) -> Any:
    """The root of the part that says how lists are numbered; None for a file without one."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    for relation in word.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.NUMBERING and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


def _of_first_page(word: Any, name: str, reader: WordText) -> list[str]:
    """The lines with words in the head or foot of the first page, which often hold a document's number and date."""
    from docx.oxml import parse_xml

    section = next(word.element.body.iter(f"{_WORD}sectPr"), None)
    if section is None:
        return []
    parts = {part.get(f"{_WORD}type"): part for part in section.findall(f"{_WORD}{name}Reference")}
    own = section.find(f"{_WORD}titlePg") is not None
    part = parts.get("first") if own and "first" in parts else parts.get("default")
    relation = word.part.rels.get(part.get(f"{_OFFICE}id")) if part is not None else None
    if relation is None or relation.is_external:
        return []
    return [block for block in reader.blocks(parse_xml(relation.target_part.blob)) if _LETTER.search(block)]
