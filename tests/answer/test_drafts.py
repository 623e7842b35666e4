"""A draft that strays into another script or cites nothing is asked for again, once; in both writers with a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rag.answer import prompts
from rag.answer.drafts import drafted, shortfall
from rag.answer.writers import Notice
from rag.errors import ModelError
from rag.query.question import Question
from tests.answer.conftest import ANSWER, PASSAGES, QUESTION, Open, passage
from tests.answer.test_remote import event, send, serving, writer
from tests.conftest import parsed

ENGLISH = parsed("What did Churkin say?")
GOOD = "قال تشوركين إن بلاده قلقة [1]."


class Model:
    """Drafts the texts that it is given, in pieces of `size` letters; notes how often it was stopped, and the reminders."""

    def __init__(self, *texts: str, size: int = 3) -> None:
        self.texts, self.size, self.reminded, self.said = texts, size, list[bool](), ""

    def __call__(self, reminded: bool) -> Iterator[str]:
        self.reminded.append(reminded)
        text, self.said = self.texts[len(self.reminded) - 1], ""
        for i in range(0, len(text), self.size):
            self.said = text[: i + self.size]
            yield text[i : i + self.size]


def read(pieces: Iterator[str | Notice]) -> tuple[str, list[Notice]]:
    """The text as a person sees it at the end, and the notices."""
    text, notices = "", []
    for piece in pieces:
        if isinstance(piece, Notice):
            notices.append(piece)
            text = "" if piece.anew else text
        else:
            text += piece
    return text, notices


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("question", "text"),
    [
        (QUESTION, GOOD),
        (QUESTION, "قال فيتالي Churkin لوكالة BBC إن الـ GDP ارتفع بـ 5 kg في OK [1]."),
        (QUESTION, "قال [1، 2]"),
        (QUESTION, "١. قالَ تشوركين 【2†a】"),
        (QUESTION, "لم أجد في المقالات ما يجيب عن هذا السؤال."),
        (ENGLISH, "Churkin said that “بلاده قلقة جداً من القصف” [1]."),
        (ENGLISH, "تشوركين [1]"),
        (ENGLISH, "I found nothing in the articles that answers this question."),
    ],
)
def test_a_draft_in_the_questions_script_that_cites_is_taken(question: Question, text: str, size: int) -> None:
    model = Model(text, size=size)
    material = [*PASSAGES, passage("مراسل BBC فيتالي Churkin: GDP")]
    assert read(drafted(model, question, material)) == (text, [])
    assert model.reminded == [False]


@pytest.mark.parametrize(
    ("question", "begin", "strayed"),
    [
        (QUESTION, "قال تشوركين 俄罗斯驻联合国代表", "俄罗斯"),
        (QUESTION, "قال تشوركين إن The Russian", "The"),
        (QUESTION, "Чуркин сказал", "Чурк"),
        (ENGLISH, "Churkin said 俄罗斯驻联合国代表", "俄罗斯"),
        (ENGLISH, "قال تشوركين إن بلاده قلقة جداً من القصف. ثم غادر المندوب القاعة. ثم غادر المندوب القاعة.", "غادر"),
    ],
)
def test_a_draft_that_strays_is_stopped_and_asked_for_again(question: Question, begin: str, strayed: str) -> None:
    good = GOOD if question is QUESTION else "He left [2]."
    model = Model(begin + " و" * 500, good, size=1)
    text, (notice,) = read(drafted(model, question, PASSAGES))
    assert text == good
    assert model.reminded == [False, True]
    assert notice.anew
    assert "script" in notice.text
    stopped: list[str] = []
    for piece in drafted(watched := Model(begin + " و" * 500, good, size=1), question, PASSAGES):
        if isinstance(piece, Notice):
            stopped.append(watched.said)
    assert len(stopped[0]) <= len(begin)
    assert strayed[:3] in stopped[0]


def test_two_drafts_that_stray_are_an_error() -> None:
    with pytest.raises(ModelError, match=r"second draft was not in the question's script either \(俄罗斯\)"):
        read(drafted(Model("قال 俄罗斯驻", "قال 俄罗斯驻", size=1), QUESTION, PASSAGES))
    with pytest.raises(ModelError, match="script"):
        read(drafted(Model("قال تشوركين.", "قال 俄罗斯驻"), QUESTION, PASSAGES))


@pytest.mark.parametrize(
    "text", ["قال تشوركين إنه قلق.", "قال إنه قلق [3].", "قال (1) إنه قلق [0].", "قال: “هو [1] قلق”.", ""]
)
def test_a_draft_that_cites_nothing_is_asked_for_again_and_then_kept(text: str) -> None:
    model = Model(text, GOOD)
    written, (notice,) = read(drafted(model, QUESTION, PASSAGES))
    assert (written, notice) == (GOOD, Notice("the first draft cited no passage; the model was asked again", anew=True))
    twice, notices = read(drafted(Model("أولا.", text), QUESTION, PASSAGES))
    assert (twice, len(notices)) == (text, 1)
    assert read(drafted(Model(text), QUESTION, [])) == (text, [])  # there was nothing to cite


def test_closing_closes_the_draft() -> None:
    model = Model(GOOD)
    stream = drafted(model, QUESTION, PASSAGES)
    next(stream)
    stream.close()
    assert model.said == GOOD[:3]


def test_what_was_left_out_is_told() -> None:
    cut = passage("قال")
    assert not list(shortfall(PASSAGES, PASSAGES, "it"))
    assert list(shortfall([*PASSAGES, cut], PASSAGES, "the window")) == [Notice("2 of 3 passages fit the window")]
    assert [n.text for n in shortfall(PASSAGES, [cut], "it")] == [
        "1 of 2 passages fit it",
        "only the beginning of the first passage fits it",
    ]


def test_the_reminder_ends_the_question_and_what_was_read_is_not_read_again(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.answer.test_llama import evaluated

    evaluations = evaluated(monkeypatch)
    model = opened("قال تشوركين إن بلاده قلقة.")
    text, (notice,) = read(model.write(QUESTION, PASSAGES, ()))
    assert text == "قال تشوركين إن بلاده قلقة."
    assert notice.anew
    first, second = (count for count in evaluations if count > 1)
    assert first == len(model.tokens(model.prompt(QUESTION, PASSAGES)))
    assert (
        second
        <= len(model.tokens(prompts.text("reminder.ar"))) + len(model.tokens("<|im_end|>\n<|im_start|>assistant\n")) + 2
    )
    assert model.askers == 0


def test_a_model_that_strays_twice_is_free_for_the_next_question(opened: Open) -> None:
    model = opened("قال 俄罗斯驻联合国代表 [1].", queue=0)
    for _ in range(2):
        with pytest.raises(ModelError, match="script"):
            read(model.write(QUESTION, PASSAGES, ()))
        assert model.askers == 0
    assert read(model.write(parsed("俄罗斯驻联合国代表 قال؟"), PASSAGES, ()))[0].startswith("قال 俄罗斯驻")


def test_a_server_is_asked_again_with_the_reminder() -> None:
    def answer(handler: Any, n: int) -> None:
        send(handler, 200, event("He said") + event(" nothing [1].", "stop") if n == 1 else event(ANSWER, "stop"))

    with serving(answer) as (url, bodies):
        text, (notice,) = read(writer(url).write(QUESTION, PASSAGES, ()))
    assert text == ANSWER
    assert notice.anew
    first, second = (body["messages"] for body in bodies)
    assert first[0] == second[0]
    assert second[1]["content"] == f"{first[1]['content']}\n\n{prompts.text('reminder.ar')}"


def test_a_server_is_given_the_passages_that_fit_and_the_rest_is_told() -> None:
    with serving(lambda handler, _: send(handler, 200, event(ANSWER, "stop"))) as (url, bodies):
        many = [passage("هذه جملة من المقال الطويل. " * 50)] * 6
        _, (notice,) = read(writer(url, context=2400).write(QUESTION, many, ()))
    taken = bodies[0]["messages"][1]["content"].count("عنوان")
    assert notice == Notice(
        f"{taken} of 6 passages fit the 4,544 letters that RAG_CONTEXT leaves beside the answer; raise RAG_CONTEXT"
    )
