"""Paragraphs that go on over the end of a page, and what stands on every page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.readers.formats.document import Document
from rag.readers.formats.pdf import read_pdf
from rag.types import page_of
from tests.readers.pdf_files import Draw, pdf

LINES = [
    "وفي شتاء ذلك العام قرر مجلس المدينة نقل سوق",
    "النحاسين من جوار القلعة القديمة إلى الضفة",
    "الشرقية من النهر وخصص للتجار مالا يدفع لهم",
    "كل سنة حتى يكتمل بناء الدكاكين",
]
SENTENCE = " ".join(LINES)


def set_right(lines: Sequence[str], top: float = 700) -> list[Draw]:
    """Lines as they are seen, all as far right, those before the last one as long as the first."""
    width = max(map(len, lines))
    return [(500 - 6.0 * min(width, len(line)), top - 18 * i, line[::-1]) for i, line in enumerate(lines)]


def read(tmp_path: Path, *pages: Sequence[Draw]) -> Document:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(pages))
    return read_pdf(path)


def head(number: int, text: str = "مجلة المدينة") -> list[Draw]:
    return [(250, 800, text[::-1]), (290, 40, str(number))]


def test_a_sentence_goes_on_over_the_page(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [*head(1), *set_right(LINES[:2])],
        [*head(2), *set_right(LINES[2:])],
        [*head(3), *set_right(["انتهى."])],
    )
    assert found.text == f"مجلة المدينة\n{SENTENCE}\nانتهى."
    assert [
        page_of(found.pages, found.text.index(word)) for word in ("سوق", "الضفة", "الشرقية", "الدكاكين", "انتهى")
    ] == [1, 1, 2, 2, 3]


def test_a_paragraph_over_three_pages_and_an_empty_one(tmp_path: Path) -> None:
    found = read(tmp_path, set_right(LINES[:1] * 2), [], set_right(LINES[1:3]), set_right([LINES[3]]))
    assert (found.text, found.pages[0]) == (f"{LINES[0]} {SENTENCE}", 0)
    assert found.pages[1] == found.pages[2] == found.text.index("النحاسين")
    assert found.pages[3] == found.text.index("كل سنة")


def test_what_is_whole_or_short_ends_with_its_page(tmp_path: Path) -> None:
    ended = [LINES[0], "انتهى الكلام في هذا الباب من الكتاب كله."]
    assert read(tmp_path, set_right(ended), set_right(LINES)).text == f"{' '.join(ended)}\n{SENTENCE}"
    short = [LINES[0], "قصير"]
    assert read(tmp_path, set_right(short), set_right(LINES)).text == f"{' '.join(short)}\n{SENTENCE}"


def test_heads_are_kept_once_for_each_chapter(tmp_path: Path) -> None:
    pages = [
        [*head(n, f"الفصل {n // 2 + 1}"), *set_right([f"نص {name} هنا."])]
        for n, name in enumerate(["أول", "ثان", "ثالث", "رابع"], 7)
    ]
    text = read(tmp_path, *pages).text.split("\n")
    assert [line for line in text if "الفصل" in line] == ["الفصل 4", "الفصل 5", "الفصل 6"]
    assert not [line for line in text if line.isdecimal()]


def test_lines_of_the_text_are_no_heads(tmp_path: Path) -> None:
    same = set_right(["تبدأ كل صفحة بهذا السطر من الكلام وهو", "من النص وليس فوقه فراغ ولا تحته شيء."])
    assert read(tmp_path, same, same, same).text.count("تبدأ كل صفحة") == 3


def test_notes_under_a_page_come_before_the_paragraph_that_goes_on(tmp_path: Path) -> None:
    data = pdf([[*set_right(LINES[:2]), (440, 60, "ردصملا 1")], set_right(LINES[2:])])
    data = data.replace(b"1 0 0 1 440 60 Tm", b".7 0 0 .7 440 60 Tm")
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert read_pdf(path).text == f"1 المصدر\n{SENTENCE}"
