"""Checks of the hand-made question sets tests/data/seeds_qa.jsonl and followups_qa.jsonl themselves.

No answers of the program are judged here: only that the set is sound, i.e.
that each answer stands verbatim in a named article of seeds/.
"""

import json
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
SET = ROOT / "tests" / "data" / "seeds_qa.jsonl"
FOLLOWUPS = ROOT / "tests" / "data" / "followups_qa.jsonl"

FIELDS = {"id", "question", "answers", "articles", "kind"}
KINDS = {
    "speech",
    "name",
    "number",
    "date",
    "place",
    "reason",
    "misspelled",
    "dialect",
    "english",
    "unanswerable",
}


def rows(file=SET):
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def article(name):
    return (SEEDS / name).read_text(encoding="utf-8")


def test_fields():
    for row in rows():
        assert set(row) == FIELDS, row
        assert row["kind"] in KINDS, row
        assert row["question"].strip(), row


def test_ids_and_questions_are_unique():
    for field in ("id", "question"):
        counts = Counter(row[field] for row in rows())
        assert [value for value, n in counts.items() if n > 1] == []


def test_size_and_kinds():
    counts = Counter(row["kind"] for row in rows())
    assert sum(counts.values()) >= 60
    assert counts["unanswerable"] >= 12
    assert set(counts) == KINDS


def test_only_unanswerable_rows_are_empty():
    for row in (*rows(), *rows(FOLLOWUPS)):
        empty = row["kind"] == "unanswerable"
        assert (row["answers"] == []) is empty, row
        assert (row["articles"] == []) is empty, row


def test_articles_exist():
    for row in (*rows(), *rows(FOLLOWUPS)):
        assert len(set(row["articles"])) == len(row["articles"]), row
        for name in row["articles"]:
            assert (SEEDS / name).is_file(), row


def test_each_answer_is_verbatim_in_a_named_article():
    for row in (*rows(), *rows(FOLLOWUPS)):
        texts = [article(name) for name in row["articles"]]
        for answer in row["answers"]:
            assert answer.strip() == answer, (row["id"], answer)
            assert 1 <= len(answer.split()) <= 10, (row["id"], answer)
            assert any(answer in text for text in texts), (row["id"], answer)


def test_each_named_article_holds_an_answer():
    for row in rows():
        for name in row["articles"]:
            text = article(name)
            assert any(answer in text for answer in row["answers"]), (row["id"], name)


def test_no_answer_stands_in_the_question():
    # A question that quotes its answer would be answered by any echo of it.
    for row in rows():
        for answer in row["answers"]:
            assert answer not in row["question"], (row["id"], answer)


def test_each_follow_up_has_a_conversation_before_it():
    for row in rows(FOLLOWUPS):
        assert set(row) == FIELDS | {"history"}, row
        assert row["history"], row
        assert all(question.strip() for question in row["history"]), row
