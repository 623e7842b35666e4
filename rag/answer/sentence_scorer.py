"""Which sentences of the best passages answer a question, and how probably any does, by linear models.

A sentence is scored over what lexical search, the embedder and the question's type say of it; a logistic model over the best
sentences decides between answering and abstaining. Their weights are shipped (`rag.search.rankers`);
`python -m training.evidence` makes them from ARCD train.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.arabic.rules.attributes import speak_of
from rag.arabic.rules.words import QuestionType, hold
from rag.arabic.text.folding import words_each
from rag.arabic.text.letters import marked
from rag.arabic.text.sentences import sentences_each
from rag.query.question import Question
from rag.search.coverage import Idf, TermCoverage
from rag.search.embedding import Embedder
from rag.search.rankers import LANGUAGES, Language, Rankers, shipped
from rag.types import Hit, Passage

PASSAGES = 8
"""Passages whose sentences are scored."""
_SIGNS: tuple[QuestionType, ...] = ("when", "many", "where", "why")
"""Types of question whose answers show a sign; each is a feature: 1 where the sentence has it, −1 where not, 0 for other types."""
_ATTRIBUTE = {True: 1.0, False: -1.0, None: 0.0}


SENTENCE = ("coverage", "context", "passage", "rank", "cosine", "attribute", *_SIGNS)
"""Features by which a sentence is scored."""
ANSWERED = ("coverage", "context", "whole", "words", "cosine")
"""Features of the best sentences by which it is decided whether they answer."""


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """What the models of one kind of question weigh.

    sentence: the features SENTENCE. answered: the features ANSWERED, with their bias (log odds). least, sure: the
    probabilities from which the best sentences may answer, and from which they do.
    """

    sentence: dict[str, float]
    answered: dict[str, float]
    bias: float
    least: float
    sure: float


def weights_of(rankers: Rankers) -> dict[Language, EvidenceWeights]:
    """The weights that stand in a file; ModelError where it is damaged."""
    return {
        language: EvidenceWeights(
            rankers.weights("evidence", language, "sentence", features=SENTENCE),
            rankers.weights("evidence", language, "answered", features=ANSWERED),
            rankers.number("evidence", language, "bias"),
            rankers.number("evidence", language, "least"),
            rankers.number("evidence", language, "sure"),
        )
        for language in LANGUAGES
    }


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
    """Scores sentences with the library's gram frequencies and the shipped embedder, for which the weights were fitted.

    weights: those for questions with and without Arabic; the shipped ones if none are given. Raises ModelError where these are
    damaged.
    """

    def __init__(self, idf: Idf, embedder: Embedder, weights: Mapping[Language, EvidenceWeights] | None = None) -> None:
        self._idf, self._embedder = idf, embedder
        self._weights = weights or weights_of(shipped())

    def weights_for(self, question: Question) -> EvidenceWeights:
        """The weights that were fitted for questions of its kind."""
        return self._weights["translated" if question.is_translated else "arabic"]

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
        weights = self.weights_for(question).sentence
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
    return {name: max(s.features[name] for s in scored[:3]) for name in ANSWERED}


def answer_probability(scored: Sequence[ScoredSentence], weights: EvidenceWeights) -> float:
    """The probability that the best sentences answer the question; 0 where there are none."""
    if not scored:
        return 0.0
    return 1 / (1 + math.exp(-weights.bias - weighted(best_features(scored), weights.answered)))


def weighted(features: dict[str, float], weights: dict[str, float]) -> float:
    """The sum of the features, each times its weight."""
    return sum(weight * features[name] for name, weight in weights.items())
