"""Suggested questions over the seeds and over made-up archives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.answer.suggestions import following, suggested
from rag.settings import load_settings
from rag.types import Answer, Article
from rag.wiring import open_assistant, open_library
from tests.conftest import parsed

CHURKIN = "ماذا قال تشوركين؟"
Opened = Callable[[Sequence[Article]], Assistant]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_(articles: Sequence[Article]) -> Assistant:
        settings = load_settings(home=tmp_path / "home", writer="quote")
        with open_library(settings) as library:
            library.add(articles)
        return open_assistant(settings)

    return open_


@pytest.fixture
def archive(opened: Opened, seeds: list[Article]) -> Assistant:
    return opened(seeds)


def asked(assistant: Assistant, question: str, history: Sequence[Answer] = ()) -> Answer:
    *_, answer = assistant.ask(parsed(question), history=history)
    return answer


def test_suggestions_name_people_of_the_archive_and_are_answered(archive: Assistant) -> None:
    found = suggested(archive, 5)
    assert 3 <= len(found) <= 5
    assert len(set(found)) == len(found)
    assert "ماذا قال سيرغي لافروف؟" in found
    assert "ماذا قالت جيسي شاهين؟" in found
    for question in found:
        answer = asked(archive, question)
        assert answer.status == "answered"
        assert {c.verdict for c in answer.citations} == {"supported"}


def test_they_stay_while_the_archive_does(archive: Assistant) -> None:
    found = suggested(archive, 5)
    assert suggested(archive, 5) == found
    assert suggested(archive, 2) == found[:2]


def test_an_archive_without_speakers_suggests_nothing(opened: Opened) -> None:
    assert suggested(opened([]), 5) == []
    assert suggested(opened([Article("a", "زرعت القرى القمح في الوادي."), Article("b", "Only English here.")]), 5) == []


def test_what_an_article_makes_up_is_not_suggested(opened: Opened) -> None:
    hostile = [
        Article(
            "a",
            'قال الوزير <img onerror="x"> "إن هذا القول من الأقوال الطويلة جدا في الخبر".',
            "<script>alert(1)</script>",
        ),
        Article("b", "وقال \u202e المهندس \u202c إن القول من الأقوال الطويلة جدا في هذا الخبر الطويل."),
        Article("c", "قال $name ${topic} إن هذا القول من الأقوال الطويلة جدا في الخبر."),
        Article("d", "وأكد المهندس سمير\u202e الحلبي أن المشروع سينتهي في موعده وأن العمل فيه مستمر."),
    ]
    for question in suggested(opened(hostile), 5):
        assert not set("<>$\u202e{}") & set(question)


def test_an_event_of_which_the_archive_knows_the_day(opened: Opened) -> None:
    dated = "شهدت الرياض افتتاح معرض الكتاب الدولي في 5 مارس 2015 بحضور كبير من الناشرين."
    undated = "شهدت جدة انطلاق بطولة كرة الطائرة بحضور كبير من الجمهور."
    archive = opened(
        [Article("a", dated, "افتتاح معرض الكتاب الدولي"), Article("b", undated, "انطلاق بطولة كرة الطائرة")]
    )
    assert suggested(archive, 5) == ["متى كان افتتاح معرض الكتاب الدولي؟"]


def test_what_follows_is_answered_and_was_not_asked(archive: Assistant) -> None:
    answer = asked(archive, CHURKIN)
    found = following(archive, answer)
    assert 1 <= len(found) <= 3
    assert CHURKIN not in found
    assert any("تشوركين عن" in question for question in found) or any("تشوركين" not in question for question in found)
    for question in found:
        assert asked(archive, question, [answer]).status == "answered"
    first = asked(archive, found[0], [answer])
    assert not set(following(archive, first, [answer])) & {found[0], CHURKIN}
    assert following(archive, answer, count=1) == found[:1]


def test_the_time_is_asked_for_where_the_article_tells_it(opened: Opened) -> None:
    text = "اجتمع وزراء الزراعة العرب في مدينة الإسكندرية يوم 12 مايو 2014 لبحث أزمة القمح."
    archive = opened([Article("a", text)])
    answer = asked(archive, "أين اجتمع وزراء الزراعة العرب؟")
    assert following(archive, answer) == ["متى كان ذلك؟"]
    then = asked(archive, "متى كان ذلك؟", [answer])
    assert then.citations[0].short
    assert "متى كان ذلك؟" not in following(archive, then, [answer])


@pytest.mark.parametrize("question", ["ما هي وصفة الكبسة بالدجاج؟", "What did Lavrov say?"])
def test_nothing_follows_a_refusal_or_an_english_question(archive: Assistant, question: str) -> None:
    assert following(archive, asked(archive, question)) == []


def test_an_article_that_was_removed_meanwhile(archive: Assistant) -> None:
    answer = asked(archive, CHURKIN)
    archive.library.remove([c.article for c in answer.citations])
    assert all(asked(archive, question).status == "answered" for question in following(archive, answer))
