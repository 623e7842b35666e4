from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.conversations import Conversations, Turn
from rag.errors import InputError
from rag.evaluate.collected import Collected, collect
from rag.evaluate.testset import load, waiting
from rag.types import EVERYTHING, Answer, Citation, Scope
from tests.conftest import Rag, line

SHORT = Citation(1, "توفي عام 1941", "a.txt", "", 0, 20, "وتوفي الشاعر عام 1941.", "supported", 13, "1941")
LONG = Citation(2, "ودفن في البروة", "b.txt", "", 0, 20, "ودُفن في البروة.", "supported", 30)
WRONG = Citation(3, "وكان طويلا", "c.txt", "", 0, 20, "غيره", "unsupported", 40)
GOOD = Answer(
    "متى توفي؟", "answered", "توفي [1].", "quote", (SHORT, LONG, SHORT, WRONG), done=True, standalone="متى توفي أحمد؟"
)
REFUSED = Answer("من ربح الكأس؟", "abstained", "لا جواب.", "quote", done=True)


def turn(id_: str, answer: Answer, rating: int, note: str = "", scope: Scope = EVERYTHING) -> Turn:
    return Turn(id_, "c", answer, scope, "2026-01-01", rating, note)


RATED = [
    (turn("t1", GOOD, 1), ("من أحمد؟", "أين ولد؟")),
    (turn("t2", REFUSED, 1), ()),
    (turn("t3", GOOD, -1, "التاريخ خطأ"), ()),
    (turn("t4", REFUSED, -1), ("من أحمد؟",)),
    (turn("t5", replace(GOOD, citations=(WRONG,)), 1), ()),
    (turn("t6", REFUSED, 1, scope=Scope("2008")), ()),
    (turn("t7", replace(GOOD, done=False), -1), ()),
]
ROWS = {
    "t1": {
        "question": "متى توفي؟",
        "answers": ["1941", "ودُفن في البروة."],
        "articles": ["a.txt", "b.txt"],
        "kind": "liked",
        "history": ["من أحمد؟", "أين ولد؟"],
    },
    "t2": {"question": "من ربح الكأس؟", "answers": [], "articles": [], "kind": "liked"},
    "t3": {
        "question": "متى توفي؟",
        "answers": None,
        "articles": [],
        "kind": "disliked",
        "given": "توفي [1].",
        "note": "التاريخ خطأ",
    },
    "t4": {
        "question": "من ربح الكأس؟",
        "answers": None,
        "articles": [],
        "kind": "disliked",
        "history": ["من أحمد؟"],
        "given": "لا جواب.",
    },
    "t5": {"question": "متى توفي؟", "answers": None, "articles": [], "kind": "liked", "given": "توفي [1]."},
}


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]


def test_each_rating_makes_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    assert collect(RATED, path) == Collected(new=5, unanswered=3, known=0, scoped=1)
    assert written(path) == [{"id": id_, **row} for id_, row in ROWS.items()]


def test_the_rows_are_a_test_set_without_those_that_wait(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    collect(RATED, path)
    questions, contexts = load(path)
    assert [(q.id, q.answers, q.history) for q in questions] == [
        ("t1", ("1941", "ودُفن في البروة."), ("من أحمد؟", "أين ولد؟")),
        ("t2", (), ()),
    ]
    assert (contexts, waiting(path)) == ([], 3)
    collect(RATED[2:3], tmp_path / "waits.jsonl")
    with pytest.raises(InputError, match=r"no questions with answers; fill in the answers of its 1 row"):
        load(tmp_path / "waits.jsonl")


@pytest.mark.parametrize("end", ["", "\n"])
def test_rows_that_are_there_stay_as_they_are(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.jsonl"
    own = '{"id": "t3",  "question": "متى توفي؟", "answers": ["1942"], "articles": []}\n\n{"id": 7, "question": "كم؟", "answers": []}'
    path.write_text(own + end, encoding="utf-8")
    assert collect(RATED[:3], path) == Collected(new=2, unanswered=0, known=1)
    assert path.read_text(encoding="utf-8").startswith(own + "\n{")
    whole = path.read_bytes()
    assert collect(RATED[:3], path) == Collected(known=3)
    assert path.read_bytes() == whole
    assert [q.id for q in load(path)[0]] == ["t3", "7", "t1", "t2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "1", "question": "x", "answers": []}]}]}]}',
            "ours",
        ),
        ('{"id": "1"\n', "not JSON"),
        ("[1]\n", "row 1 is no row"),
        ('{"question": "x"}\n', "row 1 is no row"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_is_no_test_set_of_ours_is_left_alone(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "t.jsonl"
    whole = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(whole)
    with pytest.raises(InputError, match=said):
        collect(RATED, path)
    assert path.read_bytes() == whole


def test_the_command_collects_what_the_chat_kept_and_measures_it(seeded: Rag, tmp_path: Path) -> None:
    quote = "استعادة الوضع العسكري السابق في البلاد أمر لا يمكن تحقيقه"
    cited = Citation(1, "x", "002_91707e2fd8b393ee.txt", "", 0, 9, quote, "supported", 1)
    with Conversations(tmp_path / "home" / "index" / "conversations.sqlite") as kept:
        for i, (answer, rating) in enumerate(
            [(replace(GOOD, citations=(cited,)), 1), (REFUSED, 1), (GOOD, -1), (GOOD, 0)]
        ):
            kept.save(f"o{i}", Turn(f"t{i}", f"c{i}", answer, EVERYTHING, "2026"))
            kept.rate(f"o{i}", f"t{i}", rating)
    said = seeded("eval", tmp_path / "t.jsonl", "--collect").stdout
    assert said.startswith("3 rated answers added to ")
    assert "1 of the new ones wait" in said
    assert [row["id"] for row in written(tmp_path / "t.jsonl")] == ["t0", "t1", "t2"]
    assert "0 rated answers added" in seeded("eval", tmp_path / "t.jsonl", "--collect").stdout
    measured = seeded("eval", tmp_path / "t.jsonl", "--only-search", "--json")
    assert "wait for their answers: 1;" in line(measured.stderr)
    assert json.loads(measured.stdout)["all"]["questions"] == 2


def test_nothing_rated_makes_no_file(seeded: Rag, tmp_path: Path) -> None:
    assert "0 rated answers added" in seeded("eval", tmp_path / "t.jsonl", "--collect").stdout
    assert not (tmp_path / "t.jsonl").exists()
