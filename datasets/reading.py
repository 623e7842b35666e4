"""Reading sets: questions that people asked of a paragraph, with its words that answer them.

ARCD, MLQA and XQuAD have one form, SQuAD's with a question a row, and are read by one function. ARCD train is for training and
for choosing; ARCD test and MLQA only for measuring. Knows nothing of search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.news import article, news
from datasets.rows import rows
from rag.types import Article

SETS = ("arcd-train", "arcd-test", "mlqa-dev", "arcd-news", "english")
"""`english` asks our own translations of questions of ARCD train over its Arabic contexts; `arcd-news` asks ARCD test among all
articles of SaudiNewsNet."""
ENGLISH = Path(__file__).with_name("arcd_train_english.jsonl")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the paragraph and title of the article that it was asked of, and the strings there that answer it."""

    id: str
    question: str
    context: str
    title: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """Articles to search, and questions with the id of the article that each was asked of."""

    articles: list[Article]
    questions: list[tuple[str, str]]


def questions_of(path: Path, split: str = "") -> list[Asked]:
    """The questions of a file, or of one split of it."""
    return [
        Asked(
            row["id"], row["question"], row["context"], row["title"], tuple(answer["text"] for answer in row["answers"])
        )
        for row in rows(path)
        if not split or row["split"] == split
    ]


def arcd(data: Path, split: str) -> list[Asked]:
    """The questions of ARCD's "train" or "test", from the folder of the data."""
    return questions_of(data / "arcd.jsonl", split)


def in_english(questions: Sequence[Asked]) -> list[Asked]:
    """Those questions of ARCD train that we have translated, asked in English."""
    english = {row["id"]: row["question"] for row in rows(ENGLISH)}
    return [replace(one, question=english[one.id]) for one in questions if one.id in english]


def contexts(questions: Sequence[Asked]) -> dict[str, Article]:
    """Each context as an article with the title as its source, by its text, in the order of the questions."""
    titles = {one.context: one.title for one in questions}
    return {
        context: Article(f"context-{i}", context, source=title) for i, (context, title) in enumerate(titles.items())
    }


def load(data: Path, name: str) -> ReadingSet:
    """The set of this name, one of SETS, from the folder of the data."""
    if name == "mlqa-dev":
        questions = questions_of(data / "mlqa_ar_dev.jsonl")
    else:
        questions = arcd(data, "test" if name in ("arcd-test", "arcd-news") else "train")
    article_of = contexts(questions)
    articles = list(article_of.values())
    if name == "arcd-news":
        articles += map(article, news(data))
    if name == "english":
        questions = in_english(questions)
    return ReadingSet(articles, [(one.question, article_of[one.context].id) for one in questions])
