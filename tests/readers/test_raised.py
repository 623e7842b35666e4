"""Raised digits in every format: apart from what they stand behind, powers as powers, notes with their text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as new_docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from fpdf import FPDF

from rag.readers.formats.docx import read_docx
from rag.readers.formats.epub import read_epub
from rag.readers.formats.html import read_html
from rag.readers.formats.pdf import read_pdf
from tests.readers.pdf_files import Draw, pdf
from tests.readers.test_formats_files import book

PIECES = [
    ("بلغ عدد السكان 30500", "1"),
    (" نسمة في عام 1935", "2"),
    ("، ومساحتها 12 كم", "2"),
    (" وارتفاعها 10", "3"),
    (" أمتار.", ""),
]
LINE = "بلغ عدد السكان 30500 ¹ نسمة في عام 1935 ²، ومساحتها 12 كم² وارتفاعها 10³ أمتار."


@pytest.mark.parametrize(
    "mark",
    [
        "<sup>{}</sup>",
        "<sup><a href='#n'>{}</a></sup>",
        "<a href='#n'><sup>{}</sup></a>",
        "<span style='font-size:8px;vertical-align: super'>{}</span>",
        "<a epub:type='noteref' href='#n'>{}</a>",
    ],
)
def test_pages_and_books(tmp_path: Path, mark: str) -> None:
    body = (
        "<p>"
        + "".join(text + (mark.format(digit) if digit else "") for text, digit in PIECES)
        + "</p><p>1. مصدر النص.</p>"
    )
    page = tmp_path / "a.html"
    page.write_text(
        f"<html><head><title>t</title></head><body><article>{body}</article></body></html>", encoding="utf-8"
    )
    assert read_html(page).text.split("\n") == [LINE, "1. مصدر النص."]
    chapter = f"<html xmlns:epub='http://www.idpf.org/2007/ops'><body>{body}</body></html>"
    assert f"{LINE}\n1. مصدر النص." in read_epub(book(tmp_path / "a.epub", **{"first.xhtml": chapter})).text


def test_raised_letters_and_what_is_in_brackets_stay(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        "<article><p>في القرن 19<sup>th</sup> كتب نجيب<sup>[5]</sup> وخالد<sup>(٦)</sup>.</p></article>",
        encoding="utf-8",
    )
    assert read_html(page).text == "في القرن 19th كتب نجيب[5] وخالد(6)."


def raise_by(kind: str) -> Callable[[object, str], None]:
    def add(paragraph: object, digit: str) -> None:
        run = paragraph.add_run(digit)  # type: ignore[attr-defined]
        if kind == "superscript":
            run.font.superscript = True
        elif kind == "position":
            run._r.get_or_add_rPr().append(parse_xml(f"<w:position {nsdecls('w')} w:val='9'/>"))
        else:
            run.style = "Raised"

    return add


@pytest.mark.parametrize("kind", ["superscript", "position", "style"])
def test_word(tmp_path: Path, kind: str) -> None:
    document = new_docx()
    document.styles.add_style("Raised", WD_STYLE_TYPE.CHARACTER).font.superscript = True
    paragraph = document.add_paragraph()
    for text, digit in PIECES:
        paragraph.add_run(text)
        if digit:
            raise_by(kind)(paragraph, digit)
    document.save(str(tmp_path / "a.docx"))
    assert read_docx(tmp_path / "a.docx").text == LINE


def test_a_pdf_whose_program_raises_digits(tmp_path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=14)
    for text, digit in [
        ("In 1935", "2"),
        (" the town had 30500", "12"),
        (" people on 9 km", "2"),
        (", 10", "3"),
        (" m high.", ""),
    ]:
        document.char_vpos = "LINE"
        document.write(text=text)
        document.char_vpos = "SUP"
        document.write(text=digit)
    document.output(str(tmp_path / "a.pdf"))
    assert read_pdf(tmp_path / "a.pdf").text == "In 1935 ² the town had 30500 ¹² people on 9 km², 10³ m high."


@pytest.mark.parametrize("left", [True, False], ids=["a mark to the left of its number", "to its right"])
def test_an_arabic_pdf(tmp_path: Path, left: bool) -> None:
    """The number is drawn from the left; programs set its note's mark on either side of it."""
    start, step = 300.0, 6.0
    mark: Draw = (start - 4, 765, "2") if left else (start + 4 * step, 765, "2")
    drawn = [(start + 5 * step, 760.0, "ماع يف"), (start, 760.0, "1935"), (start - 8 * step, 760.0, "ةكسلا ،")]
    data = pdf([[*drawn, mark]]).replace(
        b"1 0 0 1 %s 765 Tm" % str(mark[0]).encode(), b"0.6 0 0 0.6 %s 765 Tm" % str(mark[0]).encode()
    )
    assert b"0.6 0 0 0.6" in data
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert read_pdf(path).text.startswith("في عام 1935 ²")
