"""The second look at the best passages: a linear model over what both legs and the question's words say of each.

Its weights come from ARCD train (`python -m training.reranking`). A cross-encoder that was pulled takes the same place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.arabic.words import Kind, holds, kind
from rag.errors import ModelError
from rag.search.terms import Idf, Terms
from rag.types import Passage

_SIGNS: tuple[Kind, ...] = ("when", "many", "where", "why")
"""Kinds of question whose answers show a sign; each is a feature: 1 where the passage has it, −1 where not, 0 for other kinds."""
WEIGHTS = {
    "lexical": 1.77,
    "dense": 1.9,
    "coverage": 5.61,
    "words": 0.24,
    "length": -0.79,
    "when": 0.77,
    "many": 1.46,
    "where": 0.26,
    "why": 0.92,
}
BIAS = -3.76
"""Makes the logistic of a score the probability that the passage holds the answer, if any passage does."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found; lexical: its BM25 as a share of the best one's, 0 where that leg missed it; dense: its
    cosine, 0 for the worst and 1 for the best of those that the dense leg found."""

    passage: Passage
    lexical: float
    dense: float


class Reranker(Protocol):
    """Scores candidates in [0, 1], each by how probably it answers the question."""

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]: ...


class LinearReranker:
    """The shipped one; `idf` weighs the question's grams (`LexicalIndex.idf`)."""

    def __init__(self, idf: Idf) -> None:
        self._idf = idf

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        rows = self.features(question, candidates)
        sums = [BIAS + sum(weight * row[name] for name, weight in WEIGHTS.items()) for row in rows]
        return [1 / (1 + math.exp(-total)) for total in sums]

    def features(self, question: str, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
        """The features of each candidate, by the names of WEIGHTS."""
        terms, asked_for = Terms(question, self._idf), kind(question)
        rows = []
        for candidate in candidates:
            text = candidate.passage.text
            coverage, words = terms.match(f"{candidate.passage.title} {text}")
            row = {"lexical": candidate.lexical, "dense": candidate.dense, "coverage": coverage, "words": words}
            row["length"] = math.log(1 + len(text))
            for sign in _SIGNS:
                row[sign] = 0.0 if sign != asked_for else 1.0 if holds(sign, text) else -1.0
            rows.append(row)
        return rows


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder that lies on this machine: a folder, or a name that was downloaded before."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder
        from torch.nn import Sigmoid

        self._sigmoid = Sigmoid()
        try:
            self._model = CrossEncoder(name, device="cpu", local_files_only=True)
        except (OSError, ValueError) as e:
            raise ModelError(
                f"the reranker {name!r} is not on this machine: {str(e).splitlines()[0]}; unset RAG_RERANKER"
            ) from e

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        pairs = [(question, candidate.passage.text) for candidate in candidates]
        scores = self._model.predict(pairs, show_progress_bar=False, activation_fn=self._sigmoid)
        return [float(score) for score in scores]
