"""Rows of a test set out of what people thought of answers in the chat.

A good answer's quotes are right answers, a good refusal is a question that the archive does not hold; of a bad answer only
a person knows what would have been right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.conversations import Turn
from rag.errors import InputError
from rag.evaluate.testset import rows
from rag.types import EVERYTHING


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected, in rows. unanswered: those of `new` that wait for a person. scoped: answers that were sought in a
    part of the archive, and left out, for a test set asks all of it."""

    new: int = 0
    unanswered: int = 0
    known: int = 0
    scoped: int = 0


def collect(rated: Iterable[tuple[Turn, Sequence[str]]], testset: Path) -> Collected:
    """Appends the rated answers to a test set, which is made where it is not there; rows that it has stay as they are.

    rated: each with the questions of its conversation before it. InputError where the file is no test set of ours.
    """
    ids, ended = set(), True
    if testset.exists():
        ids = {_id(testset, where, row) for where, row in rows(testset)}
        ended = testset.read_bytes()[-1:] in (b"", b"\n")
    new, known, scoped = [], 0, 0
    for turn, before in rated:
        if turn.id in ids:
            known += 1
        elif turn.scope != EVERYTHING:
            scoped += 1
        elif turn.answer.done:
            new.append(_row(turn, before))
    if new:
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in new)
        with testset.open("ab") as file:
            file.write(("\n" * (not ended) + lines).encode("utf-8", "replace"))
    return Collected(len(new), sum(row["answers"] is None for row in new), known, scoped)


def _id(testset: Path, where: str, row: object) -> str:
    """The id of a row of our own format."""
    if not isinstance(row, dict) or "id" not in row or where.startswith("question"):
        raise InputError(
            f"{testset}: {where} is no row of a test set of ours; expected JSON lines with ids, or a new file"
        )
    return str(row["id"])


def _row(turn: Turn, before: Sequence[str]) -> dict[str, Any]:
    answer = turn.answer
    supported = [c for c in answer.citations if c.n and c.verdict == "supported"]
    row: dict[str, Any] = {
        "id": turn.id,
        "question": answer.question,
        "answers": list(dict.fromkeys(c.short or c.quote for c in supported)),
        "articles": list(dict.fromkeys(c.article for c in supported)),
        "kind": "liked",
        **({"history": list(before)} if before else {}),
    }
    if turn.rating < 0:
        row |= {"answers": None, "articles": [], "kind": "disliked"}
    elif answer.status == "abstained":
        row |= {"answers": [], "articles": []}
    elif not supported:  # empty answers would say that the archive does not hold it
        row["answers"] = None
    if row["answers"] is None:
        row["given"] = answer.text
    return row | ({"note": turn.note} if turn.note else {})
