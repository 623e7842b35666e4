"""What articles are called, and where they are from: by the file, and by what it holds."""

from pathlib import Path

import pytest
from docx import Document as new_docx

from rag.readers.describing import plain_title
from rag.readers.readers import read
from rag.types import Article

BODY = "افتتح وزير الثقافة أمس المتحف الوطني في العاصمة بعد ثلاث سنوات من الترميم، وحضر الحفل سفراء وكتاب."


def only(path: Path) -> Article:
    (found,) = read([path])
    assert isinstance(found, Article)
    return found


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("styles", "title"),
    [
        ([("Heading 1", "مقدمة"), ("Title", "افتتاح المتحف")], "افتتاح المتحف"),
        ([(None, "بلدنا"), ("Heading 1", "افتتاح المتحف"), ("Heading 1", "خاتمة")], "افتتاح المتحف"),
        ([("Title", " "), (None, "x")], "عنوان الملف"),
    ],
)
def test_the_title_of_a_word_file(tmp_path: Path, styles: list[tuple[str | None, str]], title: str) -> None:
    document = new_docx()
    document.core_properties.title = "عنوان الملف"
    for style, text in styles:
        document.add_paragraph(text, style=style)
    document.add_paragraph(BODY)
    document.save(str(tmp_path / "a.docx"))
    found = only(tmp_path / "a.docx")
    assert (found.title, found.date) == (title, None)


def test_a_text_is_called_by_its_first_line(tmp_path: Path) -> None:
    found = only(write(tmp_path / "a.txt", f"افتتاح المتحف الوطني\n\n{BODY}"))
    assert (found.title, found.text) == ("افتتاح المتحف الوطني", f"افتتاح المتحف الوطني\n\n{BODY}")
    assert only(write(tmp_path / "b.txt", BODY)).title == ""


def test_a_page_says_its_title_and_its_site(tmp_path: Path) -> None:
    head = '<meta property="og:title" content="افتتاح المتحف"><meta property="og:site_name" content=" جريدة  بلدنا ">'
    page = f"<html><head><title>x | بلدنا</title>{head}</head><body><article><p>{BODY}</p></article></body></html>"
    found = only(write(tmp_path / "a.html", page))
    assert (found.title, found.source) == ("افتتاح المتحف", "جريدة بلدنا")
    assert only(write(tmp_path / "b.html", page.replace("og:site_name", "x"))).source == tmp_path.name


def test_a_headline_can_be_quoted_from_the_text(tmp_path: Path) -> None:
    table = f'title,text\nتعيين ريم الأتاسي رئيسة للجامعة,"{BODY}"\nسوق السمك,"{BODY}"\n"{BODY[:44]}","{BODY}"\n'
    first, second, third = read([write(tmp_path / "a.csv", table)])
    assert isinstance(first, Article)
    assert first.text == f"تعيين ريم الأتاسي رئيسة للجامعة\n\n{BODY}"
    assert isinstance(second, Article)
    assert (second.title, second.text) == ("سوق السمك", BODY)
    assert isinstance(third, Article)
    assert third.text == BODY


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("&quot;نعم&quot; &amp; &#1604;&#x627;", '"نعم" & لا'),
        ("قال &amp;quot;نعم&amp;quot;", 'قال "نعم"'),
        ("<b>عاجل</b>: AT&T a < b", "عاجل: AT&T a < b"),
        ("&nbsp;عنوان&nbsp; طويل ", "عنوان طويل"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
    ],
)
def test_a_title_has_nothing_of_html_left(written: str, plain: str) -> None:
    assert plain_title(written) == plain
