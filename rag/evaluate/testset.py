"""Test sets: our JSON lines, SQuAD-shaped rows, SQuAD's own JSON files (v1.1, v2.0)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.arabic.rules.varieties import Variety, variety
from rag.errors import InputError
from rag.query.question import checked
from rag.types import Article

_VARIETIES: dict[str, Variety] = {"msa": "standard", "dialect": "dialect", "english": "english"}


@dataclass(frozen=True, slots=True)
class Example:
    """One row: any one of `answers` is right, the articles that hold one; both empty means the right answer is to abstain.

    variety: what it is asked in, as the row says (`"variety"`: msa, dialect, english) or else as its words show.
    history: the questions of the conversation before it, in order.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    kind: str
    variety: Variety = "standard"
    history: tuple[str, ...] = ()


def load(path: Path) -> tuple[list[Example], list[Article]]:
    """The questions of a test set, and the contexts it brings as articles (none for our own format).

    Rows that wait for their answers are left out. A context's id is `context-` and the beginning of its SHA-256. Raises
    InputError naming the row that is wrong.
    """
    questions, contexts = [], {}
    found = rows(path)
    for where, row in found:
        if _waits(row):
            continue
        try:
            question, context = _question(row)
        except ValidationError as e:
            raise InputError(
                f"{path}: {where} is not a question: {_first(e)}; expected id, question, answers and articles or context"
            ) from e
        except InputError as e:
            raise InputError(f"{path}: {where}: {e}") from e
        questions.append(question)
        if context is not None:
            contexts[context.id] = context
    if not questions and found:
        raise InputError(f"{path} holds no questions with answers; fill in the answers of its {len(found)} rows")
    if not questions:
        raise InputError(f"{path} holds no questions; expected one JSON object a line")
    return questions, list(contexts.values())


def waiting(path: Path) -> int:
    """How many rows of a test set wait for a person to fill in their answers (`"answers": null`)."""
    return sum(_waits(row) for _, row in rows(path))


def _waits(row: object) -> bool:
    return isinstance(row, dict) and row.get("answers", ()) is None


def rows(path: Path) -> list[tuple[str, object]]:
    """The rows of a test set as they are, each with its place in words. Raises InputError where they cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{path} cannot be read: {e}; expected a test set, one JSON object a line, or a SQuAD JSON file"
        ) from e
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and "data" in whole:
        try:
            return _squad(_Squad.model_validate(whole))
        except ValidationError as e:
            raise InputError(f"{path} is no SQuAD file: {_first(e)}; expected data, paragraphs, context and qas") from e
    found: list[tuple[str, object]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append((f"row {number}", json.loads(line)))
            except (ValueError, RecursionError) as e:
                raise InputError(f"{path}: row {number} is not JSON ({e}); expected one JSON object a line") from e
    return found


def _squad(whole: _Squad) -> list[tuple[str, object]]:
    return [
        (
            f"question {row.get('id')}",
            {"title": document.title, **row, "context": paragraph.context, **_none_if_impossible(row)},
        )
        for document in whole.data
        for paragraph in document.paragraphs
        for row in paragraph.qas
    ]


def _none_if_impossible(row: dict[str, Any]) -> dict[str, Any]:
    return {"answers": []} if row.get("is_impossible") else {}


def _question(given: object) -> tuple[Example, Article | None]:
    """The question of a row, and the article of its context. Raises ValidationError and InputError."""
    row = _Row.model_validate(given)
    for asked in (row.question, *row.history):
        checked(asked)
    answers = tuple(dict.fromkeys(a if isinstance(a, str) else a.text for a in row.answers))
    articles, context = tuple(row.articles), None
    if row.context is not None:
        digest = hashlib.sha256(row.context.encode()).hexdigest()
        context = Article(f"context-{digest[:16]}", row.context, row.title or "")
        articles = (context.id,) if answers else ()
    kind = row.kind or ("answerable" if answers else "unanswerable")
    spoken = _VARIETIES[row.variety] if row.variety else variety(row.question)
    return Example(row.id, row.question, answers, articles, kind, spoken, tuple(row.history)), context


def _first(error: ValidationError) -> str:
    """Where a row is wrong, and how."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the row'}: {first['msg']}"


class _Model(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class _Answer(_Model):
    text: str


class _Row(_Model):
    id: str
    question: str
    answers: list[str | _Answer]
    articles: list[str] = []
    history: list[str] = []
    kind: str | None = None
    variety: Literal["msa", "dialect", "english"] | None = None
    context: str | None = None
    title: str | None = None


class _Paragraph(_Model):
    context: str
    qas: list[dict[str, Any]]


class _Document(_Model):
    title: str | None = None
    paragraphs: list[_Paragraph]


class _Squad(_Model):
    data: list[_Document]
