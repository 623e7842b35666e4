"""PDF files: what was drawn comes out as it is read, and no file breaks the reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.pdf import read_pdf
from rag.readers.sandbox import limited
from rag.types import page_of
from tests.readers.pdf_files import assembled, drawn, glyph_by_glyph, pdf, stream

FONT = "/usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf"
LINES = ["قال الوزير إن الاتفاق على الهدنة في المدينة", "سيبدأ بعد يومين، وأضاف أن الحكومة ملتزمة.", "انتهى"]
MIXED = "وقعت شركة Apple Inc (أبل) اتفاقا بقيمة 2,500.75 في 23/7/2015 و٪٣٥ منه نقدا"
SEEN = "ادقن هنم ٣٥٪و 23/7/2015 يف 2,500.75 ةميقب اقافتا (لبأ) Apple Inc ةكرش تعقو"


def read(path: Path, data: bytes) -> Document:
    path.write_bytes(data)
    return read_pdf(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.pdf"


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("turned", [True, False], ids=["as seen", "as read"])
def test_lines_come_out_as_they_are_read(file: Path, turned: bool) -> None:
    found = read(file, pdf([drawn([line[::-1] if turned else line for line in LINES])]))
    assert squeezed(found.text) == squeezed("\n".join(LINES))


def test_glyphs_set_one_by_one_from_the_right(file: Path) -> None:
    assert read(file, pdf([glyph_by_glyph(LINES[0])])).text == LINES[0]


def test_numbers_and_latin_words_keep_their_order(file: Path) -> None:
    assert read(file, pdf([drawn([SEEN])])).text == MIXED
    assert read(file, pdf([drawn([MIXED])])).text == MIXED


def test_a_latin_page_with_arabic_words(file: Path) -> None:
    assert read(file, pdf([drawn(["The word ملاس is Arabic, in 2015."])])).text == "The word سالم is Arabic, in 2015."


@pytest.mark.parametrize("turned", [True, False], ids=["as seen", "as read"])
def test_shapes_become_letters(file: Path, turned: bool) -> None:
    shapes = "\ufedb\ufe98\ufe8e\ufe8f \ufee3\ufea4\ufee4\ufeaa \ufefb"
    assert read(file, pdf([drawn([shapes[::-1] if turned else shapes])])).text == "كتاب محمد لا"


def test_a_ligature_whose_letters_the_file_names_in_the_order_of_sight(file: Path) -> None:
    line = ["م§س¤ا ىلع"]
    found = read(file, pdf([drawn(line)], ligatures={"§": "ال", "¤": "إل"}))
    assert found.text == "على الإسلام" == read(file, pdf([drawn(line)], ligatures={"§": "لا", "¤": "لإ"})).text


def test_harakat_stay_on_their_letters(file: Path) -> None:
    assert read(file, pdf([drawn(["قال مُحَمَّدٌ في المدرسة"])])).text == "قال مُحَمَّدٌ في المدرسة"


@pytest.mark.usefixtures("_naskh")
def test_a_shaped_font(file: Path) -> None:
    document = FPDF()
    document.add_page()
    document.add_font("naskh", fname=FONT)
    document.set_font("naskh", size=14)
    document.set_text_shaping(True, direction="rtl", script="arab", language="ara")
    text = " ".join(LINES[:2]) + " وقالت مُحَمَّدٌ إن ٣٥ من الأسلحة لا تعمل، ولا الآلات."
    document.multi_cell(0, None, text, align="R")
    document.set_title("عنوان المقال")
    document.output(str(file))
    found = read_pdf(file)
    assert (found.text, found.title) == (text, "عنوان المقال")


@pytest.fixture
def _naskh() -> None:
    assert Path(FONT).exists(), "the font is not installed: apt-get install fonts-noto-core"


def test_a_paragraph_is_one_line_and_a_broken_word_whole(file: Path) -> None:
    lines = [
        "the government of the country has de-",
        "cided that nothing more was to be paid,",
        "it said.",
        "A new one",
    ]
    assert read(file, pdf([drawn(lines)])).text == (
        "the government of the country has decided that nothing more was to be paid, it said.\nA new one"
    )


def test_two_columns_and_the_cells_of_a_table(file: Path) -> None:
    right = drawn([line[::-1] for line in LINES[:2]], 400)
    left = drawn(["سلجملا عمتجا", "ةسلج يف سمأ"], 72)
    cells = [(72, 600, "35"), (200, 600, "دلاخ")]
    assert read(file, pdf([[*right, *left, *cells]])).text.splitlines()[-3:] == [
        "اجتمع المجلس أمس في جلسة",
        "35",
        "خالد",
    ]


def test_pages_title_and_date(file: Path) -> None:
    data = pdf([drawn(["one"]), [], drawn(["three"])], "/Title(The title)/CreationDate(D:20150723101112+03'00')")
    found = read(file, data)
    assert (found.text, found.title, found.date, found.pages) == ("one\nthree", "The title", None, (0, 4, 4))
    assert [page_of(found.pages, offset) for offset in (0, 3, 4, 8)] == [1, 1, 3, 3]


def test_titles_of_programs_and_dates_that_are_none(file: Path) -> None:
    found = read(file, pdf([drawn(["one"])], "/Title(Microsoft Word - draft.docx)/CreationDate(yesterday)"))
    assert (found.title, found.date) == ("", None)


PAGE = "<</Type/Page/Parent 2 0 R/Resources<</XObject<</X 4 0 R>>>>/Contents 5 0 R>>"
CATALOG, PAGES = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>"
IMAGE = "<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\n0\nendstream"
FORM = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>/Length 11>>stream\n/X Do /X Do\nendstream"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "damaged"),
        (b"%PDF-1.7\n", "damaged"),
        (pdf([drawn(["one"])])[:400], "damaged|no text|without pages"),
        (pdf([[]]), "no text"),
        (assembled([CATALOG, PAGES, PAGE, IMAGE, stream("/X Do")]), "pictures only.*OCR"),
        (assembled([CATALOG, PAGES, PAGE, FORM, stream("/X Do")]), "nests drawings"),
        (assembled([CATALOG, "<</Type/Pages/Count 1/Kids[2 0 R]>>"]), "damaged|without pages"),
        (assembled(["1 0 R"]), "damaged"),
        (assembled([CATALOG, PAGES, "[" * 100_000]), "damaged|without pages|no text"),
        (pdf([drawn(["one"])]).replace(b"/ToUnicode 5 0 R", b""), "do not say which letters"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_files_that_give_nothing_say_why(file: Path, data: bytes, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        read(file, data)


def test_an_xref_table_that_leads_to_itself(file: Path) -> None:
    data = pdf([drawn(["one"])])
    start = data.rindex(b"xref\n0")
    file.write_bytes(data.replace(b"/Root 1 0 R", b"/Prev %d /Root 1 0 R" % start))
    assert limited(read_pdf, file, 20, 500).text == "one"


def test_a_password(file: Path) -> None:
    from pypdf import PdfWriter

    file.write_bytes(pdf([drawn(["one"])]))
    for user, fits in (("", True), ("secret", False)):
        writer = PdfWriter(clone_from=file)
        writer.encrypt(user, "owner")
        protected = file.with_name(f"{user}.pdf")
        writer.write(protected)
        if fits:
            assert read_pdf(protected).text == "one"
        else:
            with pytest.raises(Unfit, match="password"):
                read_pdf(protected)


WHOLE = pdf([drawn(LINES), drawn([SEEN])], "/Title(T)/CreationDate(D:2015)")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=12), st.booleans())
def test_flipped_bytes_give_a_document_or_say_why(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], cut: bool
) -> None:
    data = bytearray(WHOLE)
    for place, value in flips:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "flipped.pdf"
    path.write_bytes(data[: flips[0][0]] if cut else data)
    try:
        line = limited(read_pdf, path, 20, 500).text.splitlines()[0]
    except Unfit as e:
        line = str(e)
    assert line.splitlines() == [line]
