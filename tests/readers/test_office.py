"""Files of LibreOffice, presentations, tables and RTF: what was written comes out, and rows of tables are articles as in CSV."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.office import read_odf, read_ods, read_slides, read_workbook
from rag.readers.formats.rtf import read_rtf
from rag.readers.formats.sniffing import sniff
from rag.readers.readers import Unreadable, read
from rag.types import Article
from tests.readers.office_files import drawn, odf, odf_table, rtf, slides, workbook

TEXT = "افتتح الوزير محطة القطار، وبلغت الكلفة 340 مليون دينار."


def found_in(path: Path, data: bytes) -> list[Article | Unreadable]:
    path.write_bytes(data)
    return list(read([path]))


def test_a_document_of_libreoffice(tmp_path: Path) -> None:
    body = (
        f'<text:h text:outline-level="1">عنوان</text:h><text:p>قال<text:s text:c="2"/><text:span>الوزير</text:span><text:tab/>نعم'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>حاشية.</text:p></text:note-body></text:note>.</text:p>"
        f"{odf_table([['سوريا', '7'], ['لبنان', '8']])}<text:list><text:list-item><text:p>بند</text:p></text:list-item></text:list>"
        "<text:tracked-changes><text:p>محذوف</text:p></text:tracked-changes>"
    )
    (found,) = found_in(tmp_path / "a.odt", odf(body, title="خبر", date="2015-05-12"))
    text = "عنوان\nقال  الوزير\tنعم.\nحاشية.\nسوريا · 7\nلبنان · 8\nبند"
    assert found == Article("a.odt", text, "خبر", None, tmp_path.name)
    (failure,) = found_in(tmp_path / "b.odt", odf(""))
    assert "holds no text" in str(failure)


def test_a_presentation_in_the_order_of_its_slides(tmp_path: Path) -> None:
    table = f"<a:tbl><a:tr><a:tc>{drawn('سوريا')}</a:tc><a:tc>{drawn('7')}</a:tc></a:tr></a:tbl>"
    data = slides(drawn("أول"), drawn("ثان") + table, title="خبر", date="2015-05-12")
    assert found_in(tmp_path / "a.pptx", data) == [Article("a.pptx", "أول\nثان\nسوريا · 7", "خبر", None, tmp_path.name)]


def test_cells_travel_with_their_heads_and_raised_digits_stand_apart(tmp_path: Path) -> None:
    rows = [["المحافظة", "نسبة النجاح"], ["ساحل المرجان", "79%"], ["الوادي", "84%"]]
    lines = "المحافظة: ساحل المرجان · نسبة النجاح: 79%\nالمحافظة: الوادي · نسبة النجاح: 84%"
    style = '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>'
    low = style.replace("T1", "T2").replace("super", "sub")
    note, power = ('<text:span text:style-name="T1">' + digit + "</text:span>" for digit in "43")
    atoms = '<text:span text:style-name="T2">2</text:span>'
    body = f"{style}{low}<text:p>عام 1911{note} و10{power} وH{atoms}O</text:p>{odf_table(rows)}"
    (found,) = found_in(tmp_path / "a.odt", odf(body))
    assert isinstance(found, Article), found
    assert found.text == f"عام 1911 ⁴ و10³ وH2O\n{lines}"
    cells = ("".join(f"<a:tc>{drawn(cell)}</a:tc>" for cell in row) for row in rows)
    table = f"<a:tbl>{''.join(f'<a:tr>{row}</a:tr>' for row in cells)}</a:tbl>"
    raised = '<a:p><a:r><a:t>عام 1911</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>4</a:t></a:r></a:p>'
    (found,) = found_in(tmp_path / "a.pptx", slides(raised + table))
    assert isinstance(found, Article), found
    assert found.text == f"عام 1911 ⁴\n{lines}"
    cells = ("".join(rf"{cell}\cell " for cell in row) + r"\row " for row in (["city", "share"], ["Hama", "79"]))
    (found,) = found_in(tmp_path / "a.rtf", rf"{{\rtf1\ansi A table.\par {''.join(cells)}}}".encode())
    assert isinstance(found, Article), found
    assert found.text == "A table.\ncity: Hama · share: 79"


HEAD = ["المعرف", "العنوان", "النص", "التاريخ"]


def test_a_sheet_with_a_column_of_text_is_read_as_a_table(tmp_path: Path) -> None:
    rows = [
        ["أرشيف"],
        [],
        HEAD,
        [7, "خبر", TEXT, datetime(2015, 5, 12)],
        [None, "آخر", "نص.", "13/5/2015"],
        ["9", "بلا نص", None, None],
    ]
    *found, failure = found_in(tmp_path / "news.xlsx", workbook({"a": rows}))
    assert found == [
        Article("7", TEXT, "خبر", "2015-05-12", "news"),
        Article("news.xlsx:2", "نص.", "آخر", "2015-05-13", "news"),
    ]
    assert "news.xlsx: row 3: (id '9') has no text" in str(failure)
    data = odf(odf_table([HEAD, ["7", "خبر", TEXT, "2015-05-12"]]), "spreadsheet")
    assert found_in(tmp_path / "news.ods", data) == [Article("7", TEXT, "خبر", "2015-05-12", "news")]


def test_other_sheets_are_text_with_each_cell_beside_its_head(tmp_path: Path) -> None:
    data = workbook(
        {
            "مدارس": [["إحصاء 2015"], ["المدينة", "عدد المدارس"], ["حلب", 125.0], ["حمص", 2.5]],
            "أرقام": [[1, 2], [3, 4]],
            "فارغة": [],
        }
    )
    assert found_in(tmp_path / "a.xlsx", data) == [
        Article(
            "a.xlsx/مدارس",
            "إحصاء 2015\nالمدينة · عدد المدارس\nالمدينة: حلب · عدد المدارس: 125\nالمدينة: حمص · عدد المدارس: 2.5",
            "إحصاء 2015",
            source=tmp_path.name,
        ),
        Article("a.xlsx/أرقام", "1 · 2\n3 · 4", source=tmp_path.name),
    ]


@pytest.mark.parametrize("way", ["unicode", "page", "font", "unknown font"])
def test_rtf_in_every_way_of_writing_letters(tmp_path: Path, way: str) -> None:
    (found,) = found_in(tmp_path / "a.rtf", rtf([TEXT, "نص ثان {كذا}."], way, "خبر"))
    assert isinstance(found, Article), found
    assert found.text == f"{TEXT}\nنص ثان {{كذا}}."
    if way in ("unicode", "page"):
        assert (found.title, found.date) == ("خبر", None)  # when it was made is no date of it


def test_rtf_with_links_and_tables(tmp_path: Path) -> None:
    link = r'{\field{\*\fldinst{HYPERLINK "http://example.org/a_{b}"}}{\fldrslt{site}}}'
    (found,) = found_in(tmp_path / "a.rtf", rf"{{\rtf1\ansi see {link} now\par a\cell b\cell\row }}".encode())
    assert isinstance(found, Article), found
    assert found.text == "see site now\na · b"
    (failure,) = found_in(tmp_path / "a.rtf", rb"{\rtf1\ansi\ansicpg99999 x}")
    assert "unknown code page cp99999" in str(failure)


def test_a_bomb_in_a_sheet_is_not_unpacked(tmp_path: Path) -> None:
    data = odf(f"<text:p>{' ' * (101 << 20)}</text:p>", "spreadsheet")
    (failure,) = found_in(tmp_path / "a.ods", data)
    assert "101 MB of text" in str(failure)
    wide = '<table:table><table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="1000000">'
    (found,) = found_in(
        tmp_path / "b.ods",
        odf(f"{wide}<text:p>x</text:p></table:table-cell></table:table-row></table:table>", "spreadsheet"),
    )
    assert isinstance(found, Article)
    assert len(found.text) < 5_000_000


WHOLE: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "odf": (odf(f"<text:p>{TEXT}</text:p>"), read_odf),
    "ods": (odf(odf_table([HEAD]), "spreadsheet"), lambda path: list(read_ods(path, path.parent))),
    "pptx": (slides(drawn(TEXT)), read_slides),
    "xlsx": (workbook({"a": [HEAD, ["7", "خبر", TEXT, "2015"]]}), lambda path: list(read_workbook(path, path.parent))),
    "rtf": (rtf([TEXT], "unicode"), read_rtf),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_the_kind_is_told_by_content(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.txt").write_bytes(WHOLE[kind][0])
    assert sniff(tmp_path / "a.txt") == kind


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.sampled_from(list(WHOLE)), st.integers(0, 2**32))
def test_a_damaged_file_gives_its_text_or_unfit(tmp_path: Path, kind: str, seed: int) -> None:
    chance = random.Random(seed)
    whole, reader = WHOLE[kind]
    data = bytearray(whole)
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    (tmp_path / "a").write_bytes(bytes(data))
    with suppress(Unfit):
        found = reader(tmp_path / "a")
        assert isinstance(found, Document) or all(isinstance(part, Part) for part in found)  # type: ignore[attr-defined]
