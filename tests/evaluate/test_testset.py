import json
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.evaluate.testset import load

CONTEXT = "ولد الشاعر في البروة عام 1941."


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_our_own_rows(tmp_path: Path) -> None:
    row = {"id": "1", "question": "أين؟", "answers": ["البروة"], "articles": ["a.txt"], "kind": "place"}
    questions, contexts = load(
        write(tmp_path / "t.jsonl", row, {"id": "2", "question": "كم؟", "answers": [], "articles": []})
    )
    assert (questions[0].answers, questions[0].articles, questions[0].kind) == (("البروة",), ("a.txt",), "place")
    assert questions[1].kind == "unanswerable"
    assert contexts == []


def test_a_row_may_say_what_it_is_asked_in(tmp_path: Path) -> None:
    row = {"question": "وين راح؟", "answers": []}
    varieties = [{"id": "1"}, {"id": "2", "variety": "msa"}, {"id": "3", "question": "أين ذهب؟", "variety": "dialect"}]
    questions, _ = load(write(tmp_path / "t.jsonl", *(row | own for own in varieties)))
    assert [q.variety for q in questions] == ["dialect", "standard", "dialect"]


def test_squad_shaped_rows_bring_each_context_once(tmp_path: Path) -> None:
    rows = [
        {
            "id": str(i),
            "title": "t",
            "question": "أين؟",
            "context": CONTEXT,
            "answers": [{"text": "البروة", "start": 14}],
        }
        for i in range(2)
    ]
    questions, contexts = load(write(tmp_path / "t.jsonl", *rows))
    assert [c.text for c in contexts] == [CONTEXT]
    assert questions[0].articles == questions[1].articles == (contexts[0].id,)


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_squad_files(tmp_path: Path, version: str) -> None:
    qas = [
        {"id": "1", "question": "أين؟", "answers": [{"text": "البروة", "answer_start": 14}] * 2},
        {"id": "2", "question": "من؟", "answers": [], "is_impossible": True},
    ]
    squad = {
        "version": version,
        "data": [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": qas[: 1 if version == "1.1" else 2]}]}],
    }
    questions, contexts = load(write(tmp_path / "t.json", squad))
    assert len(contexts) == 1
    assert questions[0].answers == ("البروة",)
    assert len(questions) == (1 if version == "1.1" else 2)
    assert all(not q.answers and not q.articles for q in questions[1:])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no questions"),
        ("{", "row 1 is not JSON"),
        ('{"id": "1"}', "row 1 is not a question"),
        ("[1]", "not a question"),
        ('{"data": 5}', "no SQuAD file: data"),
        (
            '{"data": [{"paragraphs": [{"context": "س", "qas": [{"id": 1, "question": "كم؟"}]}]}]}',
            "question 1 is not .* answers",
        ),
        ('{"id": "1", "question": 7, "answers": {}}', "answers"),
        ('{"id": "1", "question": "؟", "answers": []}', "row 1: the question is empty"),
        ('{"id": "1", "question": "كم؟", "answers": "ثلاثة", "articles": []}', "answers"),
        ('{"id": "1", "question": "كم؟", "answers": [], "articles": "a.txt"}', "articles"),
        ('{"id": "1", "question": "\\ud800", "answers": []}', "row 1"),
        ('{"id": "1", "question": "كم؟", "answers": [], "variety": "egyptian"}', "variety"),
    ],
)
def test_what_is_no_test_set(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load(tmp_path / "t.jsonl")


def test_a_line_separator_in_a_row_ends_no_row(tmp_path: Path) -> None:
    questions, _ = load(
        write(tmp_path / "t.jsonl", {"id": 1, "question": "كم\u2028عدد؟", "answers": ["ثلاثة"], "articles": ["a"]})
    )
    assert [(q.id, q.answers) for q in questions] == [("1", ("ثلاثة",))]


def test_a_row_may_come_after_other_questions(tmp_path: Path) -> None:
    row = {"id": "1", "question": "ومتى كان ذلك؟", "answers": [], "history": ["ماذا قال تشوركين؟"]}
    questions, _ = load(write(tmp_path / "t.jsonl", row))
    assert questions[0].history == ("ماذا قال تشوركين؟",)
    with pytest.raises(InputError, match="row 1"):
        load(write(tmp_path / "wrong.jsonl", row | {"history": ["؟"]}))
