"""The sentences that answer a question, out of the best passages, and whether they answer it at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.answer.repeats import without_repetitions
from rag.answer.sentence_scorer import ScoredSentence, SentenceScorer, answer_probability
from rag.answer.speaker_statements import StatementFinder
from rag.arabic.morphology import all_readings
from rag.arabic.rules.cutting import cut
from rag.arabic.rules.insisted import identifiers, numbers
from rag.arabic.rules.places import country
from rag.arabic.rules.words import hold
from rag.arabic.text.folding import fold, words, words_each
from rag.arabic.text.quoting import without_trail
from rag.query.question import Question
from rag.types import EVERYTHING, Evidence, Hit, Scope

QUOTES = 3
"""Sentences given as evidence, at most; a speaker's statements may be more."""
_CLOSE = 4.0
"""A further sentence is quoted if its score is at most this far below the best one's (in nats: the odds then differ e-fold)."""
_LIKELY = 0.5
"""The probability of a short answer from which a long sentence may be cut behind it."""


class EvidenceFinder:
    """Finds evidence: a speaker's statements by name, any other answer by the scores of sentences."""

    def __init__(self, scorer: SentenceScorer, statements: StatementFinder) -> None:
        self._scorer, self._statements = scorer, statements

    def find(self, question: Question, hits: Sequence[Hit], scope: Scope = EVERYTHING) -> list[Evidence]:
        """The sentences that answer the question, best first; empty if none does well enough.

        hits: the best passages for the question. A speaker's statements are looked for in all articles of the scope.
        """
        if question.type == "speech":
            return self._statements.find(question, scope)
        scored = self._scorer.score(question, hits) if question.needs_reading else []
        if question.identifiers:
            scored = [sentence for sentence in scored if question.identifiers <= _named(sentence)]
        weights = self._scorer.weights_for(question)
        probability = answer_probability(scored, weights)
        if probability < weights.least:
            return []
        close = [sentence for sentence in scored if sentence.score >= scored[0].score - _CLOSE]
        best = without_repetitions(close)[:QUOTES]
        if question.asks_newest:
            best.sort(key=lambda sentence: sentence.passage.date or "", reverse=True)
        if all(sentence.features["attribute"] < 0 for sentence in best):
            return []
        sure = probability >= weights.sure and _is_plain(question, best)
        return [self._evidence(sentence, sure, probability) for sentence in best]

    @staticmethod
    def _evidence(sentence: ScoredSentence, sure: bool, probability: float) -> Evidence:
        """A sentence as evidence, cut to the statement that answers where its short answer is likely."""
        quote = sentence.quote
        likely = math.exp(sentence.features.get("read_short", -math.inf))
        if sure and likely >= _LIKELY:
            quote = cut(quote, sentence.short)
        quote = without_trail(quote)
        span = sentence.start, sentence.start + len(quote)
        return Evidence(
            sentence.passage,
            *span,
            quote,
            sentence.score,
            sure=sure,
            confidence=probability,
            short=sentence.short,
            short_confidence=likely,
        )


def _named(sentence: ScoredSentence) -> frozenset[str]:
    """The numbers by which a sentence names things; any of its own and of the heading above it, where it names none itself."""
    own = fold(f"{sentence.passage.title} {sentence.quote}")
    return identifiers(own) or numbers(f"{own} {fold(sentence.before)}")


def _is_plain(question: Question, best: Sequence[ScoredSentence]) -> bool:
    """Whether the best sentences show a date or number where one is asked for, and the best one's passage every country and year."""
    passage = best[0].passage
    if question.period and question.period.since[:4] not in numbers(fold(f"{passage.date} {passage.searched}")):
        return False
    quoted = words_each([sentence.quote for sentence in best])
    if question.type in ("when", "many") and not any(hold(question.type, quoted)):
        return False
    (named,) = all_readings([words(passage.searched)])
    for word in question.words:
        forms = (word.text, *(form for _, forms in word.translations for form in forms))
        names = frozenset[str]().union(*map(country, forms))
        if names and names.isdisjoint(named):
            return False
    return True
