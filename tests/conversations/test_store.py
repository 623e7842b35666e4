from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from rag.conversations import Conversations, Turn, answers
from rag.errors import InputError
from rag.types import EVERYTHING, Answer, Citation
from tests.conversations.conftest import answer, turn


def ids(kept: Conversations, conversation: str = "c") -> list[str]:
    return [kept_turn.id for kept_turn in kept.turns("o", conversation)]


def test_a_turn_comes_back_as_it_was_saved(kept: Conversations) -> None:
    whole, bare = turn("1"), Turn("2", "c", Answer("كم؟", "abstained", "", "quote"), EVERYTHING, "2026", -1, "لا\nشيء")
    broken = replace(turn("3"), answer=answer(text="نصف حرف \ud800 و\u202eقلب\x00"))
    for each in (whole, bare, broken):
        assert kept.save("o", each)
    assert kept.turns("o", "c") == [whole, bare, broken]
    assert [type(c) for c in kept.turns("o", "c")[0].answer.citations] == [Citation, Citation]


def test_a_turn_is_saved_when_asked_and_again_when_answered(kept: Conversations) -> None:
    asked = replace(turn("1"), answer=Answer("ماذا قال الوزير؟", "answered", "", "quote"))
    kept.save("o", asked)
    assert kept.turns("o", "c") == [asked]
    kept.save("o", turn("2"))
    kept.rate("o", "1", 1, "جيد")
    kept.save("o", turn("1"))
    assert kept.turns("o", "c") == [replace(turn("1"), rating=1, note="جيد"), turn("2")]


def test_conversations_are_listed_by_their_last_question(kept: Conversations) -> None:
    for id_, conversation, asked in (("1", "a", "2026-01-01"), ("2", "b", "2026-01-02"), ("3", "a", "2026-01-03")):
        kept.save("o", turn(id_, conversation, f"سؤال {id_}", asked))
    assert [(c.id, c.title, c.changed) for c in kept.listed("o")] == [
        ("a", "سؤال 1", "2026-01-03"),
        ("b", "سؤال 2", "2026-01-02"),
    ]
    assert kept.conversation("o", "b") == kept.listed("o")[1]


def test_a_title_is_the_first_questions_beginning_until_it_is_given(kept: Conversations) -> None:
    kept.save("o", turn("1", question="كلمة " * 30))
    title = kept.conversation("o", "c").title
    assert title == "كلمة " * 11 + "كلمة…"
    kept.save("o", turn("2", "long", "ا" * 100))
    assert kept.conversation("o", "long").title == "ا" * 60 + "…"
    kept.save("o", turn("3", question="سؤال آخر"), replacing="1")
    assert kept.conversation("o", "c").title == "سؤال آخر"
    kept.rename("o", "c", "  اسم\nجديد \u202e ")
    kept.save("o", turn("4", question="ثالث"), replacing="3")
    assert kept.conversation("o", "c").title == "اسم جديد"
    with pytest.raises(InputError, match="title is empty"):
        kept.rename("o", "c", " \n")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", "ab"),
        ("الوَزير", "ab"),
        ("وزير مكتبه", "b"),
        ("مَكتبة سعر", "b"),
        ("الوزير غائب", ""),
        ("إنّ السعر", "ab"),
        ("12.5", "ab"),
        ("100%", "a"),
        ("%", "a"),
        ("_", "b"),
        ("ملف_x", "b"),
        ("مَيناء", "a"),
        ("؟", "ab"),
        ("المكتبة؟", "b"),
        ("كم السعر", "ab"),
        ("اسم", "a"),
        ("x" * 5000, ""),
        ("سعر " * 2000, "ab"),
    ],
)
def test_a_search_finds_conversations_that_hold_every_word(kept: Conversations, words: str, found: str) -> None:
    kept.save("o", turn("1", "a", "هل زاد 100% ؟"))
    kept.save("o", replace(turn("2", "a"), answer=answer(text="في الميناء.")))
    kept.rename("o", "a", "الاسم")
    kept.save("o", turn("3", "b", "أين المكتبة في ملف_X؟"))
    assert "".join(sorted(c.id for c in kept.listed("o", words))) == found


def test_an_edited_question_drops_its_turn_and_no_other(kept: Conversations) -> None:
    for id_ in "1234":
        kept.save("o", turn(id_))
    kept.save("o", turn("9", "other"))
    assert kept.save("o", turn("5"), replacing="3")
    assert ids(kept) == ["1", "2", "4", "5"]
    assert kept.save("o", replace(turn("5"), asked="2027"), replacing="3"), "saved again with the same words"
    assert ids(kept) == ["1", "2", "4", "5"]
    for replacing in ("9", "none"):
        with pytest.raises(InputError, match="no turn"):
            kept.save("o", turn("6"), replacing=replacing)
    assert (ids(kept), ids(kept, "other")) == (["1", "2", "4", "5"], ["9"])


def test_an_answer_that_ends_after_its_turn_was_dropped_does_not_bring_it_back(kept: Conversations) -> None:
    kept.save("o", turn("1"))
    kept.save("o", turn("2"), replacing="1")
    assert not kept.save("o", turn("1"))
    assert ids(kept) == ["2"]
    kept.delete("o", "c")
    assert not kept.save("o", turn("2"))
    with pytest.raises(InputError, match="no conversation"):
        kept.save("o", turn("3"))
    assert kept.listed("o") == []


def test_a_failed_question_is_taken_back_and_its_conversation_where_it_was_alone(kept: Conversations) -> None:
    kept.save("o", turn("1"))
    kept.save("o", turn("2"))
    kept.discard("o", "2")
    assert ids(kept) == ["1"]
    kept.discard("o", "1")
    assert kept.listed("o") == []
    assert kept.save("o", turn("1"))
    assert ids(kept) == ["1"]


def test_ratings_of_all_owners_come_with_the_questions_before_them(kept: Conversations) -> None:
    for owner, id_, conversation in (
        ("o", "1", "a"),
        ("o", "2", "a"),
        ("p", "3", "b"),
        ("o", "4", "a"),
        ("o", "5", "a"),
    ):
        kept.save(owner, turn(id_, conversation, f"سؤال {id_}"))
    kept.rate("o", "4", 1)
    kept.rate("p", "3", -1, "خطأ")
    kept.rate("o", "1", 1)
    kept.rate("o", "1", 0)
    assert [(t.id, t.rating, t.note, before) for t, before in kept.rated()] == [
        ("3", -1, "خطأ", ()),
        ("4", 1, "", ("سؤال 1", "سؤال 2")),
    ]
    for rating, note in ((2, ""), (1, "ا" * 2001)):
        with pytest.raises(InputError, match="expected"):
            kept.rate("o", "1", rating, note)


TOUCHES: dict[str, Callable[[Conversations, str, str, str], object]] = {
    "conversation": lambda kept, owner, c, t: kept.conversation(owner, c),
    "turns": lambda kept, owner, c, t: kept.turns(owner, c),
    "save": lambda kept, owner, c, t: kept.save(owner, turn("new", c)),
    "save over": lambda kept, owner, c, t: kept.save(owner, replace(turn(t, c), answer=answer("غيره"))),
    "save elsewhere": lambda kept, owner, c, t: kept.save(owner, turn(t, "another")),
    "replace": lambda kept, owner, c, t: kept.save(owner, turn("new", c), replacing=t),
    "replace elsewhere": lambda kept, owner, c, t: kept.save(owner, turn("new", "own"), replacing=t),
    "discard": lambda kept, owner, c, t: kept.discard(owner, t),
    "rename": lambda kept, owner, c, t: kept.rename(owner, c, "مسروق"),
    "delete": lambda kept, owner, c, t: kept.delete(owner, c),
    "rate": lambda kept, owner, c, t: kept.rate(owner, t, -1, "مسروق"),
}


@pytest.mark.parametrize("how", TOUCHES)
def test_no_owner_reads_or_changes_what_is_anothers(kept: Conversations, how: str) -> None:
    kept.save("o", turn("1"))
    kept.save("p", turn("mine", "own"))
    before = kept.listed("o"), kept.turns("o", "c"), kept.listed("p"), kept.turns("p", "own")
    with pytest.raises(InputError):
        TOUCHES[how](kept, "p", "c", "1")
    assert (kept.listed("o"), kept.turns("o", "c"), kept.listed("p"), kept.turns("p", "own")) == before
    assert [c.id for c in kept.listed("p", "الوزير")] == ["own"]
    assert kept.listed("nobody") == []


@pytest.mark.parametrize("how", [h for h in TOUCHES if not h.startswith(("save", "replace"))])
def test_an_unknown_id_is_bad_input(kept: Conversations, how: str) -> None:
    kept.save("o", turn("1"))
    with pytest.raises(InputError, match="'none'"):
        TOUCHES[how](kept, "o", "none", "none")


def test_an_answer_kept_before_there_were_pages_is_read() -> None:
    now = answer()
    row = json.loads(answers.packed(now))
    for citation in row["citations"]:
        del citation["page"], citation["near_duplicates"]
    for hit in row["hits"]:
        del hit["passage"]["page"]
    before = tuple(replace(citation, page=0, near_duplicates=()) for citation in now.citations)
    assert answers.answer(json.dumps(row).encode()) == replace(now, citations=before)
