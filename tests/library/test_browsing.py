import random
from pathlib import Path

import pytest

from rag.arabic.text.folding import words
from rag.library import Library
from rag.library.browsing import by_source, over_time, page, undated
from rag.types import EVERYTHING, Article, Scope

ARTICLES = [
    Article("b.txt", "نصّ الخبر الأول.", "قمة الدول العربيّة", "2015-07-02", "الحياة"),
    Article("a.txt", "نصّ الخبر الثاني.", "القمة تنهي أعمالها", "2015-07-02T10:00", "الحياة"),
    Article("c.txt", "في مستهلّ الجلسة تحدث الرئيس.", "", "2016-01-30", "الأهرام"),
    Article("Report-7.TXT", "خبر بلا تاريخ.", "كأس العالم"),
]


@pytest.fixture
def archive(library: Library) -> Library:
    library.add(ARTICLES)
    return library


def ids(library: Library, sought: str = "", **scope: object) -> list[str]:
    total, rows = page(library, Scope(**scope), sought)  # type: ignore[arg-type]
    assert total == len(rows)
    return [row.id for row in rows]


def test_the_newest_come_first_and_the_undated_last(archive: Library) -> None:
    assert ids(archive) == ["c.txt", "a.txt", "b.txt", "Report-7.TXT"]
    total, (row,) = page(archive, limit=1, offset=2)
    assert (total, row.id, row.title, row.length, row.beginning) == (4, "b.txt", "قمة الدول العربيّة", 16, "")
    assert page(archive, limit=2, offset=9) == (4, [])


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("قمه", ["a.txt", "b.txt"]),
        ("القِمّة أعمال", ["a.txt"]),
        ("العربية قمة", ["b.txt"]),
        ("مستهل", ["c.txt"]),  # it has no title
        ("الخبر", []),  # in the text of articles that have one
        ("report 7", ["Report-7.TXT"]),
        ("٧", ["Report-7.TXT"]),
        ("قمة كأس", []),
        ("%", ["c.txt", "a.txt", "b.txt", "Report-7.TXT"]),  # holds no word
        ("'\"--", ["c.txt", "a.txt", "b.txt", "Report-7.TXT"]),
    ],
)
def test_every_word_must_be_there(archive: Library, sought: str, found: list[str]) -> None:
    assert ids(archive, sought) == found


def test_a_scope_limits_the_page(archive: Library) -> None:
    assert ids(archive, since="2015", until="2015-07") == ["a.txt", "b.txt"]
    assert ids(archive, sources=("الأهرام",)) == ["c.txt"]
    assert ids(archive, sources=("",)) == ["Report-7.TXT"]
    assert ids(archive, "قمة", until="2014") == []
    assert ids(archive, sources=("' OR 1 --",)) == []


def test_the_counts(archive: Library) -> None:
    assert by_source(archive) == [("الحياة", 2), ("", 1), ("الأهرام", 1)]
    assert over_time(archive) == [("2015-07", 2), ("2016-01", 1)]
    assert undated(archive) == 1
    archive.add([Article("old", "خبر قديم.", date="1999-12-31")])
    assert over_time(archive) == [("1999", 1), ("2015", 2), ("2016", 1)]


def test_an_empty_library(library: Library) -> None:
    assert (page(library), by_source(library), over_time(library), undated(library)) == ((0, []), [], [], 0)


def test_thousands_of_articles_are_paged(tmp_path: Path) -> None:
    chance = random.Random(7)
    names = "وزير خارجية روسيا قمة الرياض اتفاق سلام حلب انتخابات رئاسة نفط أسعار بطولة فريق جامعة مؤتمر"
    with Library(tmp_path / "library.sqlite") as library:
        for first in range(0, 3000, 1000):
            library.add(
                Article(
                    f"https://example.org/{n}/index.html",
                    "كلمة في النص. " * 40,
                    " ".join(chance.choices(words(names), k=8)) + f" {n}",
                    f"20{n % 20:02}-{1 + n % 12:02}-{1 + n % 28:02}",
                    f"source {n % 9}",
                )
                for n in range(first, first + 1000)
            )
        total, rows = page(library, Scope(since="2005"), "روسيا نفط", offset=100)
        of_all, _ = page(library, EVERYTHING, "روسيا نفط")
        assert 100 < total < of_all < 3000
        assert len(rows) == 25
        assert all(row.date and row.date >= "2005" and {"روسيا", "نفط"} <= set(words(row.title)) for row in rows)
