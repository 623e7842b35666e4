"""What stands in a Word file beside its paragraphs' own text: numbers of lists, heads and feet, equations, text boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx import Document as new_docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rag.readers.formats.docx import read_docx

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def numbered(document: Any, levels: list[tuple[str, str]], items: list[tuple[int, str]]) -> None:
    """Adds paragraphs (level, text) of a list with a form and a text for each level."""
    root = document.part.numbering_part.element
    described = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    number = 700 + len(root)
    root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{described}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))
    for level, text in items:
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
        )


def lines(document: Any, path: Path) -> list[str]:
    document.save(str(path))
    return read_docx(path).text.split("\n")


def test_numbers_of_lists_are_text(tmp_path: Path) -> None:
    document = new_docx()
    articles = [
        (0, "مدة الولاية أربع سنوات."),
        (1, "تبدأ في آذار."),
        (1, "وتنتهي في شباط."),
        (0, "النصاب ثلث الأعضاء."),
        (1, "ولا يقل عن عشرة."),
    ]
    numbered(document, [("decimal", "المادة %1:"), ("arabicAbjad", "%2-")], articles)
    numbered(
        document,
        [("upperRoman", "%1)"), ("decimal", "%1.%2.")],
        [(0, "باب"), (1, "فصل"), (1, "فصل"), (0, "باب"), (1, "فصل")],
    )
    numbered(document, [("bullet", "·")], [(0, "بند")])
    document.add_paragraph("بند من نمط", style="List Number")
    assert lines(document, tmp_path / "a.docx") == [
        "المادة 1: مدة الولاية أربع سنوات.",
        "أ- تبدأ في آذار.",
        "ب- وتنتهي في شباط.",
        "المادة 2: النصاب ثلث الأعضاء.",
        "أ- ولا يقل عن عشرة.",
        *["I) باب", "I.1 فصل", "I.2 فصل", "II) باب", "II.1 فصل"],
        "بند",
        "1. بند من نمط",
    ]


def test_head_and_foot_of_the_first_page(tmp_path: Path) -> None:
    document = new_docx()
    document.add_paragraph("زار الوفد المتحف يوم الأربعاء.")
    section = document.sections[0]
    section.header.paragraphs[0].text = "محضر الجلسة رقم 77 بتاريخ 14 أيار 2011"
    section.footer.paragraphs[0].text = "12"
    assert lines(document, tmp_path / "a.docx") == [
        "محضر الجلسة رقم 77 بتاريخ 14 أيار 2011",
        "زار الوفد المتحف يوم الأربعاء.",
    ]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "القرار 5"
    section.first_page_footer.paragraphs[0].text = "كاتب المحضر: فريد"
    assert lines(document, tmp_path / "a.docx") == ["القرار 5", "زار الوفد المتحف يوم الأربعاء.", "كاتب المحضر: فريد"]


def test_equations(tmp_path: Path) -> None:
    document = new_docx()
    run = "<m:r><m:t>{}</m:t></m:r>"
    power = f"<m:sSup><m:e>{run.format('10')}</m:e><m:sup>{run.format('3')}</m:sup></m:sSup>"
    fraction = f"<m:f><m:num>{run.format('a')}</m:num><m:den>{run.format('b')}</m:den></m:f>"
    paragraph = document.add_paragraph("المساحة ")
    paragraph._p.append(parse_xml(f"<m:oMath {MATH}>{run.format('A=12')}</m:oMath>"))
    paragraph.add_run(" هكتارا، والحجم ")
    paragraph._p.append(parse_xml(f"<m:oMath {MATH}>{power}{run.format('+')}{fraction}</m:oMath>"))
    assert lines(document, tmp_path / "a.docx") == ["المساحة A=12 هكتارا، والحجم 10³+a/b"]


def test_merged_cells_and_tables_within_tables(tmp_path: Path) -> None:
    document = new_docx()
    table = document.add_table(rows=3, cols=3)
    for i, row in enumerate([["المنطقة", "السنة", "العدد"], ["الوادي", "2014", "5"], ["", "2015", "6"]]):
        for cell, text in zip(table.rows[i].cells, row, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    outer = document.add_table(rows=1, cols=1).cell(0, 0)
    outer.text = "نص في إطار"
    inner = outer.add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "الاسم", "خالد"
    assert lines(document, tmp_path / "a.docx") == [
        "المنطقة: الوادي · السنة: 2014 · العدد: 5",
        "المنطقة: الوادي · السنة: 2015 · العدد: 6",
        "نص في إطار",
        "الاسم · خالد",
    ]
