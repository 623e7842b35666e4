"""What the elements of LibreOffice's documents say, as text: paragraphs, rows of tables, raised signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.arabic.text.raised import apart, raised
from rag.readers.formats.grids import Cell, is_table, row_lines

MOST_REPEATED = 1000
"""How often an empty cell, or a space, may stand for itself; sheets are filled with cells to their edges."""
_LEFT_OUT = frozenset(
    (
        "tracked-changes",
        "annotation",
        "annotation-end",
        "sequence-decls",
        "note-citation",
        "bibliography-source",
        "desc",
    )
)
_RAISED = re.compile(r"super|[1-9]\d*%")
"""What styles say of the place of letters that are raised."""


class OdfText:
    """Reads the elements of a part. root: that of the part, with the styles that it uses."""

    def __init__(self, root: Any) -> None:
        self._raised_styles = {
            named(style, "name")
            for style in root.iter("{*}style")
            if any(_RAISED.match(named(each, "text-position")) for each in style.iter("{*}text-properties"))
        }

    def lines(self, parent: Any) -> list[str]:
        """The lines under an element, none empty."""
        return [line for block in self.blocks(parent) for line in apart(block).split("\n") if line.strip()]

    def blocks(self, parent: Any) -> Iterator[str]:
        """The paragraphs, headings and rows under an element, in order."""
        for child in parent:
            kind = kind_of(child)
            if kind in ("p", "h"):
                inner: list[str] = []
                yield "".join(self._runs(child, inner))
                yield from inner
            elif kind == "table":
                yield from self._table(child)
            elif kind and kind not in _LEFT_OUT:
                yield from self.blocks(child)

    def _table(self, table: Any) -> Iterator[str]:
        """The rows of a table, or the paragraphs of one that lays a page out."""
        rows: list[list[Cell]] = []
        texts: list[str] = []
        heads = 0
        for row in table.iter("{*}table-row"):
            if next(row.iterancestors("{*}table")) is not table:
                continue
            heads += kind_of(row.getparent()) == "table-header-rows"
            rows.append([])
            for cell in row.iterchildren("{*}table-cell"):
                lines = self.lines(cell)
                texts += lines
                text = " ".join(" ".join(lines).split())
                rows[-1].append(Cell(text, _spanned(cell, "columns"), _spanned(cell, "rows")))
        yield from row_lines(rows, heads or None) if is_table(rows) else texts

    def _runs(self, parent: Any, inner: list[str]) -> Iterator[str]:
        """The text within a paragraph; what hangs on it (notes, text boxes) is put into `inner`."""
        yield _plain(parent.text)
        for child in parent:
            kind = kind_of(child)
            if kind == "s":
                count = named(child, "c")
                yield " " * (min(int(count), MOST_REPEATED) if count.isdecimal() else 1)
            elif kind in ("tab", "line-break"):
                yield "\t" if kind == "tab" else "\n"
            elif kind == "table":
                inner += self._table(child)
            elif kind in ("note-body", "text-box"):
                inner += self.blocks(child)
            elif kind and kind not in _LEFT_OUT:
                text = "".join(self._runs(child, inner))
                yield raised(text) if named(child, "style-name") in self._raised_styles else text
            yield _plain(child.tail)


def kind_of(element: Any) -> str:
    """The name of an element without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def named(element: Any, name: str) -> str:
    """An attribute by its name without its namespace; "" where there is none."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def _spanned(cell: Any, what: str) -> int:
    count = named(cell, f"number-{what}-spanned")
    return min(int(count), MOST_REPEATED) if count.isdecimal() else 1


def _plain(text: str | None) -> str:
    """Text of XML, in which line ends and several spaces are one space."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")
