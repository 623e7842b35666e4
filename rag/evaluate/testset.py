"""Test sets: our JSON lines, SQuAD-shaped rows, SQuAD's own JSON files (v1.1, v2.0)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.types import Article


@dataclass(frozen=True, slots=True)
class Question:
    """One row: any one of `answers` is right, the articles that hold one; both empty means the right answer is to abstain."""

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    kind: str


def load(path: Path) -> tuple[list[Question], list[Article]]:
    """The questions of a test set, and the contexts it brings as articles (none for our own format).

    A context's id is `context-` and the beginning of its SHA-256. Raises InputError naming the row that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{path} cannot be read: {e}; expected a test set, one JSON object a line, or a SQuAD JSON file"
        ) from e
    rows = _rows(path, text)
    questions, contexts = [], {}
    for where, row in rows:
        try:
            question, context = _question(row)
        except (KeyError, TypeError, AttributeError) as e:
            raise InputError(
                f"{path}: {where} is not a question: {e!r}; expected id, question, answers and articles or context"
            ) from e
        questions.append(question)
        if context is not None:
            contexts[context.id] = context
    if not questions:
        raise InputError(f"{path} holds no questions; expected one JSON object a line")
    return questions, list(contexts.values())


def _rows(path: Path, text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict) and "data" in whole:
        return _squad(whole)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append((f"row {number}", json.loads(line)))
            except ValueError as e:
                raise InputError(f"{path}: row {number} is not JSON ({e}); expected one JSON object a line") from e
    return rows


def _squad(whole: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    rows = []
    for document in whole["data"]:
        for paragraph in document["paragraphs"]:
            for row in paragraph["qas"]:
                answers = [] if row.get("is_impossible") else row["answers"]
                rows.append(
                    (
                        f"question {row['id']}",
                        {
                            "id": row["id"],
                            "question": row["question"],
                            "context": paragraph["context"],
                            "title": document.get("title", ""),
                            "answers": answers,
                        },
                    )
                )
    return rows


def _question(row: dict[str, Any]) -> tuple[Question, Article | None]:
    context = None
    answers = tuple(dict.fromkeys(a["text"] if isinstance(a, dict) else str(a) for a in row["answers"]))
    articles = tuple(row.get("articles", ()))
    if "context" in row:
        digest = hashlib.sha256(row["context"].encode()).hexdigest()
        context = Article(f"context-{digest[:16]}", row["context"], row.get("title") or "")
        articles = (context.id,) if answers else ()
    kind = str(row.get("kind") or ("answerable" if answers else "unanswerable"))
    return Question(str(row["id"]), row["question"], answers, articles, kind), context
