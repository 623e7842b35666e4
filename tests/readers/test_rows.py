"""Tables: each row is a line of its own on which every cell has its column's head, whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as new_docx
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic import sentences
from rag.readers.formats.docx import read_docx
from rag.readers.formats.epub import read_epub
from rag.readers.formats.grids import Cell, is_table, row_lines
from rag.readers.formats.html import read_html
from rag.readers.formats.pdf import read_pdf
from rag.readers.formats.text import read_markdown
from tests.readers.pdf_files import pdf
from tests.readers.test_formats_files import book

HEADS = ["المنطقة", "عدد المدارس", "نسبة النجاح"]
ROWS = [["الوادي", "340", "91%"], ["الساحل الغربي", "125", "84%"], ["الجبل", "78", "88.5%"]]
LINES = [
    "المنطقة: الوادي · عدد المدارس: 340 · نسبة النجاح: 91%",
    "المنطقة: الساحل الغربي · عدد المدارس: 125 · نسبة النجاح: 84%",
    "المنطقة: الجبل · عدد المدارس: 78 · نسبة النجاح: 88.5%",
]
BEFORE = "يبين الجدول عدد المدارس في كل منطقة من المناطق الثلاث ونسبة النجاح فيها."


def html(head: str = "th") -> str:
    def row(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}><p>{cell}</p></{tag}>" for cell in cells) + "</tr>"

    table = f"<table><caption>الجدول الأول</caption><thead>{row(HEADS, head)}</thead>{''.join(row(r, 'td') for r in ROWS)}</table>"
    return f"<html><head><title>t</title></head><body><article><p>{BEFORE}</p>{table}<p>المصدر: الوزارة.</p></article></body></html>"


def a_page(path: Path) -> str:
    path.write_text(html(), encoding="utf-8")
    return read_html(path).text


def a_page_without_heads(path: Path) -> str:
    path.write_text(html("td"), encoding="utf-8")
    return read_html(path).text


def a_book(path: Path) -> str:
    return read_epub(book(path, **{"first.xhtml": html()})).text


def markdown(path: Path) -> str:
    rows = "\n".join(f"| {' | '.join(row)} |" for row in ROWS)
    path.write_text(f"{BEFORE}\n\n| {' | '.join(HEADS)} |\n|:--|---|--:|\n{rows}\n\nبعده", encoding="utf-8")
    return read_markdown(path).text


def word(path: Path) -> str:
    document = new_docx()
    document.add_paragraph(BEFORE)
    table = document.add_table(rows=0, cols=3)
    for row in [HEADS, *ROWS]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(path))
    return read_docx(path).text


def paper(path: Path) -> str:
    cells = [
        (x, 700 - 24 * i, text[::-1] if text[0].isalpha() else text)
        for i, row in enumerate([HEADS, *ROWS])
        for x, text in zip((420, 300, 150), row, strict=True)
    ]
    path.write_bytes(pdf([[(72, 760, BEFORE[::-1]), *cells]]))
    return read_pdf(path).text


@pytest.mark.parametrize("write", [a_page, a_page_without_heads, a_book, markdown, word, paper])
def test_a_cell_travels_with_its_heads(tmp_path: Path, write: Callable[[Path], str]) -> None:
    found = write(tmp_path / "a").split("\n")
    assert [line for line in found if "·" in line] == LINES
    assert BEFORE in found
    text = "\n".join(found)
    assert set(LINES) <= {text[start:end] for start, end in sentences(text)}


def test_a_pdf_that_draws_a_table(tmp_path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    with document.table() as table:
        for cells in (("Year", "Passengers", "Fare"), ("2015", "18000", "2.5"), ("2016", "21000", "3")):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    document.output(str(tmp_path / "a.pdf"))
    assert read_pdf(tmp_path / "a.pdf").text.split("\n") == [
        "Year: 2015 · Passengers: 18000 · Fare: 2.5",
        "Year: 2016 · Passengers: 21000 · Fare: 3",
    ]


def test_captions_of_tables_and_pictures_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    figure = "<figure><img src=a.jpg><figcaption>الطفلة سلمى الفائزة بالجائزة</figcaption></figure>"
    path.write_text(html().replace("<table>", f"{figure}<table>", 1), encoding="utf-8")
    found = read_html(path).text.split("\n")
    assert found.index("الطفلة سلمى الفائزة بالجائزة") < found.index("الجدول الأول") < found.index(LINES[0])


def test_a_box_of_facts_and_cells_over_several_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    box = (
        "<table><tr><th colspan=2>مدينة الوادي</th></tr><tr><th>العاصمة</th><td>نعم</td></tr>"
        "<tr><th>السكان:</th><td>340</td></tr></table>"
    )
    over = (
        "<table><tr><th>المنطقة</th><th>السنة</th><th>العدد</th></tr><tr><td rowspan=2>الوادي</td><td>2014</td><td>5</td></tr>"
        "<tr><td>2015</td><td>6</td></tr><tr><td colspan=3>أرقام أولية</td></tr></table>"
    )
    path.write_text(f"<article><p>{BEFORE}</p>{box}{over}</article>", encoding="utf-8")
    found = read_html(path).text.split("\n")
    assert {"مدينة الوادي", "العاصمة: نعم", "السكان: 340", "أرقام أولية"} <= set(found)
    assert {"المنطقة: الوادي · السنة: 2014 · العدد: 5", "المنطقة: الوادي · السنة: 2015 · العدد: 6"} <= set(found)


def test_tables_that_lay_a_page_out_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    inner = html().split("<article>")[1].split("</article>")[0]
    path.write_text(
        f"<table><tr><td><p>{BEFORE * 6}</p>{inner}</td><td><p>قصير</p></td></tr></table>", encoding="utf-8"
    )
    found = read_html(path).text.split("\n")
    assert {BEFORE * 6, BEFORE, *LINES} <= set(found)


def test_columns_of_text_are_no_table(tmp_path: Path) -> None:
    """Two columns whose lines a program draws from one edge of the page to the other."""
    line = "كلام من عمود فيه سطر طويل لا خانة قصيرة"
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([[(x, 700 - 18 * i, line[::-1]) for i in range(4) for x in (320, 40)]]))
    assert "·" not in read_pdf(path).text


TEXTS = st.text(st.characters(categories=["Ll", "Nd"]), max_size=8)
TABLES = st.lists(st.lists(st.builds(Cell, TEXTS, st.integers(0, 4), st.integers(0, 4)), max_size=5), max_size=6)


@given(TABLES, st.none() | st.integers(0, 8))
def test_no_cell_is_lost(rows: list[list[Cell]], heads: int | None) -> None:
    lines = row_lines(rows, heads)
    under = rows[heads:] if heads and heads < len(rows) else []
    assert all(any(cell.text in line for line in lines) for row in under for cell in row if cell.text)
    assert all("\n" not in line for line in lines)
    assert is_table(rows) in (True, False)
