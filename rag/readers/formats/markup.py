"""What HTML says by its elements alone, said by its text, for pages and for the chapters of books."""

from __future__ import annotations

import re
from typing import Any

from rag.arabic.text.raised import apart, raised
from rag.readers.formats.grids import Cell, is_table, row_lines

_LISTED = (
    "address article aside blockquote br caption dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table td th tr ul"
)
_BLOCKS = frozenset(_LISTED.split())
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math"})

_RAISED = (
    "//sup | //a[@*[name()='epub:type' or name()='role'][.='noteref' or .='doc-noteref']]"
    " | //*[contains(@style, 'vertical-align') and contains(@style, 'super')]"
)


def write_out(tree: Any) -> bool:
    """Puts raised signs for raised digits, a paragraph for each row of a table and for each caption; whether anything changed."""
    return any([_raise_digits(tree), _write_rows(tree), _write_captions(tree)])


def _raise_digits(tree: Any) -> bool:
    """References to notes are raised, too."""
    from lxml.etree import strip_tags

    found = tree.xpath(_RAISED)
    for element in found:
        whole = "".join(element.itertext())
        for part in element.iter("*"):
            if raised(whole) != whole:
                part.text = raised(part.text) if part.text else part.text
                if part is not element:
                    part.tail = raised(part.tail) if part.tail else part.tail
            part.tag = "sup"
        link = element.getparent()
        if link is not None and link.tag == "a" and "".join(link.itertext()) == raised(whole):
            link.tag = "sup"
    strip_tags(tree, "sup")
    return bool(found)


def _write_rows(tree: Any) -> bool:
    """Rows of tables; what lays a page out becomes blocks like others, since its cells are texts."""
    tables = [(table, bool(table.xpath(".//table"))) for table in tree.xpath("//table")]
    for table, holds_others in reversed(tables):
        rows = [[part for part in row if part.tag in ("td", "th")] for row in table.iter("tr")]
        cells = [[_cell(part) for part in row] for row in rows]
        if is_table(cells) and not holds_others:
            _put_rows(table, rows, cells)
            continue
        for part in table.iter("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"):
            part.tag = "div"
    return bool(tables)


def _put_rows(table: Any, rows: list[list[Any]], cells: list[list[Cell]]) -> None:
    """Puts a paragraph for the caption and for each row in the place of a table."""
    from lxml.etree import SubElement

    heads = next((i for i, row in enumerate(rows) if any(part.tag == "td" for part in row)), len(rows))
    if all(
        [part.tag for part in row] == ["th", "td"] for row in rows if len(row) > 1
    ):  # a box of facts about one thing
        cells = [[Cell(": ".join(cell.text.rstrip(" :") for cell in row if cell.text))] for row in cells]
        heads = 0
    captions = [line for caption in table.iter("caption") for line in lines(caption)]
    tail = table.tail
    table.clear()
    table.tag, table.tail = "div", tail
    for line in (*captions, *row_lines(cells, heads or None)):
        SubElement(table, "p").text = line


def _cell(part: Any) -> Cell:
    return Cell(" ".join(lines(part)), _span(part, "colspan"), _span(part, "rowspan"))


def _span(part: Any, name: str) -> int:
    value = part.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 4 else 1


def _write_captions(tree: Any) -> bool:
    found = tree.xpath("//figure//figcaption")
    for caption in found:
        caption.tag = "p"
        next(caption.iterancestors("figure")).tag = "div"
    return bool(found)


def lines(tree: Any) -> list[str]:
    """The text of a tree, a block a line, without what is not seen; elements within a line part no words."""
    from lxml import etree

    parts: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            parts.append("" if hidden else element.tail or "")
            continue
        name = element.tag.rpartition(":")[2].lower()
        hidden += (event == "start") - (event == "end") if name in _UNSEEN else 0
        parts.append("\n" if name in _BLOCKS else "")
        if not hidden:
            parts.append(" ".join(re.split(r"\s", (element.text if event == "start" else element.tail) or "")))
    return [line for line in (" ".join(line.split()) for line in apart("".join(parts)).split("\n")) if line]
