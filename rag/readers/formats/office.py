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
from rag.arabic.rules.dates import iso_date
from rag.arabic.text.folding import has_words
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.zipped import xml_of, zipped

_ODF = "a file of LibreOffice (.odt, .ods, .odp)"
_SLIDES, _WORKBOOK = "a presentation (.pptx)", "a table (.xlsx)"
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
_MOST_REPEATED = 1000
"""How often an empty cell may stand for itself; sheets are filled with them to their edges."""
_LONGEST_HEAD = 10
"""Rows within which a sheet's head stands; before it there are titles."""
_UNSAFE = re.compile(r"[\0-\x1f/\\]+")
Row = list[str]


def read_odf(path: Path) -> Document:
    """The text of a document or a presentation: paragraphs, and rows of tables, a line each; notes behind the paragraph they belong to."""
    with zipped(path, _ODF) as file:
        text = "\n".join(
            line for block in _blocks(_xml(file, "content.xml")) for line in block.split("\n") if line.strip()
        )
        if not has_words(text):
            raise Unfit("is a document that holds no text; a scan needs text recognition (OCR)")
        return Document(text, *_about(file, "meta.xml"))


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
        return Document("\n".join(lines), *_about(file, "docProps/core.xml"))


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
        tables = list(_xml(file, "content.xml").iter("{*}table"))
        yield from _sheets(((_named(table, "name"), _rows_of(table)) for table in tables), len(tables), into)


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
    lines = ["\t".join(row) for row in (*titles, names)]
    for each in rows:
        cells = [
            (names[number] if is_head and number < width else "", cell) for number, cell in enumerate(each) if cell
        ]
        lines.append(
            "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells)
            if is_head
            else "\t".join(each).strip()
        )
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


def _rows_of(table: Any) -> Iterator[Row]:
    for row in table.iter("{*}table-row"):
        cells: Row = []
        for cell in row:
            if not str(cell.tag).endswith(("}table-cell", "}covered-table-cell")):
                continue
            day = _named(cell, "date-value")
            text = day.removesuffix("T00:00:00") or "\n".join(filter(None, _blocks(cell)))
            times = _named(cell, "number-columns-repeated")
            cells += [text] * min(int(times) if times.isdecimal() else 1, _MOST_REPEATED)
        repeated = _named(row, "number-rows-repeated")
        filled = any(cells)
        yield from [cells] * (min(int(repeated), _MOST_REPEATED) if repeated.isdecimal() and filled else 1)


def _blocks(parent: Any) -> Iterator[str]:
    """The paragraphs, headings and rows under an element, in order."""
    for child in parent:
        kind = _kind(child)
        if kind in ("p", "h"):
            inner: list[str] = []
            yield "".join(_runs(child, inner))
            yield from inner
        elif kind == "table-row":
            yield "\t".join(" ".join(_blocks(cell)) for cell in child)
        elif kind and kind not in _LEFT_OUT:
            yield from _blocks(child)


def _runs(parent: Any, inner: list[str]) -> Iterator[str]:
    """The text within a paragraph; what hangs on it (notes, text boxes) is put into `inner`."""
    yield _plain(parent.text)
    for child in parent:
        kind = _kind(child)
        if kind == "s":
            count = _named(child, "c")
            yield " " * (min(int(count), _MOST_REPEATED) if count.isdecimal() else 1)
        elif kind in ("tab", "line-break"):
            yield "\t" if kind == "tab" else "\n"
        elif kind in ("note-body", "text-box", "table"):
            inner += _blocks(child)
        elif kind and kind not in _LEFT_OUT:
            yield from _runs(child, inner)
        yield _plain(child.tail)


def _plain(text: str | None) -> str:
    """Text of XML, in which line ends and several spaces are one space."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _drawn(slide: Any) -> list[str]:
    """The paragraphs of a slide, and the rows of its tables."""
    lines: list[str] = []
    for each in slide.iter("{*}p", "{*}tr"):
        inside = [_kind(above) for above in each.iterancestors()]
        if _kind(each) == "tr":
            lines.append("\t".join(" ".join(_said(cell)) for cell in each.iter("{*}tc")))
        elif "tr" not in inside:
            lines += ["".join(_said(each))]
    return [line.strip() for text in lines for line in text.split("\n") if line.strip()]


def _said(element: Any) -> Iterator[str]:
    for each in element.iter("{*}t", "{*}br"):
        yield "\n" if _kind(each) == "br" else each.text or ""


def _about(file: ZipFile, name: str) -> tuple[str, str | None]:
    """Title and day as a document gives them."""
    if name not in file.namelist():
        return "", None
    told = {_kind(each): " ".join((each.text or "").split()) for each in _xml(file, name).iter()}
    return told.get("title", ""), iso_date(
        (told.get("creation-date") or told.get("created") or told.get("date") or "")[:10]
    )


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


def _kind(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _named(element: Any, name: str) -> str:
    """An attribute by its name without its namespace; "" where there is none."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")
