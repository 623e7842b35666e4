"""What a question insists on: its time chooses among articles by their dates, and what it names by a number must stand there."""

from __future__ import annotations

import pytest

from rag.answer.assistant import Assistant
from rag.settings import load_settings
from rag.types import Answer, Article, Scope
from rag.wiring import open_assistant, open_library

PRICES = [
    Article("2010", "رفعت الحكومة سعر لتر البنزين إلى 450 فلسا اعتبارا من الأحد.", "سعر الوقود", "2010-01-05"),
    Article("2012", "ثبتت الحكومة سعر لتر البنزين عند 520 فلسا.", "سعر الوقود", "2012-06-05"),
    Article("2015", "خفضت الحكومة سعر لتر البنزين إلى 380 فلسا اعتبارا من الاثنين.", "سعر الوقود", "2015-01-05"),
]
LAW = [
    Article(
        "law",
        "تنص المادة 7 على أن مدة الولاية أربع سنوات. وتنص المادة 17 على أن النصاب ثلث الأعضاء. وتنص المادة 70 على أن "
        "الموازنة تقر في آذار.",
    ),
    Article("teams", "الفريق: فريق الحي رقم 47 · النقاط: 53\nالفريق: فريق الحي رقم 53 · النقاط: 47"),
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = load_settings(home=tmp_path_factory.mktemp("home"), writer="quote")
    with open_library(settings) as library:
        library.add([*PRICES, *LAW])
    return open_assistant(settings)


def ask(assistant: Assistant, question: str, scope: Scope | None = None) -> Answer:
    *_, answer = assistant.ask(assistant.parse(question), scope or Scope())
    return answer


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("كم كان سعر لتر البنزين عام 2010؟", "2010"),
        ("كم كان سعر لتر البنزين عام 2012؟", "2012"),
        ("كم كان سعر لتر البنزين في يناير 2015؟", "2015"),
        ("كم كان سعر لتر البنزين منذ 2013؟", "2015"),
    ],
)
def test_the_articles_of_the_time_answer(assistant: Assistant, question: str, article: str) -> None:
    answer = ask(assistant, question)
    assert answer.status == "answered"
    assert {c.article for c in answer.citations} == {article}


def test_where_no_article_is_of_the_time_nothing_surely_answers(assistant: Assistant) -> None:
    assert ask(assistant, "كم كان سعر لتر البنزين عام 2005؟").status != "answered"
    assert ask(assistant, "كم كان سعر لتر البنزين عام 2010؟", Scope(since="2012")).status != "answered"
    assert ask(assistant, "عام 2010؟").status != "answered"  # nothing is left without the time


def test_the_latest_comes_first(assistant: Assistant) -> None:
    cited = [c.article for c in ask(assistant, "ما آخر سعر للتر البنزين؟").citations]
    assert cited == sorted(cited, reverse=True)
    assert cited[0] == "2015"


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("ماذا تنص المادة 17؟", ["وتنص المادة 17 على أن النصاب ثلث الأعضاء."]),
        ("ماذا تنص المادة 71؟", []),
        ("كم نقطة جمع فريق الحي رقم 47؟", ["الفريق: فريق الحي رقم 47 · النقاط: 53"]),
        ("كم نقطة جمع فريق الحي رقم 48؟", []),
    ],
)
def test_what_is_named_by_a_number_stands_in_the_quote(assistant: Assistant, question: str, quoted: list[str]) -> None:
    assert list(dict.fromkeys(c.quote for c in ask(assistant, question).citations)) == quoted
