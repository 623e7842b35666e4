"""Word files: paragraphs, tables' cells, text boxes, notes; insertions that are not accepted yet stay, deletions go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.arabic.text.raised import apart, raised
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.zipped import zipped

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = {f"{_WORD}{name}" for name in ("del", "moveFrom", "sectPr", "rPr", "pPr", "instrText")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a text box once more
}
_SIGNS = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
_NOTES = ("/footnotes", "/endnotes")
_TITLES, _HEAD = ("title", "heading 1"), 50
"""Styles, and paragraphs among which one of them is the title."""
_KIND = "a Word file (.docx)"


def read_docx(path: Path) -> Document:
    """The text of a Word file, a paragraph or a table's row a line, notes at the end.

    Its title is the paragraph of the style Title, the first heading, or the one that the file has been given.

    Nothing outside the file is fetched. Raises Unfit for a file that is too large, damaged, or holds no text.
    """
    from docx import Document as open_docx
    from docx.oxml import parse_xml

    with zipped(path, _KIND) as file:
        names = set(file.namelist())
        if "[Content_Types].xml" not in names:
            raise Unfit(f"is a ZIP file without a Word document in it; expected {_KIND}")
        word: Any = open_docx(str(path))
        reader = _Reader(word)
        blocks = list(reader.blocks(word.element.body))
        for relation in word.part.rels.values():
            if relation.reltype.endswith(_NOTES) and not relation.is_external:
                blocks += reader.blocks(parse_xml(relation.target_part.blob))
        text = "\n".join(filter(None, map(_tidy, blocks)))
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


class _Reader:
    """What a file's elements say, as text; notes are read as the body is."""

    def __init__(self, word: Any) -> None:
        styles = word.styles.element
        self._raised_styles = {
            style.get(f"{_WORD}styleId") for style in styles if _is_raised(style.find(f"{_WORD}rPr"))
        }

    def blocks(self, parent: Any) -> Iterator[str]:
        """The paragraphs and rows under an element, in order; XML nests at most 256 deep in what libxml2 opens."""
        for child in parent:
            if child.tag in _LEFT_OUT:
                continue
            if child.tag == f"{_WORD}p":
                inner: list[str] = []
                yield "".join(self._runs(child, inner))
                yield from inner
            elif child.tag == f"{_WORD}tr":
                yield "\t".join(" ".join(self.blocks(cell)) for cell in child if cell.tag not in _LEFT_OUT)
            elif isinstance(child.tag, str):
                yield from self.blocks(child)

    def _runs(self, parent: Any, inner: list[str]) -> Iterator[str]:
        """The text within a paragraph; paragraphs that hang on it (text boxes) are put into `inner`."""
        for child in parent:
            if child.tag == f"{_WORD}t":
                yield child.text or ""
            elif child.tag == f"{_WORD}txbxContent":
                inner += self.blocks(child)
            elif child.tag in _SIGNS:
                yield _SIGNS[child.tag]
            elif child.tag == f"{_WORD}r":
                text = "".join(self._runs(child, inner))
                yield raised(text) if self._raises(child.find(f"{_WORD}rPr")) else text
            elif child.tag not in _LEFT_OUT:
                yield from self._runs(child, inner)

    def _raises(self, properties: Any) -> bool:
        """Whether a run is raised, by its own properties or by its style."""
        if properties is None:
            return False
        style = properties.find(f"{_WORD}rStyle")
        return _is_raised(properties) or (style is not None and style.get(f"{_WORD}val") in self._raised_styles)


def _is_raised(properties: Any) -> bool:
    """Whether properties of letters raise them: Word's superscript, or LibreOffice's height above the line."""
    if properties is None:
        return False
    align, position = properties.find(f"{_WORD}vertAlign"), properties.find(f"{_WORD}position")
    if align is not None:
        return bool(align.get(f"{_WORD}val") == "superscript")
    return position is not None and not position.get(f"{_WORD}val", "-").startswith(("-", "0"))


def _tidy(block: str) -> str:
    return apart(re.sub(r" *\n\s*", "\n", block)).strip(" \n\r")
