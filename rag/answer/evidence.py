"""The sentences that answer a question, out of the best passages, and whether they answer it at all.

A sentence is scored by a linear model over what lexical search, the embedder and the question's kind say of it; a logistic
one over the best sentences decides between answering and abstaining. Their weights come from ARCD train
(`python -m training.evidence`). Statements of a speaker («ماذا قال …») are looked for by name instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from rag.arabic import has_arabic, sentences
from rag.arabic.attributes import speaks_of
from rag.arabic.folding import fold, words
from rag.arabic.letters import marked
from rag.arabic.names import Name, is_definite
from rag.arabic.places import bare, country
from rag.arabic.speech import asked_speaker, asks_about_subject, says, speaker, spoken_to
from rag.arabic.words import Kind, content_words, holds, kind
from rag.search.embedding import Embedder
from rag.search.retriever import Retriever
from rag.search.terms import Terms
from rag.types import EVERYTHING, Evidence, Hit, Passage, Scope

PASSAGES = 8
"""Passages whose sentences are scored."""
QUOTES = 3
"""Sentences given as evidence, at most; a speaker's statements may be more."""
STATEMENTS = 12
"""Statements of one speaker, at most."""
_OF_ONE_ARTICLE = 4
"""Of them from one article."""
_SPEECH_PASSAGES = 50
_TOUCHES = 0.3
"""Coverage of a subject in an article from which what is said there may be about it."""
_CLOSE = 3.0
"""A further sentence is quoted if its score is at most this far below the best one's (in nats: the odds then differ e-fold)."""

_SIGNS: tuple[Kind, ...] = ("when", "many", "where", "why")
"""Kinds of question whose answers show a sign; each is a feature: 1 where the sentence has it, −1 where not, 0 for other kinds."""
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
class Scored:
    """A sentence of a passage, as offsets into the article, with its features and its score (log odds, up to a constant)."""

    passage: Passage
    start: int
    end: int
    features: dict[str, float]
    score: float

    @property
    def quote(self) -> str:
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


_Said = TypeVar("_Said", Scored, Evidence)


class EvidenceFinder:
    """Scores sentences with the retriever's indexes and the shipped embedder, for which the weights were fitted."""

    def __init__(self, retriever: Retriever, embedder: Embedder) -> None:
        self.retriever, self.embedder = retriever, embedder

    def find(self, question: str, hits: Sequence[Hit], scope: Scope = EVERYTHING) -> list[Evidence]:
        """The sentences that answer the question, best first; empty if none does well enough.

        A speaker's statements come article by article, the newest first; undated ones, and all where the question names a
        subject, by how well they fit.
        """
        name = asked_speaker(question)
        if name is not None:
            return self._statements(question, name, scope)
        scored = self.score(question, hits) if content_words(question) else []
        weights = _weights(question)
        probability = answers(scored, weights) if scored else 0.0
        if probability < weights.least:
            return []
        best = _once([s for s in scored if s.score >= scored[0].score - _CLOSE])[:QUOTES]
        if all(s.features["attribute"] < 0 for s in best):
            return []
        sure = probability >= weights.sure and self._is_plain(question, best)
        return [_evidence(s, sure) for s in best]

    def _is_plain(self, question: str, best: Sequence[Scored]) -> bool:
        """Whether the best sentences show a date or number where one is asked for, and the best one's passage every country."""
        asked_for = kind(question)
        if asked_for in ("when", "many") and not any(holds(asked_for, words(s.quote)) for s in best):
            return False
        named = set(map(bare, words(best[0].passage.searched)))
        asked = [
            (word.text, *(form for _, forms in word.translations for form in forms))
            for word in self.retriever.query(question).words
        ]
        countries = [frozenset[str]().union(*map(country, forms)) for forms in asked]
        return not any(names and names.isdisjoint(named) for names in countries)

    def score(self, question: str, hits: Sequence[Hit]) -> list[Scored]:
        """Every sentence of the first PASSAGES hits, once, with its features, best first."""
        asked_for, weights = kind(question), _weights(question)
        asked = Terms(self.retriever.query(question), self.retriever.engine.idf)
        found: dict[tuple[str, int, int], tuple[Passage, int, int, dict[str, float]]] = {}
        for hit in hits[:PASSAGES]:
            passage = hit.passage
            spans = sentences(passage.text)
            quotes = [passage.text[start:end] for start, end in spans]
            before = [passage.title, *(f"{passage.title} {quote}" for quote in quotes)]
            contexts = [f"{earlier} {quote}" for earlier, quote in zip(before, quotes, strict=False)]
            (whole,) = map(asked.coverage, marked([passage.text]))
            shares = map(asked.coverage, marked(quotes)), map(asked.coverage, marked(contexts))
            for (start, end), text, share, context in zip(spans, quotes, *shares, strict=True):
                key = (passage.article, passage.start + start, passage.start + end)
                if key not in found:
                    found[key] = (
                        passage,
                        key[1],
                        key[2],
                        {
                            "coverage": share,
                            "context": context,
                            "whole": whole,
                            "words": asked.size,
                            "passage": hit.score,
                            "rank": 1 / hit.rank,
                            "attribute": _ATTRIBUTE[speaks_of(question, text)],
                            **{
                                sign: (1.0 if holds(sign, words(text)) else -1.0) if sign == asked_for else 0.0
                                for sign in _SIGNS
                            },
                        },
                    )
        if not found:
            return []
        texts = [p.text[start - p.start : end - p.start] for p, start, end, _ in found.values()]
        cosines = self.embedder.passages(texts) @ self.embedder.questions([question])[0]
        scored = []
        for (passage, start, end, features), cosine in zip(found.values(), np.maximum(cosines, 0), strict=True):
            features["cosine"] = float(cosine)
            scored.append(Scored(passage, start, end, features, _weighted(features, weights.sentence)))
        return sorted(scored, key=lambda s: -s.score)

    def _statements(self, question: str, name: str, scope: Scope) -> list[Evidence]:
        """What the named speaker says, across the archive: sentences in which the name says something.

        The whole name is looked for; if it is nowhere, all but the one who is spoken to («بوتين لبوش»), then its last word (the
        family name behind a title). Articles that give the whole name may go on with the last word. Where the question names a
        subject, too, the statements that fit it best come first; of articles that do not touch it, none is given.
        """
        hits = self.retriever.search(name, _SPEECH_PASSAGES, scope)
        found: list[Evidence] = []
        for wanted in self._spellings(name):
            found = found or self._reports(question, name, wanted, hits)
        wanted = content_words(name)
        if not found and len(wanted) > 1 and spoken_to(wanted[-1]):
            found = self._reports(question, name, wanted[:-1], hits)
        if len(wanted) > 1 and not is_definite(wanted[-1]):
            if found:
                named = {evidence.passage.article for evidence in found}
                shorter = self._reports(question, name, wanted[-1:], [h for h in hits if h.passage.article in named])
                found = _once([*found, *shorter])
            else:
                others = self.retriever.search(wanted[-1], _SPEECH_PASSAGES, scope)
                found = self._reports(question, wanted[-1], wanted[-1:], others)
        return _by_article(found, newest_first=not asks_about_subject(question))

    def _spellings(self, name: str) -> Iterator[list[str]]:
        """The words of a name; of an English one its spellings in Arabic, likeliest first."""
        content = [word for word in self.retriever.query(name.title()).words if word.is_content]
        spelled = [[translation.forms[0] for translation in word.translations] or [word.text] for word in content]
        for i in range(max(map(len, spelled), default=0)):
            yield [spellings[min(i, len(spellings) - 1)] for spellings in spelled]

    def _reports(self, question: str, name: str, wanted: Sequence[str], hits: Sequence[Hit]) -> list[Evidence]:
        """The statements of a name in these passages, best first, none twice."""
        found: dict[tuple[str, int, int], Evidence] = {}
        subject = " ".join(content_words(fold(question).partition(name)[2]))
        asked = Terms(self.retriever.query(subject or name), self.retriever.engine.idf)
        sought = Name(wanted)
        for hit in hits:
            passage = hit.passage
            for start, end in sentences(passage.text):
                text = passage.text[start:end]
                if not says(text, sought):
                    continue
                key = (passage.article, passage.start + start, passage.start + end)
                score = sum(map(asked.coverage, marked([text, passage.text]))) if subject else hit.score
                found.setdefault(key, Evidence(passage, *key[1:], text, score, speaker(text, sought)))
        statements = list(found.values())
        if asks_about_subject(question):
            fitting = {article for article, _, _ in found if self._touches(asked, article)}
            statements = [evidence for evidence in statements if evidence.passage.article in fitting]
        return _once(sorted(statements, key=lambda statement: (not statement.speaker, -statement.score)))

    def _touches(self, asked: Terms, article_id: str) -> bool:
        """Whether an article has to do with what was asked."""
        article = self.retriever.library.article(article_id)
        return article is not None and asked.coverage(*marked([f"{article.title} {article.text}"])) >= _TOUCHES


def best_features(scored: Sequence[Scored]) -> dict[str, float]:
    """What the decision to answer sees: of each feature, the best of the first three sentences."""
    return {name: max(s.features[name] for s in scored[:3]) for name in ARABIC.answered}


def answers(scored: Sequence[Scored], weights: Weights) -> float:
    """The probability that the best sentences answer the question."""
    log_odds = weights.bias + _weighted(best_features(scored), weights.answered)
    return 1 / (1 + math.exp(-log_odds))


def _weights(question: str) -> Weights:
    return ARABIC if has_arabic(question) else TRANSLATED


def _weighted(features: dict[str, float], weights: dict[str, float]) -> float:
    return sum(weight * features[name] for name, weight in weights.items())


def _evidence(scored: Scored, sure: bool) -> Evidence:
    return Evidence(scored.passage, scored.start, scored.end, scored.quote, scored.score, speaker(scored.quote), sure)


def _once(ordered: Sequence[_Said]) -> list[_Said]:
    """The same without a sentence that an earlier one repeats."""
    seen: dict[tuple[str, ...], _Said] = {}
    for said in ordered:
        seen.setdefault(tuple(words(said.quote)), said)
    return list(seen.values())


def _by_article(ordered: Sequence[Evidence], newest_first: bool) -> list[Evidence]:
    """The best statements of each article side by side, articles with a date first where the newest are wanted first."""
    articles: dict[str, list[Evidence]] = {}
    for evidence in ordered:
        articles.setdefault(evidence.passage.article, []).append(evidence)
    groups = list(articles.values())
    if newest_first:
        groups.sort(key=lambda group: group[0].passage.date or "", reverse=True)
    return [evidence for group in groups for evidence in group[:_OF_ONE_ARTICLE]][:STATEMENTS]
