"""The weights of `rag.answer.sentence_scorer`: which sentence answers, and whether any does; for Arabic questions and for English ones
(XQuAD's, and our own translations of ARCD's).

    python -m training.evidence --data ../shared/data --out rag/models/shipped/rankers.json

Writes three sections of the file, as `SECTIONS` names them, each with what it reaches cross-validated over article titles, and
prints them, with what other thresholds would refuse. Passages are those that the shipped reranker ranks first, read by the shipped
reader, so `training.reranking` and `training.reader` come before. The reader's layers were trained on most titles of ARCD train and
XQuAD: what they say is weighed on those titles alone that were held out. A question is made unanswerable in three ways: by asking it
of the other titles' passages alone; of those passages, the rest of its own title's among them, that do not hold its answer; and with
a word exchanged for another of its kind.
ARCD test is not read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from datasets.reading import ENGLISH, Asked, contexts
from datasets.rows import rows
from rag import wiring
from rag.answer.sentence_scorer import (
    ANSWERED,
    PASSAGES,
    SECTIONS,
    SENTENCE,
    EvidenceWeights,
    Models,
    ScoredSentence,
    SentenceScorer,
    Stage,
    best_features,
    weights_of,
)
from rag.arabic import find
from rag.query.question import Question
from rag.search.rankers import LANGUAGES, Language, Rankers
from rag.settings import load_settings
from rag.types import Hit, Scope
from training import rankers
from training.alike import Alike
from training.ranking import conditional_logit, matrix, rounded
from training.reading import asked_by_people, held_out

FOLDS, SEED = 5, 20
KINDS = ("own", "other", "rest", "altered")
"""Of what a question finds: `Example`. Of all but the first nothing answers it."""
FOUND = 30
_UNTITLED = "xquad"
"""What the titles begin with that are none."""
LEAST: dict[Stage, dict[Language, float]] = {
    "unread": {"arabic": 0.08, "translated": 0.26},
    "near": {"arabic": 0.04, "translated": 0.18},
    "read": {"arabic": 0.05, "translated": 0.1},
}
SURE: dict[Stage, dict[Language, float]] = {
    "unread": {"arabic": 0.46, "translated": 0.57},
    "near": {"arabic": 0.2, "translated": 0.2},
    "read": {"arabic": 0.6, "translated": 0.41},
}
"""Probabilities from which the best sentences are shown as the nearest ones, and from which they are an answer.

They are chosen, not fitted, for these reasons. Near misses, a question with another word in it, are what people believe most readily
and the models tell least well, so an answer has to be likelier than not: cross-validated, .003 of the Arabic questions are refused
with the reader and .22 hedged, of those whose passages are taken away .62 give nearest sentences and .10 an answer. English: only
translations can be compared, and the probability tells the answerable from the others less well (AUC .88 beside .93), so
nearest sentences begin higher, and answers, lest nearly all be hedged, lower. That of the second stage only says from where on no
further passages are compared.
"""
TOLD = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
"""Thresholds of which it is printed what they would refuse."""
Sets = dict[Language, list[Asked]]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's scored sentences, and which of them hold an answer; its sentences without its own title's passages (`other`), and
    without those passages that hold an answer (`rest`); and those of the question with another word in place of one that the first
    right sentence holds (`altered`)."""

    title: str
    own: list[ScoredSentence]
    right: list[bool]
    other: list[ScoredSentence]
    rest: list[ScoredSentence]
    altered: list[ScoredSentence]


def examples(asked: Sets, near: Models, stage: Stage, alike: Alike | None = None) -> dict[Language, list[Example]]:
    """An example for each question that asks for no one's statements, over the contexts of all of them.

    near: by which the passages are chosen that are read. stage: how far the reader goes, "near" or "read". alike: the words that are
    exchanged; without it no question is altered, for what does not read cannot tell.
    """
    random = Random(SEED)
    articles = {
        context: replace(article, title="" if article.source.startswith(_UNTITLED) else article.source)
        for context, article in contexts([one for language in LANGUAGES for one in asked[language]]).items()
    }
    found: dict[Language, list[Example]] = {language: [] for language in LANGUAGES}
    titles = dict.fromkeys(article.source for article in articles.values())
    with tempfile.TemporaryDirectory() as home:
        settings, embedder = load_settings(home=home, embedder="", reranker=""), wiring.shipped_embedder()
        with wiring.open_library(settings) as library:
            library.add(articles.values())
            retriever = wiring.open_retriever(settings, library, embedder)
            scorer = SentenceScorer(
                retriever.engine.idf,
                embedder,
                wiring.shipped_reader,
                {"unread": nothing("unread"), "near": near, "read": nothing("read")},
            )

            def scored(question: Question, hits: Sequence[Hit]) -> list[ScoredSentence]:
                found = scorer.unread(question, hits[:PASSAGES])
                if not found:
                    return []
                compared = scorer.near(question, found)
                return compared if stage == "near" else scorer.read(question, compared)

            for language in LANGUAGES:
                for one in asked[language]:
                    question = wiring.shipped_parser().parse(one.question)
                    if question.speaker:
                        continue
                    hits = retriever.search(question, FOUND)
                    own, gold = scored(question, hits), articles[one.context].id
                    right = [s.passage.article == gold and any(find(a, s.quote) for a in one.answers) for s in own]
                    elsewhere = Scope(sources=tuple(title for title in titles if title != one.title))
                    other = scored(question, retriever.search(question, FOUND, elsewhere))
                    rest = [hit for hit in hits if not any(find(a, hit.passage.text) for a in one.answers)]
                    altered = _altered(question.text, own, right, alike, random)
                    nearly = scored(altered, retriever.search(altered, FOUND)) if altered else []
                    found[language].append(Example(one.title, own, right, other, scored(question, rest), nearly))
    return found


def _altered(
    question: str, scored: Sequence[ScoredSentence], right: Sequence[bool], alike: Alike | None, random: Random
) -> Question | None:
    """The question with a word exchanged that its first right sentence holds; None where there is none such."""
    if alike is None:
        return None
    quotes = (sentence.quote for sentence, answers in zip(scored, right, strict=True) if answers)
    changed = next(alike.exchanged(question, next(quotes, ""), random), None)
    return wiring.shipped_parser().parse(changed[0]) if changed else None


def nothing(stage: Stage) -> Models:
    """Weights of 0, by which no passages surely answer."""
    zeros = dict.fromkeys((*SENTENCE, *ANSWERED, *SECTIONS[stage][1]), 0.0)
    return dict.fromkeys(LANGUAGES, EvidenceWeights(zeros, zeros, bias=0, least=0, sure=1))


@dataclass(frozen=True, slots=True)
class Fit:
    """A ranking of sentences, and a decision whether the best ones answer, over SENTENCE, ANSWERED and further features.

    Its probability takes it that half of the questions are answerable.
    """

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
        fit = cls(more, weights, LogisticRegression(max_iter=2000, class_weight="balanced"))
        features, kinds = fit.answered_rows(found)
        spread = features.std(axis=0)
        scale = np.where(spread > 0, spread, 1)  # the penalty is on standardised features, as in `conditional_logit`
        fit.decision.fit(features / scale, kinds == "own")
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

    def answered_rows(self, found: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
        """What the decision sees of questions with and without what answers them, and the kind of each: a name of `Example`."""
        names = (*ANSWERED, *self.more)
        features, kinds = [], list[str]()
        for row in found:
            for kind in KINDS:
                scored: list[ScoredSentence] = getattr(row, kind)
                if scored:
                    features.append(best_features([scored[i] for i in self._ranked(scored)], names))
                    kinds.append(kind)
        return matrix(features, names), np.array(kinds)


@dataclass(frozen=True, slots=True)
class Reached:
    """What a fit reaches on titles that it has not seen: evidence_at, and the probabilities of questions of each kind."""

    first: float
    three: float
    probabilities: np.ndarray
    kinds: np.ndarray

    def auc(self, kind: str) -> float:
        """The area under the curve of answerable questions against those of another kind."""
        held = (self.kinds == "own") | (self.kinds == kind)
        return round(float(roc_auc_score(self.kinds[held] == "own", self.probabilities[held])), 3)

    def at(self, threshold: float) -> dict[str, float]:
        """The share of the answerable questions that a threshold refuses, and those of the others that it lets through."""
        taken = self.probabilities >= threshold
        shares = {"refused": ~taken[self.kinds == "own"]}
        shares |= {f"{kind} let through": taken[self.kinds == kind] for kind in KINDS[1:]}
        return {name: round(float(share.mean()), 3) for name, share in shares.items() if len(share)}


def cross_validated(found: Sequence[Example], more: tuple[str, ...]) -> Reached:
    """Fits to four fifths of the titles and looks at the last, five times over."""
    reached, probabilities, kinds = [], [], list[str]()
    for train, held in GroupKFold(FOLDS).split(found, groups=[row.title for row in found]):
        fit, kept = Fit.to([found[i] for i in train], more), [found[i] for i in held]
        reached.append(fit.evidence_at(kept))
        features, kinds_of = fit.answered_rows(kept)
        probabilities.extend(fit.decision.predict_proba(features)[:, 1])
        kinds.extend(kinds_of)
    first, three = np.mean(reached, axis=0).tolist()
    return Reached(first, three, np.array(probabilities), np.array(kinds))


def fitted(found: Sequence[Example], stage: Stage, language: Language) -> rankers.Model:
    """The numbers that are shipped for some questions, with the thresholds that were chosen; printed with what others would do."""
    more = SECTIONS[stage][1]
    reached, fit = cross_validated(found, more), Fit.to(found, more)
    least, sure = LEAST[stage][language], SURE[stage][language]
    model: rankers.Model = {
        "sentence": rounded(fit.weights, (*SENTENCE, *more)),
        "answered": rounded(fit.decision.coef_[0], (*ANSWERED, *more)),
        "bias": round(float(fit.decision.intercept_[0]), 2),
        "least": least,
        "sure": sure,
        "cross-validated": {
            "questions": len(found),
            "evidence@1": round(reached.first, 3),
            "evidence@3": round(reached.three, 3),
            **{f"AUC, {kind}": reached.auc(kind) for kind in KINDS[1:] if kind in reached.kinds},
            "least": reached.at(least),
            "sure": reached.at(sure),
        },
    }
    print(f"{stage}, {language}: {model}")
    for threshold in TOLD:
        print(f"  from {threshold}: {reached.at(threshold)}")
    return model


def main() -> None:
    """Fits, writes, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with arcd.jsonl, xquad_ar.jsonl, arwiki.jsonl.zst"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file whose sections are written")
    given = parser.parse_args()
    people = asked_by_people(given.data)
    kept = held_out(people["arabic"])
    first: Sets = {language: [one for kind, one in asked if kind == "arcd"] for language, asked in people.items()}
    last: Sets = {
        language: [one for kind, one in asked if (kind, one.title) in kept] for language, asked in people.items()
    }
    compared = examples(first, nothing("near"), "near")
    files = [given.data / "arcd.jsonl", ENGLISH]
    for stage in ("unread", "near"):
        models = {language: fitted(compared[language], stage, language) for language in LANGUAGES}
        rankers.write(given.out, SECTIONS[stage][0], models, files, command="evidence")
    alike = Alike((row["text"] for row in rows(given.data / "arwiki.jsonl.zst")), SEED)
    read = examples(last, weights_of(Rankers(given.out), "near"), "read", alike)
    models = {language: fitted(read[language], "read", language) for language in LANGUAGES}
    more = given.data / "xquad_ar.jsonl", given.data / "arwiki.jsonl.zst"
    rankers.write(given.out, SECTIONS["read"][0], models, [*files, *more], command="evidence")


if __name__ == "__main__":
    main()
