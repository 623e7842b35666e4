"""Which sentences of the best passages answer a question, and how probably any does, by linear models.

A sentence is scored over what lexical search, the embedder and the question's type say of it; a logistic model over the best
sentences decides between answering and abstaining. Their weights come from ARCD train (`python -m training.evidence`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.arabic.attributes import speak_of
from rag.arabic.folding import words_each
from rag.arabic.letters import marked
from rag.arabic.sentences import sentences_each
from rag.arabic.words import QuestionType, hold
from rag.query.question import Question
from rag.search.coverage import Idf, TermCoverage
from rag.search.embedding import Embedder
from rag.types import Hit, Passage

PASSAGES = 8
"""Passages whose sentences are scored."""
_SIGNS: tuple[QuestionType, ...] = ("when", "many", "where", "why")
"""Types of question whose answers show a sign; each is a feature: 1 where the sentence has it, −1 where not, 0 for other types."""
_ATTRIBUTE = {True: 1.0, False: -1.0, None: 0.0}


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a sentence's features; of those that decide whether the best sentences answer, with their bias (log odds), and
    the probabilities from which they may and from which they do.

    Both are below ½, since people ask in other words than the articles use more often than the crowd that wrote ARCD beside
    its passages.
    """

    sentence: dict[str, float]
    answered: dict[str, float]
    bias: float
    least: float
    sure: float


ARABIC = Weights(
    {"coverage": 2.16, "context": 3.87, "passage": 1.93, "rank": 1.72, "cosine": 1.56}
    | {"attribute": 0.97, "when": 1.21, "many": 2.34, "where": 0.77, "why": 0.79},
    {"coverage": 2.43, "context": 1.49, "whole": 1.71, "words": 0.73, "cosine": 5.92},
    bias=-7.16,
    least=0.07,
    sure=0.3,
)
TRANSLATED = Weights(
    {"coverage": 1.97, "context": 2.1, "passage": 2.96, "rank": 1.94, "cosine": 3.29}
    | {"attribute": 1.64, "when": 0.66, "many": 0.13, "where": 0.38, "why": 0.0},
    {"coverage": 1.47, "context": 1.24, "whole": 0.68, "words": 0.2, "cosine": 2.76},
    bias=-3.57,
    least=0.3,
    sure=0.5,
)
"""For questions without Arabic."""


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a passage, as offsets into the article, with its features and its score (log odds, up to a constant)."""

    passage: Passage
    start: int
    end: int
    quote: str
    features: dict[str, float]
    score: float


class SentenceScorer:
    """Scores sentences with the library's gram frequencies and the shipped embedder, for which the weights were fitted."""

    def __init__(self, idf: Idf, embedder: Embedder) -> None:
        self._idf, self._embedder = idf, embedder

    def score(self, question: Question, hits: Sequence[Hit]) -> list[ScoredSentence]:
        """Every sentence of the first PASSAGES hits, once, with its features, best first."""
        hits = hits[:PASSAGES]
        coverage = TermCoverage(question.words, self._idf)
        wholes = coverage.shares(marked([hit.passage.text for hit in hits]))
        found: dict[tuple[str, int, int], tuple[Hit, float, str, str]] = {}
        for hit, whole, spans in zip(hits, wholes, sentences_each([hit.passage.text for hit in hits]), strict=True):
            passage, before = hit.passage, ""
            for start, end in spans:
                quote = passage.text[start:end]
                key = (passage.article, passage.start + start, passage.start + end)
                found.setdefault(key, (hit, whole, quote, f"{passage.title} {before}{quote}"))
                before = f"{quote} "
        if not found:
            return []
        quotes = [quote for _, _, quote, _ in found.values()]
        columns: dict[str, list[float]] = {
            "coverage": coverage.shares(marked(quotes)),
            "context": coverage.shares(marked([context for *_, context in found.values()])),
            "whole": [whole for _, whole, _, _ in found.values()],
            "words": [coverage.log_size] * len(quotes),
            "passage": [hit.score for hit, *_ in found.values()],
            "rank": [1 / hit.rank for hit, *_ in found.values()],
            "attribute": [_ATTRIBUTE[spoken] for spoken in speak_of(question.attribute, quotes)],
            **{sign: [0.0] * len(quotes) for sign in _SIGNS},
            "cosine": self._cosines(question, quotes),
        }
        if question.type in _SIGNS:
            columns[question.type] = [1.0 if shown else -1.0 for shown in hold(question.type, words_each(quotes))]
        weights = weights_for(question).sentence
        scored = []
        for ((_, start, end), (hit, _, quote, _)), row in zip(
            found.items(), zip(*columns.values(), strict=True), strict=True
        ):
            features = dict(zip(columns, row, strict=True))
            scored.append(ScoredSentence(hit.passage, start, end, quote, features, weighted(features, weights)))
        return sorted(scored, key=lambda sentence: -sentence.score)

    def _cosines(self, question: Question, quotes: Sequence[str]) -> list[float]:
        """The cosine of each quote with the question, 0 at least."""
        cosines = self._embedder.passages(quotes) @ self._embedder.questions([question.text])[0]
        return [float(cosine) for cosine in np.maximum(cosines, 0)]


def best_features(scored: Sequence[ScoredSentence]) -> dict[str, float]:
    """What the decision to answer sees: of each feature, the best of the first three sentences."""
    return {name: max(s.features[name] for s in scored[:3]) for name in ARABIC.answered}


def answer_probability(scored: Sequence[ScoredSentence], weights: Weights) -> float:
    """The probability that the best sentences answer the question; 0 where there are none."""
    if not scored:
        return 0.0
    return 1 / (1 + math.exp(-weights.bias - weighted(best_features(scored), weights.answered)))


def weights_for(question: Question) -> Weights:
    """The weights that were fitted for questions of its kind."""
    return TRANSLATED if question.is_translated else ARABIC


def weighted(features: dict[str, float], weights: dict[str, float]) -> float:
    """The sum of the features, each times its weight."""
    return sum(weight * features[name] for name, weight in weights.items())
