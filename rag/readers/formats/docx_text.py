"""What the elements of a Word file say: paragraphs with their numbers, rows of tables, text boxes, equations.

Insertions that are not accepted yet stay, deletions go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.arabic.text.raised import apart, raised
from rag.readers.formats.docx_lists import Numbers
from rag.readers.formats.grids import Cell, is_table, row_lines

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_LEFT_OUT = {f"{_WORD}{name}" for name in ("del", "moveFrom", "sectPr", "rPr", "pPr", "instrText")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a text box once more
}
_SIGNS = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
_LONGEST_ROW = 60
"""Columns that a cell may reach over."""


class WordText:
    """Reads the parts of one file in the order in which they are asked for, since its lists are counted through them."""

    def __init__(self, styles: Any, numbering: Any) -> None:
        """styles, numbering: the roots of their parts; numbering may be None."""
        self._raised_styles = {
            style.get(f"{_WORD}styleId") for style in styles if _is_raised(style.find(f"{_WORD}rPr"))
        }
        self._numbers = Numbers(numbering, styles)

    def blocks(self, parent: Any) -> Iterator[str]:
        """The paragraphs and rows under an element, in order; XML nests at most 256 deep in what libxml2 opens."""
        for child in parent:
            if child.tag in _LEFT_OUT:
                continue
            if child.tag == f"{_WORD}p":
                inner: list[str] = []
                number, text = self._numbers.before(child), "".join(self._runs(child, inner))
                yield f"{number}{text}" if text.strip() else text
                yield from inner
            elif child.tag == f"{_WORD}tbl":
                yield from self._table(child)
            elif isinstance(child.tag, str):
                yield from self.blocks(child)

    def _table(self, table: Any) -> Iterator[str]:
        """The rows of a table, or the paragraphs of one that lays a page out."""
        rows: list[list[Cell]] = []
        texts: list[str] = []
        above: dict[int, str] = {}
        heads = 0
        for row in table.iter(f"{_WORD}tr"):
            if next(row.iterancestors(f"{_WORD}tbl")) is not table:
                continue
            heads += len(rows) == heads and row.find(f"{_WORD}trPr/{_WORD}tblHeader") is not None
            rows.append([])
            at = 0
            for cell in row.iter(f"{_WORD}tc"):
                if next(cell.iterancestors(f"{_WORD}tr")) is not row:
                    continue
                blocks = list(filter(None, map(tidy, self.blocks(cell))))
                texts += blocks
                span, goes_on = _span(cell), _goes_on(cell)
                text = above.get(at, "") if goes_on else " ".join(" ".join(blocks).split())
                above[at] = text
                rows[-1].append(Cell(text, span))
                at += span
        if is_table(rows):
            look = table.find(f"{_WORD}tblPr/{_WORD}tblLook")
            named = look is not None and look.get(f"{_WORD}firstRow") == "1" and len(rows) > 2
            yield from row_lines(rows, heads or (1 if named else None))
        else:
            yield from texts

    def _runs(self, parent: Any, inner: list[str]) -> Iterator[str]:
        """The text within a paragraph; paragraphs that hang on it (text boxes) are put into `inner`."""
        for child in parent:
            if child.tag in (f"{_WORD}t", f"{_MATH}t"):
                yield child.text or ""
            elif child.tag == f"{_WORD}txbxContent":
                inner += self.blocks(child)
            elif child.tag in _SIGNS:
                yield _SIGNS[child.tag]
            elif child.tag == f"{_WORD}r":
                text = "".join(self._runs(child, inner))
                yield raised(text) if self._raises(child.find(f"{_WORD}rPr")) else text
            elif child.tag == f"{_MATH}sup":
                yield raised("".join(self._runs(child, inner)))
            elif child.tag == f"{_MATH}den":
                yield "/"
                yield from self._runs(child, inner)
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


def _span(cell: Any) -> int:
    """Over how many columns a cell reaches."""
    span = cell.find(f"{_WORD}tcPr/{_WORD}gridSpan")
    value = span.get(f"{_WORD}val", "") if span is not None else ""
    return min(int(value), _LONGEST_ROW) if value.isdecimal() and value != "0" else 1


def _goes_on(cell: Any) -> bool:
    """Whether a cell is the rest of the one above it."""
    merged = cell.find(f"{_WORD}tcPr/{_WORD}vMerge")
    return merged is not None and merged.get(f"{_WORD}val", "continue") == "continue"


def tidy(block: str) -> str:
    """A paragraph without spaces around its lines, notes' marks apart."""
    return apart(re.sub(r" *\n\s*", "\n", block)).strip(" \n\r")
