"""The weights of `rag.answer.sentence_scorer`, from ARCD train: which sentence answers, and whether any does; for Arabic questions
and for English ones (our own translations).

    python -m training.evidence --data ../shared/data --out rag/models/shipped/rankers.json

Writes them to the sections "evidence" and, for use without the reader, "evidence_unread" of the file, with what they reach
cross-validated over article titles, and prints both, with what other thresholds would refuse. A question is made unanswerable by
asking it of the other titles' passages alone. Passages are those that the shipped reranker ranks first, read by the shipped reader,
so `training.reranking` and `training.reader` come before. ARCD test is not read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from datasets.reading import ENGLISH, arcd, contexts, in_english
from rag import wiring
from rag.answer.sentence_scorer import (
    ANSWERED,
    NEAR,
    SENTENCE,
    EvidenceWeights,
    ScoredSentence,
    SentenceScorer,
    best_features,
)
from rag.arabic import find
from rag.search.rankers import LANGUAGES, Language
from rag.settings import load_settings
from rag.types import Scope
from training import rankers
from training.ranking import conditional_logit, matrix, rounded

FOLDS = 5
FOUND = 30
MODELS = {"evidence": NEAR, "evidence_unread": ()}
"""The sections that are written, with what the features of each hold beside SENTENCE and ANSWERED."""
LEAST: dict[str, dict[Language, float]] = {
    "evidence": {"arabic": 0.02, "translated": 0.1},
    "evidence_unread": {"arabic": 0.04, "translated": 0.15},
}
SURE: dict[str, dict[Language, float]] = {
    "evidence": {"arabic": 0.42, "translated": 0.42},
    "evidence_unread": {"arabic": 0.3, "translated": 0.5},
}
"""Probabilities from which the best sentences are shown as the nearest ones, and from which they are an answer.

They are chosen, not fitted, for these reasons. Arabic: people ask in other words than the articles use more often than the
crowd that wrote ARCD beside its passages, so both are below ½: cross-validated, .003 of the answerable questions are refused
with the reader and .09 hedged, while of those whose passages are taken away .59 give nearest sentences and .14 an answer.
English: only translations can be compared, and the probability tells the answerable from the others less well (AUC .87 beside
.95), so both stand higher.
"""
TOLD = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
"""Thresholds of which it is printed what they would refuse."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question's scored sentences with and without its own title's passages, and which of the first hold an answer."""

    title: str
    own: list[ScoredSentence]
    right: list[bool]
    other: list[ScoredSentence]


def examples(data: Path) -> dict[Language, list[Example]]:
    """For Arabic and English questions of ARCD train, an example for each that asks for no one's statements; the reader reads all."""
    train = arcd(data, "train")
    articles, found = contexts(train), dict[Language, list[Example]]()
    titles = dict.fromkeys(article.source for article in articles.values())
    unsure = dict.fromkeys((*SENTENCE, *ANSWERED, *NEAR), 0.0)
    none = EvidenceWeights(unsure, unsure, bias=0, least=0, sure=1)
    with tempfile.TemporaryDirectory() as home:
        settings, embedder = load_settings(home=home, embedder="", reranker=""), wiring.shipped_embedder()
        with wiring.open_library(settings) as library:
            library.add(articles.values())
            retriever = wiring.open_retriever(settings, library, embedder)
            scorer = SentenceScorer(
                retriever.engine.idf, embedder, wiring.shipped_reader, dict.fromkeys(LANGUAGES, none)
            )
            for language, questions in zip(LANGUAGES, (train, in_english(train)), strict=True):
                found[language] = []
                for one in questions:
                    question = wiring.shipped_parser().parse(one.question)
                    if question.speaker:
                        continue
                    own = scorer.score(question, retriever.search(question, FOUND))
                    gold = articles[one.context].id
                    right = [s.passage.article == gold and any(find(a, s.quote) for a in one.answers) for s in own]
                    elsewhere = Scope(sources=tuple(title for title in titles if title != one.title))
                    other = scorer.score(question, retriever.search(question, FOUND, elsewhere))
                    found[language].append(Example(one.title, own, right, other))
    return found


@dataclass(frozen=True, slots=True)
class Fit:
    """A ranking of sentences, and a decision whether the best ones answer, over SENTENCE, ANSWERED and further features."""

    more: tuple[str, ...]
    weights: np.ndarray
    decision: LogisticRegression

    @classmethod
    def to(cls, found: Sequence[Example], more: tuple[str, ...]) -> Fit:
        """On ARCD train the conditional logit ranked better than a logistic regression over single sentences."""
        names = (*SENTENCE, *more)
        weights = conditional_logit(
            [(matrix([s.features for s in row.own], names), np.array(row.right)) for row in found]
        )
        fit = cls(more, weights, LogisticRegression(max_iter=2000))
        features, labels = fit.answered_rows(found)
        spread = features.std(axis=0)
        scale = np.where(spread > 0, spread, 1)  # the penalty is on standardised features, as in `conditional_logit`
        fit.decision.fit(features / scale, labels)
        fit.decision.coef_ /= scale
        return fit

    def _ranked(self, scored: list[ScoredSentence]) -> list[int]:
        features = matrix([s.features for s in scored], (*SENTENCE, *self.more))
        order: list[int] = np.argsort(-features @ self.weights, kind="stable").tolist()
        return order

    def evidence_at(self, found: Sequence[Example]) -> tuple[float, float]:
        """The shares of questions whose first and first three sentences hold the answer."""
        first = three = 0
        for row in found:
            ranked = [row.right[i] for i in self._ranked(row.own)]
            first += any(ranked[:1])
            three += any(ranked[:3])
        return first / len(found), three / len(found)

    def answered_rows(self, found: Sequence[Example]) -> tuple[np.ndarray, list[bool]]:
        """What the decision sees of questions with and without their passages, and whether the passages were there."""
        names = (*ANSWERED, *self.more)
        features, labels = [], []
        for row in found:
            for scored, label in ((row.own, True), (row.other, False)):
                if scored:
                    features.append(best_features([scored[i] for i in self._ranked(scored)], names))
                    labels.append(label)
        return matrix(features, names), labels


@dataclass(frozen=True, slots=True)
class Reached:
    """What a fit reaches on titles that it has not seen: evidence_at, and the probabilities of answerable and other questions."""

    first: float
    three: float
    probabilities: np.ndarray
    answerable: np.ndarray

    @property
    def auc(self) -> float:
        return float(roc_auc_score(self.answerable, self.probabilities))

    def at(self, threshold: float) -> dict[str, float]:
        """The share of the answerable questions that a threshold refuses, and that of the others that it lets through."""
        taken = self.probabilities >= threshold
        shares = {"refused": ~taken[self.answerable], "let through": taken[~self.answerable]}
        return {name: round(float(share.mean()), 3) for name, share in shares.items()}


def cross_validated(found: Sequence[Example], more: tuple[str, ...]) -> Reached:
    """Fits to four fifths of the titles and looks at the last, five times over."""
    reached, probabilities, answerable = [], [], []
    for train, held in GroupKFold(FOLDS).split(found, groups=[row.title for row in found]):
        fit, kept = Fit.to([found[i] for i in train], more), [found[i] for i in held]
        reached.append(fit.evidence_at(kept))
        features, labels = fit.answered_rows(kept)
        probabilities.extend(fit.decision.predict_proba(features)[:, 1])
        answerable.extend(labels)
    first, three = np.mean(reached, axis=0).tolist()
    return Reached(first, three, np.array(probabilities), np.array(answerable))


def model(
    found: Sequence[Example], more: tuple[str, ...], reached: Reached, least: float, sure: float
) -> rankers.Model:
    """The numbers that are shipped for some questions, with the thresholds that were chosen."""
    fit = Fit.to(found, more)
    return {
        "sentence": rounded(fit.weights, (*SENTENCE, *more)),
        "answered": rounded(fit.decision.coef_[0], (*ANSWERED, *more)),
        "bias": round(float(fit.decision.intercept_[0]), 2),
        "least": least,
        "sure": sure,
        "cross-validated": {
            "questions": len(found),
            "evidence@1": round(reached.first, 3),
            "evidence@3": round(reached.three, 3),
            "AUC": round(reached.auc, 3),
            "least": reached.at(least),
            "sure": reached.at(sure),
        },
    }


def main() -> None:
    """Fits, writes, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with arcd.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="the file whose sections are written")
    given = parser.parse_args()
    found = examples(given.data)
    for section, more in MODELS.items():
        models: dict[Language, rankers.Model] = {}
        for language, some in found.items():
            reached = cross_validated(some, more)
            models[language] = model(some, more, reached, LEAST[section][language], SURE[section][language])
            print(f"{section}, {language}: {models[language]}")
            for threshold in TOLD:
                print(f"  from {threshold}: {reached.at(threshold)}")
        rankers.write(given.out, section, models, [given.data / "arcd.jsonl", ENGLISH], command="evidence")


if __name__ == "__main__":
    main()
