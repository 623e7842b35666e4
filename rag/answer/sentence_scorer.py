"""Which sentences of the best passages answer a question, and how probably any does, by linear models.

A sentence is scored over what lexical search, the embedder and the question's type say of it; a logistic model over the best
sentences decides between answering and abstaining. Their weights are shipped (`rag.search.rankers`);
`python -m training.evidence` makes them from ARCD train.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answer.reader import Reader
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
READ_AT_ONCE = 4
"""Passages that the reader reads first; it reads the rest where those do not surely answer."""
_SIGNS: tuple[QuestionType, ...] = ("when", "many", "where", "why")
"""Types of question whose answers show a sign; each is a feature: 1 where the sentence has it, −1 where not, 0 for other types."""
_ATTRIBUTE = {True: 1.0, False: -1.0, None: 0.0}


SENTENCE = ("coverage", "context", "passage", "rank", "cosine", "attribute", *_SIGNS)
"""Features by which a sentence is scored."""
ANSWERED = ("coverage", "context", "whole", "words", "cosine")
"""Features of the best sentences by which it is decided whether they answer."""
NEAR = ("near", "near_whole")
"""Features that the reader adds to both: how near it finds the question to the sentence, and to its passage."""


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """What the models of one kind of question weigh.

    sentence: the features SENTENCE. answered: the features ANSWERED, with their bias (log odds); NEAR with both where there is a
    reader. least, sure: the probabilities from which the best sentences may answer, and from which they do.
    """

    sentence: dict[str, float]
    answered: dict[str, float]
    bias: float
    least: float
    sure: float


def weights_of(rankers: Rankers, with_reader: bool) -> dict[Language, EvidenceWeights]:
    """The weights that stand in a file; ModelError where it is damaged."""
    section, more = ("evidence", NEAR) if with_reader else ("evidence_unread", ())
    return {
        language: EvidenceWeights(
            rankers.weights(section, language, "sentence", features=(*SENTENCE, *more)),
            rankers.weights(section, language, "answered", features=(*ANSWERED, *more)),
            rankers.number(section, language, "bias"),
            rankers.number(section, language, "least"),
            rankers.number(section, language, "sure"),
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
    """Scores sentences with the library's gram frequencies, the shipped embedder and the reader, for which the weights were fitted.

    weights: those for questions with and without Arabic; the shipped ones if none are given. reader: opens it, where a question
    needs it; None does without. Raises ModelError where the weights are damaged.
    """

    def __init__(
        self,
        idf: Idf,
        embedder: Embedder,
        reader: Callable[[], Reader] | None,
        weights: Mapping[Language, EvidenceWeights] | None = None,
    ) -> None:
        self._idf, self._embedder, self._reader = idf, embedder, reader
        self._weights = weights or weights_of(shipped(), reader is not None)

    def weights_for(self, question: Question) -> EvidenceWeights:
        """The weights that were fitted for questions of its kind."""
        return self._weights["translated" if question.is_translated else "arabic"]

    def score(self, question: Question, hits: Sequence[Hit]) -> list[ScoredSentence]:
        """Every sentence of the first PASSAGES hits, once, with its features, best first."""
        hits = hits[:PASSAGES]
        spans = [tuple(found) for found in sentences_each([hit.passage.text for hit in hits])]
        scored = self._without_reader(question, hits, spans)
        if self._reader is None or not scored:
            return self._ranked(question, scored)
        near: dict[tuple[int, int, int], tuple[float, float]] = {}
        for first in range(0, len(hits), READ_AT_ONCE):
            some = slice(first, first + READ_AT_ONCE)
            passages = [hit.passage for hit in hits[some]]
            for passage, sentences, read in zip(
                passages, spans[some], self._reader().read(question.text, passages, spans[some]), strict=True
            ):
                for (start, end), cosine in zip(sentences, read.sentences, strict=True):
                    near[passage.id, passage.start + start, passage.start + end] = cosine, read.whole
            least = tuple(map(min, zip(*near.values(), strict=True)))  # for what is not read
            ranked = self._ranked(
                question,
                [
                    replace(
                        s,
                        features=s.features
                        | dict(zip(NEAR, near.get((s.passage.id, s.start, s.end), least), strict=True)),
                    )
                    for s in scored
                ],
            )
            weights = self.weights_for(question)
            if answer_probability(ranked, weights) >= weights.sure:
                break
        return ranked

    def _ranked(self, question: Question, scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
        weights = self.weights_for(question).sentence
        return sorted((replace(s, score=weighted(s.features, weights)) for s in scored), key=lambda s: -s.score)

    def _without_reader(
        self, question: Question, hits: Sequence[Hit], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[ScoredSentence]:
        """The sentences with the features that the reader does not give."""
        coverage = TermCoverage(question.words, self._idf)
        wholes = coverage.shares(marked([hit.passage.text for hit in hits]))
        found: dict[tuple[str, int, int], tuple[Hit, float, str, str]] = {}
        for hit, whole, sentences in zip(hits, wholes, spans, strict=True):
            passage, before = hit.passage, ""
            for start, end in sentences:
                quote = passage.text[start:end]
                key = (passage.article, passage.start + start, passage.start + end)
                found.setdefault(key, (hit, whole, quote, f"{passage.title} {before}{quote}"))
                before = f"{quote} "
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
            "cosine": self._cosines(question, quotes) if quotes else [],
        }
        if question.type in _SIGNS:
            columns[question.type] = [1.0 if shown else -1.0 for shown in hold(question.type, words_each(quotes))]
        return [
            ScoredSentence(hit.passage, start, end, quote, dict(zip(columns, row, strict=True)), 0.0)
            for ((_, start, end), (hit, _, quote, _)), row in zip(
                found.items(), zip(*columns.values(), strict=True), strict=True
            )
        ]

    def _cosines(self, question: Question, quotes: Sequence[str]) -> list[float]:
        """The cosine of each quote with the question, 0 at least."""
        cosines = self._embedder.passages(quotes) @ self._embedder.questions([question.text])[0]
        return [float(cosine) for cosine in np.maximum(cosines, 0)]


def best_features(scored: Sequence[ScoredSentence], names: Iterable[str]) -> dict[str, float]:
    """What the decision to answer sees: of each of these features, the best of the first three sentences."""
    return {name: max(s.features[name] for s in scored[:3]) for name in names}


def answer_probability(scored: Sequence[ScoredSentence], weights: EvidenceWeights) -> float:
    """The probability that the best sentences answer the question; 0 where there are none."""
    if not scored:
        return 0.0
    return 1 / (1 + math.exp(-weights.bias - weighted(best_features(scored, weights.answered), weights.answered)))


def weighted(features: dict[str, float], weights: dict[str, float]) -> float:
    """The sum of the features, each times its weight."""
    return sum(weight * features[name] for name, weight in weights.items())
