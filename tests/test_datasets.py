"""The readers of data: rows of any file, reading sets of one form, and what each named set is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from datasets.news import article, news
from datasets.reading import ENGLISH, SETS, Asked, arcd, contexts, in_english, load, questions_of
from datasets.rows import rows
from rag.arabic import has_arabic

KNOWN = "588627407380", "Where are the novels of Naguib Mahfouz set?"
"""A question of ARCD train that has a translation."""


def row(id_: str, context: str, split: str, title: str = "مصر") -> dict[str, Any]:
    return {
        "dataset": "arcd",
        "split": split,
        "id": id_,
        "title": title,
        "context": context,
        "question": f"سؤال {id_}؟",
        "answers": [{"text": "القاهرة", "start": 0}, {"text": "في القاهرة", "start": 0}],
    }


def write(path: Path, listed: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in listed).encode()
    path.write_bytes(zstandard.compress(text) if path.suffix == ".zst" else text)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two questions of ARCD train on one paragraph, one of its test, one of MLQA, and two articles."""
    write(
        tmp_path / "arcd.jsonl",
        [
            row(KNOWN[0], "القاهرة مدينة.", "train"),
            row("2", "حلب مدينة.", "test", "سوريا"),
            row("3", "القاهرة مدينة.", "train"),
        ],
    )
    write(tmp_path / "mlqa_ar_dev.jsonl", [row("4", "بغداد مدينة.", "dev", "العراق")])
    known = {
        "id": "a",
        "source": "saudinewsnet:aawsat",
        "title": "عنوان",
        "date": "2015-07-21",
        "url": None,
        "text": "خبر.",
    }
    write(
        tmp_path / "saudinewsnet.jsonl.zst",
        [known, {**known, "id": "b", "title": None, "date": None, "source": None}],
    )
    return tmp_path


def test_rows_of_plain_and_compressed_files_in_one_frame_or_several(tmp_path: Path) -> None:
    listed = [{"text": "سطر\u2028واحد"}, {"text": "آخر"}]
    for name in ("plain.jsonl", "packed.jsonl.zst"):
        write(tmp_path / name, listed)
        assert list(rows(tmp_path / name)) == listed
    frames = [zstandard.compress(json.dumps(one).encode() + b"\n") for one in listed]
    (tmp_path / "frames.jsonl.zst").write_bytes(b"".join(frames))
    assert list(rows(tmp_path / "frames.jsonl.zst")) == listed


def test_questions_of_one_split_or_of_all(data: Path) -> None:
    assert [one.id for one in arcd(data, "train")] == [KNOWN[0], "3"]
    assert arcd(data, "test") == [Asked("2", "سؤال 2؟", "حلب مدينة.", "سوريا", ("القاهرة", "في القاهرة"))]
    assert len(questions_of(data / "arcd.jsonl")) == 3


def test_xquad_has_the_form_of_the_others(tmp_path: Path) -> None:
    content = {
        "id": "5",
        "title": "xquad_ar-0000",
        "question": "كم؟",
        "question_en": "How many?",
        "context": "308 نقطة.",
    }
    write(tmp_path / "xquad_ar.jsonl", [{**content, "answers": [{"text": "308", "start": 0}]}])
    assert questions_of(tmp_path / "xquad_ar.jsonl") == [Asked("5", "كم؟", "308 نقطة.", "xquad_ar-0000", ("308",))]


def test_what_we_have_translated_is_asked_in_english_of_the_same_paragraph(data: Path) -> None:
    train = arcd(data, "train")
    (english,) = in_english(train)
    assert (english.id, english.question) == KNOWN
    assert (english.context, english.answers) == (train[0].context, train[0].answers)


def test_translations_are_of_different_questions_and_are_english() -> None:
    listed = list(rows(ENGLISH))
    assert len({one["id"] for one in listed}) == len(listed) == 104
    assert not any(has_arabic(one["question"]) for one in listed)


def test_a_paragraph_that_several_ask_of_is_one_article(data: Path) -> None:
    articles = contexts(questions_of(data / "arcd.jsonl"))
    assert [(a.id, a.text, a.source) for a in articles.values()] == [
        ("context-0", "القاهرة مدينة.", "مصر"),
        ("context-1", "حلب مدينة.", "سوريا"),
    ]
    assert all(text == a.text for text, a in articles.items())


@pytest.mark.parametrize(
    ("name", "articles", "questions"),
    [
        ("arcd-train", ["context-0"], [(f"سؤال {KNOWN[0]}؟", "context-0"), ("سؤال 3؟", "context-0")]),
        ("arcd-test", ["context-0"], [("سؤال 2؟", "context-0")]),
        ("mlqa-dev", ["context-0"], [("سؤال 4؟", "context-0")]),
        ("arcd-news", ["context-0", "a", "b"], [("سؤال 2؟", "context-0")]),
        ("english", ["context-0"], [(KNOWN[1], "context-0")]),
    ],
)
def test_each_named_set(data: Path, name: str, articles: list[str], questions: list[tuple[str, str]]) -> None:
    assert name in SETS
    found = load(data, name)
    assert [one.id for one in found.articles] == articles
    assert found.questions == questions


def test_news_without_title_date_or_source(data: Path) -> None:
    first, second = map(article, news(data))
    assert (first.title, first.date, first.source) == ("عنوان", "2015-07-21", "saudinewsnet:aawsat")
    assert (second.title, second.date, second.source, second.text) == ("", None, "", "خبر.")
