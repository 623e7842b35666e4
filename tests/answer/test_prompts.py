"""The templates: order, numbering, languages, inert fields, and which passages are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer import prompts
from rag.arabic import has_arabic
from rag.errors import InputError
from rag.types import Passage
from tests.conftest import parsed


def passage(text: str, title: str = "") -> Passage:
    return Passage(id=0, article="a", start=100, end=100 + len(text), text=text, title=title)


def test_the_system_speaks_first_and_the_question_follows_its_passages() -> None:
    system, user = prompts.messages(
        parsed("متى غادر الوفد؟"), [passage("النص الأول.", "عنوان"), passage("النص الثاني.")]
    )
    assert (system["role"], user["role"]) == ("system", "user")
    assert prompts.text("nothing_found.ar") in system["content"]
    body = user["content"]
    places = [body.index(part) for part in ("[1] عنوان\nالنص الأول.", "[2]\nالنص الثاني.", "متى غادر الوفد؟")]
    assert places == sorted(places)


@pytest.mark.parametrize("question", ["متى غادر الوفد؟", "When did they leave?"])
def test_what_differs_between_questions_and_drafts_comes_last(question: str) -> None:
    some = [passage("النص الأول.")]
    first, second = prompts.messages(parsed(question), some), prompts.messages(parsed(question), some, reminded=True)
    assert first[0] == second[0] == prompts.messages(parsed(question + " ثم؟" * ("م" in question)), [])[0]
    assert question not in first[0]["content"]
    reminder = prompts.text(f"reminder.{parsed(question).language}")
    assert second[1]["content"] == f"{first[1]['content']}\n\n{reminder}"


def test_fields_inside_passages_titles_and_questions_stay_inert() -> None:
    hostile = passage("ثمنه $question و$passages و${n} و$ و$$ والباقي {{ n }}", title="$text")
    user = prompts.messages(parsed("ما $passages؟"), [hostile])[1]["content"]
    assert hostile.text in user
    assert "[1] $text\n" in user
    assert user.count("ما $passages؟") == 1


@pytest.mark.parametrize("name", ["system", "question", "passage", "nothing_found", "reminder"])
def test_every_template_exists_in_both_languages(name: str) -> None:
    assert {p.name for p in prompts.folder().glob(f"{name}.*.txt")} == {f"{name}.ar.txt", f"{name}.en.txt"}


def test_a_question_without_arabic_letters_gets_english_templates() -> None:
    arabic_text = "قال تشوركين إن بلاده قلقة."
    system, user = prompts.messages(parsed("What did Churkin say?"), [passage(arabic_text)])
    assert "Passages:" in user["content"]
    assert arabic_text in user["content"]
    assert prompts.text("nothing_found.en") in system["content"]
    assert not has_arabic(system["content"])
    assert "Passages:" not in prompts.messages(parsed("ماذا قال Churkin؟"), [passage(arabic_text)])[1]["content"]


def test_the_templates_are_found_beside_the_package_and_else_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "PACKAGE", tmp_path / "rag")
    (tmp_path / "prompts").mkdir()  # somebody else's folder in site-packages
    assert prompts.folder() == tmp_path / "rag" / "_prompts"
    (tmp_path / "prompts" / "system.ar.txt").touch()
    assert prompts.folder() == tmp_path / "prompts"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [(b"$nobody", r"\$nobody"), (b"5 $ each", "lone"), (b"\xc7\xe1", "UTF-8"), (None, "cannot be read")],
)
def test_a_broken_template_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: bytes | None, complaint: str
) -> None:
    monkeypatch.setattr(prompts, "PACKAGE", tmp_path / "rag")
    (tmp_path / "rag" / "_prompts").mkdir(parents=True)
    if template is not None:
        (tmp_path / "rag" / "_prompts" / "question.ar.txt").write_bytes(template)
    with pytest.raises(InputError, match=complaint) as caught:
        prompts.text("question.ar", question="س", passages="م")
    assert "question.ar.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


SENTENCES = " ".join(f"هذه هي الجملة رقم {n} من المقال الطويل الذي نقرؤه." for n in range(1, 21))


def letters(limit: int):  # type: ignore[no-untyped-def]
    return lambda some: sum(len(p.text) for p in some) <= limit


def test_passages_are_taken_in_order_while_they_fit() -> None:
    three = [passage("أ" * 100), passage("ب" * 300), passage("ت" * 10)]
    assert prompts.fitting(three, letters(1000)) == three
    assert prompts.fitting(three, letters(400)) == three[:2]
    assert prompts.fitting(three, letters(390)) == three[:1]
    assert prompts.fitting([], letters(10)) == []


@pytest.mark.parametrize("limit", [80, 150, 333, 900])
def test_a_first_passage_that_is_too_long_is_cut_after_a_sentence_or_a_word(limit: int) -> None:
    long = passage(SENTENCES)
    taken = prompts.fitting([long, passage("قصير")], letters(limit))
    if limit == 80:
        assert taken == []  # the last word before the limit ends before letter 80: of no use
        return
    (cut,) = taken
    assert 80 <= len(cut.text) <= limit
    assert SENTENCES.startswith(cut.text)
    assert SENTENCES[len(cut.text)] == " "
    assert cut.text.endswith(".")
    assert (cut.start, cut.end) == (100, 100 + len(cut.text))


def test_one_endless_sentence_is_cut_after_a_word() -> None:
    (cut,) = prompts.fitting([passage("كلمة " * 200)], letters(203))
    assert cut.text == ("كلمة " * 40).rstrip()
