"""Lines that recur in the articles of a source are no part of their passages, in whatever order the articles come and go."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.library import Library, boilerplate
from rag.library.boilerplate import RECURS
from rag.types import Article

LINK = "رابط الخبر بصحيفة الوئام: {title}"
SHARE = "شارك على تويتر\nhttps://example.com/{n}"


def article(n: int, foot: str = LINK, source: str = "الوئام", head: str = "") -> Article:
    title = f"خبر المدينة رقم {n * 7919}"
    text = f"افتتح الوزير مدرسة {'جديدة ' * (n % 5 + 1)}في حي {n * 104729}."
    return Article(f"a{n}", "\n".join(filter(None, (head, text, foot.format(title=title, n=n)))), title, source=source)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as made:
        yield made


def searched(library: Library) -> dict[str, str]:
    """What is searched of each article."""
    return {row[0]: "\n".join(p.text for p in library.passages_of(row[0])) for row in library.articles()}


def texts(articles: Sequence[Article]) -> dict[str, str]:
    """The middle line of each."""
    return {one.id: next(line for line in one.text.split("\n") if "افتتح" in line) for one in articles}


@pytest.mark.parametrize(
    ("foot", "head"),
    [
        (LINK, ""),
        (SHARE, ""),
        ("© 2015 الوئام، جميع الحقوق محفوظة\n{n}/{n}/2015", ""),
        (LINK, "الوئام - متابعات"),
        ("", "الرئيسية | أخبار\n12:{n}5 2015-08-1{n}"),
    ],
)
def test_what_recurs_stands_in_the_article_and_in_no_passage(library: Library, foot: str, head: str) -> None:
    made = [
        article(n, foot.replace("{n}/{n}", "1/{n}"), head=head.replace("{n}", str(n % 6))) for n in range(1, RECURS + 1)
    ]
    library.add(made[:-1])
    assert searched(library) == {one.id: one.text for one in made[:-1]}
    library.add(made[-1:])
    assert searched(library) == texts(made)
    assert [library.article(one.id) for one in made] == made
    for one in made:
        for passage in library.passages_of(one.id):
            assert passage.text == one.text[passage.start : passage.end]
    library.check()


def test_a_line_behind_the_last_sentence_of_the_same_line(library: Library) -> None:
    made = [article(n, "").text + " " + LINK.format(title=article(n).title) for n in range(RECURS)]
    library.add(Article(f"a{n}", text, article(n).title, source="الوئام") for n, text in enumerate(made))
    assert set(searched(library).values()) == set(texts([article(n) for n in range(RECURS)]).values())


def test_the_order_of_adding_and_removing_does_not_matter(library: Library) -> None:
    made = [article(n) for n in range(1, 3 * RECURS)]
    for _ in range(3):
        random.Random(7).shuffle(made)
        library.add(made)
        library.add(made)
        assert searched(library) == texts(made)
        gone, kept = made[RECURS - 1 :], made[: RECURS - 1]
        library.remove(one.id for one in gone)
        assert searched(library) == {one.id: one.text for one in kept}
        library.check()


@pytest.mark.parametrize(
    "line",
    [
        "بلغت درجة الحرارة في الرياض {n} درجة.",  # a sentence with a number of its own
        "الرياض · {n} · غائم",
        "{n}",
        "وقال الخبير رقم {n} إن " + "الأسعار سترتفع قريبا " * 15 + "جدا",
    ],
)
def test_what_says_something_is_kept(library: Library, line: str) -> None:
    made = [article(n, line.replace("{n}", str(n * 31))) for n in range(2 * RECURS)]
    library.add(made)
    assert searched(library) == {one.id: one.text for one in made}


def test_another_sources_lines_and_titles_are_not_counted(library: Library) -> None:
    made = [article(n, source=f"صحيفة {n}") for n in range(2 * RECURS)]
    same = [
        Article(f"b{n}", f"عمود الصباح\nنص المقال {n * 31}.", "عمود الصباح", source="العمود") for n in range(2 * RECURS)
    ]
    library.add([*made, *same])
    assert searched(library) == {one.id: one.text for one in [*made, *same]}


def test_an_article_of_nothing_else_stays_whole(library: Library) -> None:
    made = [Article(f"a{n}", "شارك على تويتر\nتابعنا على فيسبوك", source="موقع") for n in range(2 * RECURS)]
    library.add(made)
    assert searched(library) == {one.id: one.text for one in made}


def test_a_passage_of_nothing_else_is_none(library: Library) -> None:
    foot = "\n".join(f"تابعوا أخبار صحيفة الوئام على موقع {name} وشاركونا آراءكم دائما" for name in "أبجدهوز")
    bodies = [f"قال الوزير إن {'المدرسة الجديدة ' * (50 + n)} ستفتح." for n in range(RECURS)]
    made = [Article(f"a{n}", f"{body}\n{foot}", source="الوئام") for n, body in enumerate(bodies)]
    library.add(made)
    assert all("تابعوا" not in text for text in searched(library).values())
    passages = [*library.passages_between(0, library.state[1])]
    assert all(library.passages([p.id])[p.id] == p for p in passages)
    assert len(passages) < len(library.ids_between(0, library.state[1]))


def test_recurring_lines_are_counted(library: Library) -> None:
    library.add(article(n) for n in range(RECURS))
    with library.reading() as db:
        assert boilerplate.count(db) == 1


def test_copies_of_one_article_keep_their_text(library: Library) -> None:
    text = "خبر الافتتاح\nافتتح الوزير المتحف في قرطبة\nحضر الحفل مئات الزوار\nالدخول مجاني طوال الشهر"
    copies = [Article(f"a{n}", text, "خبر الافتتاح", source="نسخ") for n in range(2 * RECURS)]
    library.add(copies)
    assert searched(library) == {one.id: one.text for one in copies}
