"""Which sentences of the best passages answer a question, in which words, and how probably any does.

A sentence is scored by a linear model over what lexical search, the embedder, the question's type and the reader say of it; a
logistic model over the best sentences decides between answering and abstaining. Their weights are shipped
(`rag.search.rankers`); `python -m training.evidence` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rag.answer.reader import Reader
from rag.arabic.rules.attributes import speak_of
from rag.arabic.rules.words import QuestionType, hold
from rag.arabic.text.folding import words_each
from rag.arabic.text.letters import marked
from rag.arabic.text.quoting import whole_words
from rag.arabic.text.sentences import sentences_each
from rag.query.question import Question
from rag.search.coverage import Idf, TermCoverage
from rag.search.embedding import Embedder
from rag.search.rankers import LANGUAGES, Language, Rankers, shipped
from rag.types import Hit, Passage

PASSAGES = 8
"""Passages whose sentences are scored."""
COMPARED_AT_ONCE = 4
"""Passages that the reader first compares with the question; it goes on to the rest where those do not surely answer."""
READ = 4
"""Sentences that it reads together with the question: those that are best so far."""
_SIGNS: tuple[QuestionType, ...] = ("when", "many", "where", "why")
"""Types of question whose answers show a sign; each is a feature: 1 where the sentence has it, −1 where not, 0 for other types."""
_ATTRIBUTE = {True: 1.0, False: -1.0, None: 0.0}


SENTENCE = ("coverage", "context", "passage", "rank", "cosine", "attribute", *_SIGNS)
"""Features by which a sentence is scored."""
ANSWERED = ("coverage", "context", "whole", "words", "cosine")
"""Features of the best sentences by which it is decided whether they answer."""
NEAR = ("near", "near_whole")
"""Features that the reader adds to both: how near it finds the question to the sentence, and to its passage."""
TOGETHER = ("read", "read_short", "read_answers")
"""Features that it adds to both where it has read question and sentence together: log probabilities that this sentence answers, and
that its likeliest short answer does; log odds that it answers at all."""
Stage = Literal["unread", "near", "read"]
SECTIONS: dict[Stage, tuple[str, tuple[str, ...]]] = {
    "unread": ("evidence_unread", ()),
    "near": ("evidence_near", NEAR),
    "read": ("evidence", (*NEAR, *TOGETHER)),
}
"""Where the weights of each stage stand in the file, and which features they have beside SENTENCE and ANSWERED. "unread": without a
reader; "near": by which the sentences are chosen that are read together with the question; "read": then."""


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """What the models of one kind of question weigh.

    sentence: the features SENTENCE and the stage's. answered: the features ANSWERED and the stage's, with their bias (log odds).
    least, sure: the probabilities from which the best sentences may answer, and from which they do.
    """

    sentence: dict[str, float]
    answered: dict[str, float]
    bias: float
    least: float
    sure: float


Models = Mapping[Language, EvidenceWeights]


def weights_of(rankers: Rankers, stage: Stage) -> Models:
    """The weights that stand in a file for one stage; ModelError where it is damaged."""
    section, more = SECTIONS[stage]
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
    """A sentence of a passage, as offsets into the article, with its features and its score (log odds, up to a constant).

    before: the sentence that stands before it in its passage. short: the words of it that the reader takes for the answer; empty
    where it was not read.
    """

    passage: Passage
    start: int
    end: int
    quote: str
    features: dict[str, float]
    score: float = 0.0
    before: str = ""
    short: str = ""

    def having(self, names: Sequence[str], values: Sequence[float]) -> ScoredSentence:
        """The sentence with further features."""
        return replace(self, features=self.features | dict(zip(names, values, strict=True)))


class SentenceScorer:
    """Scores sentences with the library's gram frequencies, the shipped embedder and the reader, for which the weights were fitted.

    reader: opens it, where a question needs it; None does without. weights: the shipped ones if none are given. Raises ModelError
    where the weights are damaged.
    """

    def __init__(
        self,
        idf: Idf,
        embedder: Embedder,
        reader: Callable[[], Reader] | None,
        weights: Mapping[Stage, Models] | None = None,
    ) -> None:
        self._idf, self._embedder, self._reader = idf, embedder, reader
        self._weights = weights or {stage: weights_of(shipped(), stage) for stage in SECTIONS}

    def weights_for(self, question: Question, stage: Stage | None = None) -> EvidenceWeights:
        """The weights for questions of its kind, of the last stage if none is named."""
        stage = stage or ("unread" if self._reader is None else "read")
        return self._weights[stage]["translated" if question.is_translated else "arabic"]

    def score(self, question: Question, hits: Sequence[Hit]) -> list[ScoredSentence]:
        """Every sentence of the first PASSAGES hits, once, with its features, best first."""
        scored = self.unread(question, hits[:PASSAGES])
        if self._reader is None or not scored:
            return scored
        return self.read(question, self.near(question, scored))

    def near(self, question: Question, scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
        """The sentences with the features NEAR, best first; those of passages that were not compared have the least."""
        assert self._reader is not None
        left = _by_passage(sorted(scored, key=lambda sentence: -sentence.features["rank"]))
        weights = self.weights_for(question, "near")
        compared: list[ScoredSentence] = []
        while True:
            some, left = left[:COMPARED_AT_ONCE], left[COMPARED_AT_ONCE:]
            for part, near in zip(some, self._reader().near(question.text, *_as_read(some)), strict=True):
                compared += [s.having(NEAR, (own, near.whole)) for s, own in zip(part, near.sentences, strict=True)]
            ranked = self._ranked(question, _with_least(compared, left, NEAR), "near")
            if not left or answer_probability(ranked, weights) >= weights.sure:
                return ranked

    def read(self, question: Question, ranked: Sequence[ScoredSentence]) -> list[ScoredSentence]:
        """The sentences with the features TOGETHER, best first; those that were not read have the least."""
        assert self._reader is not None
        chosen = ranked[:READ]
        found = self._reader().read(question.text, [(sentence.before, sentence.quote) for sentence in chosen])
        done = [
            replace(
                sentence.having(TOGETHER, (one.score, one.short, one.answers)),
                short=whole_words(sentence.quote, one.start, one.end),
            )
            for sentence, one in zip(chosen, found, strict=True)
        ]
        return self._ranked(question, _with_least(done, [ranked[READ:]], TOGETHER), "read")

    def _ranked(self, question: Question, scored: Iterable[ScoredSentence], stage: Stage) -> list[ScoredSentence]:
        weights = self.weights_for(question, stage).sentence
        return sorted((replace(s, score=weighted(s.features, weights)) for s in scored), key=lambda s: -s.score)

    def unread(self, question: Question, hits: Sequence[Hit]) -> list[ScoredSentence]:
        """The sentences of the hits with the features that the reader does not give, best first."""
        spans = sentences_each([hit.passage.text for hit in hits])
        coverage = TermCoverage(question.words, self._idf)
        wholes = coverage.shares(marked([hit.passage.text for hit in hits]))
        found: dict[tuple[str, int, int], tuple[Hit, float, str, str]] = {}
        for hit, whole, sentences in zip(hits, wholes, spans, strict=True):
            passage, before = hit.passage, ""
            for start, end in sentences:
                quote = passage.text[start:end]
                key = (passage.article, passage.start + start, passage.start + end)
                found.setdefault(key, (hit, whole, before, quote))
                before = "" if quote == passage.title else quote  # a headline is no part of what goes on
        quotes = [quote for *_, quote in found.values()]
        columns: dict[str, list[float]] = {
            "coverage": coverage.shares(marked(quotes)),
            "context": coverage.shares(
                marked([f"{hit.passage.title} {before} {quote}" for hit, _, before, quote in found.values()])
            ),
            "whole": [whole for _, whole, *_ in found.values()],
            "words": [coverage.log_size] * len(quotes),
            "passage": [hit.score for hit, *_ in found.values()],
            "rank": [1 / hit.rank for hit, *_ in found.values()],
            "attribute": [_ATTRIBUTE[spoken] for spoken in speak_of(question.attribute, quotes)],
            **{sign: [0.0] * len(quotes) for sign in _SIGNS},
            "cosine": self._cosines(question, quotes) if quotes else [],
        }
        if question.type in _SIGNS:
            columns[question.type] = [1.0 if shown else -1.0 for shown in hold(question.type, words_each(quotes))]
        scored = [
            ScoredSentence(hit.passage, start, end, quote, dict(zip(columns, row, strict=True)), before=before)
            for ((_, start, end), (hit, _, before, quote)), row in zip(
                found.items(), zip(*columns.values(), strict=True), strict=True
            )
        ]
        return self._ranked(question, scored, "unread")

    def _cosines(self, question: Question, quotes: Sequence[str]) -> list[float]:
        """The cosine of each quote with the question, 0 at least."""
        cosines = self._embedder.passages(quotes) @ self._embedder.questions([question.text])[0]
        return [float(cosine) for cosine in np.maximum(cosines, 0)]


def _by_passage(scored: Iterable[ScoredSentence]) -> list[list[ScoredSentence]]:
    """The sentences of each passage in the order of their text; the passages in the order in which they first come."""
    parts: dict[int, list[ScoredSentence]] = {}
    for sentence in scored:
        parts.setdefault(sentence.passage.id, []).append(sentence)
    return [sorted(part, key=lambda sentence: sentence.start) for part in parts.values()]


def _as_read(parts: Sequence[Sequence[ScoredSentence]]) -> tuple[list[Passage], list[list[tuple[int, int]]]]:
    """The passage of each part, and its sentences as offsets into it."""
    passages = [part[0].passage for part in parts]
    return passages, [
        [(s.start - passage.start, s.end - passage.start) for s in part]
        for passage, part in zip(passages, parts, strict=True)
    ]


def _with_least(
    done: Sequence[ScoredSentence], left: Iterable[Sequence[ScoredSentence]], names: Sequence[str]
) -> list[ScoredSentence]:
    """All sentences; those of the parts that are left have of each feature the least that one of the others has."""
    least = [min(sentence.features[name] for sentence in done) for name in names]
    return [*done, *(sentence.having(names, least) for part in left for sentence in part)]


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
