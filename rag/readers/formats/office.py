"""Files of LibreOffice (.odt, .odp, .ods), and presentations and tables of Microsoft Office (.pptx, .xlsx).

A sheet whose head names a column of text becomes a table in CSV, which is read as tables are; of another one the rows are lines.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from rag.arabic.rules.columns import fields_of
from rag.arabic.text.folding import has_words
from rag.arabic.text.raised import apart, raised
from rag.arabic.text.sentences import BETWEEN_CELLS
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.grids import Cell, is_table, row_lines
from rag.readers.formats.odf_text import MOST_REPEATED, OdfText, kind_of, named
from rag.readers.formats.zipped import xml_of, zipped

_ODF = "a file of LibreOffice (.odt, .ods, .odp)"
_SLIDES, _WORKBOOK = "a presentation (.pptx)", "a table (.xlsx)"
_LONGEST_HEAD = 10
"""Rows within which a sheet's head stands; before it there are titles."""
_UNSAFE = re.compile(r"[\0-\x1f/\\]+")
Row = list[str]


def read_odf(path: Path) -> Document:
    """The text of a document or a presentation: paragraphs, and rows of tables, a line each; notes behind the paragraph they belong to."""
    with zipped(path, _ODF) as file:
        root = _xml(file, "content.xml")
        text = "\n".join(OdfText(root).lines(root))
        if not has_words(text):
            raise Unfit("is a document that holds no text; a scan needs text recognition (OCR)")
        return Document(text, _title(file, "meta.xml"))


def read_slides(path: Path) -> Document:
    """The text of a presentation in the order of its slides, with their notes."""
    with zipped(path, _SLIDES) as file:
        slides = _related(file, "ppt/presentation.xml")
        lines: list[str] = []
        for each in _xml(file, "ppt/presentation.xml").iter("{*}sldId"):
            name = slides.get(next((value for key, value in each.attrib.items() if key.endswith("}id")), ""), "")
            lines += _drawn(_xml(file, name))
            for notes in (other for other in _related(file, name).values() if "notesSlide" in other):
                lines += [line for line in _drawn(_xml(file, notes)) if not line.isdecimal()]  # the number of the page
        if not has_words(" ".join(lines)):
            raise Unfit("is a presentation that holds no text; pictures of text need text recognition (OCR)")
        return Document("\n".join(lines), _title(file, "docProps/core.xml"))


def read_workbook(path: Path, into: Path) -> Iterator[Part]:
    """The sheets of an .xlsx file: of one with a head and a column of text the table, else its text."""
    from openpyxl import load_workbook

    with zipped(path, _WORKBOOK), path.open("rb") as opened:
        book = load_workbook(opened, read_only=True, data_only=True, keep_links=False)
        sheets = (
            (sheet.title, ([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)))
            for sheet in book.worksheets
        )
        yield from _sheets(sheets, len(book.worksheets), into)
        book.close()


def read_ods(path: Path, into: Path) -> Iterator[Part]:
    """The sheets of an .ods file, as those of `read_workbook`."""
    with zipped(path, _ODF) as file:
        root = _xml(file, "content.xml")
        tables, said = list(root.iter("{*}table")), OdfText(root)
        yield from _sheets(((named(table, "name"), _rows_of(table, said)) for table in tables), len(tables), into)


def _sheets(sheets: Iterable[tuple[str, Iterator[Row]]], count: int, into: Path) -> Iterator[Part]:
    found = 0
    for name, rows in sheets:
        beside = f"/{_UNSAFE.sub(' ', name)}" if count > 1 else ""
        place = f"sheet {_UNSAFE.sub(' ', name)}" if beside else ""
        for part in _sheet(rows, into, place, beside):
            found += 1
            yield part
    if not found:
        raise Unfit("is a table that holds nothing; expected rows")


def _sheet(rows: Iterator[Row], into: Path, place: str, beside: str) -> Iterator[Part]:
    titles: list[Row] = []
    for row in rows:
        filled = [cell for cell in row if cell]
        if len(filled) > 1 or len(titles) == _LONGEST_HEAD:
            break
        titles += [filled] if filled else []
    else:
        row = []
    width = max((number for number, cell in enumerate(row, 1) if cell), default=0)
    names = row[:width]
    if "text" in fields_of(names, {}):
        file = into / "sheet.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            table = csv.writer(out)
            table.writerow(names)
            table.writerows((each + [""] * width)[:width] for each in rows)
        yield Part(place, file, beside=beside)
        return
    is_head = all(re.search(r"[^\W\d]", name) for name in names) and len(set(names)) == len(names)
    lines = [BETWEEN_CELLS.join(filter(None, row)) for row in (*titles, names)]
    for each in rows:
        cells = [
            (names[number] if is_head and number < width else "", cell) for number, cell in enumerate(each) if cell
        ]
        lines.append(BETWEEN_CELLS.join(f"{name}: {cell}" if name else cell for name, cell in cells))
    if has_words(text := "\n".join(filter(None, lines))):
        yield Part(place, Document(text, " ".join(titles[0]) if titles else ""), beside=beside)


def _cell(value: object) -> str:
    """A cell's value as people see it: days without a time of midnight, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split(" ")).strip()


def _rows_of(table: Any, said: OdfText) -> Iterator[Row]:
    for row in table.iter("{*}table-row"):
        cells: Row = []
        for cell in row:
            if not str(cell.tag).endswith(("}table-cell", "}covered-table-cell")):
                continue
            day = named(cell, "date-value")
            text = day.removesuffix("T00:00:00") or "\n".join(said.lines(cell))
            times = named(cell, "number-columns-repeated")
            cells += [text] * min(int(times) if times.isdecimal() else 1, MOST_REPEATED)
        repeated = named(row, "number-rows-repeated")
        filled = any(cells)
        yield from [cells] * (min(int(repeated), MOST_REPEATED) if repeated.isdecimal() and filled else 1)


def _drawn(slide: Any) -> list[str]:
    """The paragraphs of a slide, and the rows of its tables."""
    lines: list[str] = []
    for each in slide.iter("{*}p", "{*}tbl"):
        if kind_of(each) == "tbl":
            rows = [
                [_drawn_cell(cell) for cell in row.iter("{*}tc") if not _is_covered(cell)] for row in each.iter("{*}tr")
            ]
            lines += row_lines(rows) if is_table(rows) else [cell.text for row in rows for cell in row]
        elif not any(kind_of(above) == "tbl" for above in each.iterancestors()):
            lines += [apart("".join(_said(each)))]
    return [line.strip() for text in lines for line in text.split("\n") if line.strip()]


def _drawn_cell(cell: Any) -> Cell:
    columns, rows = (int(span) if (span := cell.get(name, "1")).isdecimal() else 1 for name in ("gridSpan", "rowSpan"))
    paragraphs = ("".join(_said(paragraph)) for paragraph in cell.iter("{*}p"))
    return Cell(apart(" ".join(" ".join(paragraphs).split())), columns, rows)


def _is_covered(cell: Any) -> bool:
    """Whether another cell reaches over this one."""
    return any(cell.get(name) in ("1", "true") for name in ("hMerge", "vMerge"))


def _said(element: Any) -> Iterator[str]:
    for each in element.iter("{*}t", "{*}br"):
        properties, text = each.getparent().find("{*}rPr"), each.text or ""
        baseline = properties.get("baseline", "0") if properties is not None else "0"
        yield "\n" if kind_of(each) == "br" else text if baseline.startswith(("0", "-")) else raised(text)


def _title(file: ZipFile, name: str) -> str:
    """The title as a document gives it."""
    if name not in file.namelist():
        return ""
    return next((" ".join((each.text or "").split()) for each in _xml(file, name).iter("{*}title")), "")


def _related(file: ZipFile, name: str) -> Mapping[str, str]:
    """The names of the parts that a part refers to, by their ids."""
    folder, base = posixpath.split(name)
    listed = f"{folder}/_rels/{base}.rels"
    if listed not in file.namelist():
        return {}
    relations = _xml(file, listed).iter("{*}Relationship")
    return {
        each.get("Id", ""): posixpath.normpath(posixpath.join(folder, each.get("Target", ""))).lstrip("/")
        for each in relations
    }


def _xml(file: ZipFile, name: str) -> Any:
    try:
        return xml_of(file.read(name))
    except KeyError as e:
        raise Unfit(f"lacks its part {name!r}; expected a file that is whole; save it again") from e
