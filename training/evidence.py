"""The weights of `rag.answer.evidence`, from ARCD train: which sentence answers, and whether any does; for Arabic questions
and for English ones (our own translations).

    python -m training.evidence --data ../shared/data

Prints the weights to be written there and, cross-validated over article titles, what they reach. A question is made
unanswerable by asking it of the other titles' passages alone. ARCD test is not read.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from datasets.reading import ENGLISH
from datasets.rows import rows
from rag import wiring
from rag.answer import evidence
from rag.answer.evidence import EvidenceFinder, Scored, best_features
from rag.arabic import find
from rag.arabic.speech import asked_speaker
from rag.settings import load_settings
from rag.types import Article, Scope
from training.ranking import conditional_logit, matrix, shown

FOLDS = 5
FOUND = 30


@dataclass(frozen=True, slots=True)
class Example:
    """A question's scored sentences with and without its own title's passages, and which of the first hold an answer."""

    title: str
    own: list[Scored]
    right: list[bool]
    other: list[Scored]


def examples(data: Path) -> dict[str, list[Example]]:
    """For Arabic and English questions of ARCD train, an example for each that asks for no one's statements."""
    asked = [row for row in rows(data / "arcd.jsonl") if row["split"] == "train"]
    english = {row["id"]: row["question"] for row in rows(ENGLISH)}
    contexts = {row["context"]: row["title"] for row in asked}
    articles = {context: Article(str(i), context, source=title) for i, (context, title) in enumerate(contexts.items())}
    titles = dict.fromkeys(contexts.values())
    found: dict[str, list[Example]] = {"ARABIC": [], "TRANSLATED": []}
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        with wiring.open_library(settings) as library:
            library.add(articles.values())
            retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
            finder = EvidenceFinder(retriever, wiring.shipped_embedder())
            for row in asked:
                for name, question in (("ARABIC", row["question"]), ("TRANSLATED", english.get(row["id"]))):
                    if not question or asked_speaker(question):
                        continue
                    hits = retriever.search(question, FOUND)
                    own = finder.score(question, hits)
                    gold = articles[row["context"]].id
                    right = [
                        s.passage.article == gold and any(find(a["text"], s.quote) for a in row["answers"]) for s in own
                    ]
                    elsewhere = Scope(sources=tuple(title for title in titles if title != row["title"]))
                    other = finder.score(question, retriever.search(question, FOUND, elsewhere))
                    found[name].append(Example(row["title"], own, right, other))
    return found


def fit_sentences(found: list[Example], names: list[str]) -> np.ndarray:
    """The weights of the sentences' features; on ARCD train this ranked better than a logistic regression over single sentences."""
    return conditional_logit([(matrix([s.features for s in row.own], names), np.array(row.right)) for row in found])


def _ranked(scored: list[Scored], weights: np.ndarray, names: list[str]) -> np.ndarray:
    return np.argsort(-matrix([s.features for s in scored], names) @ weights, kind="stable")


def evidence_at(found: list[Example], weights: np.ndarray, names: list[str]) -> tuple[float, float]:
    """The shares of questions whose first and first three sentences hold the answer."""
    first = three = 0
    for row in found:
        ranked = [row.right[i] for i in _ranked(row.own, weights, names)]
        first += any(ranked[:1])
        three += any(ranked[:3])
    return first / len(found), three / len(found)


def answered_rows(
    found: list[Example], weights: np.ndarray, names: list[str]
) -> tuple[list[dict[str, float]], list[int]]:
    """The features that the decision sees, and whether the question's passages were there."""
    features, labels = [], []
    for row in found:
        for scored, label in ((row.own, 1), (row.other, 0)):
            if scored:
                features.append(best_features([scored[i] for i in _ranked(scored, weights, names)]))
                labels.append(label)
    return features, labels


def fit(name: str, found: list[Example]) -> None:
    """Prints what a fit reaches, and its weights."""
    names, decided = list(evidence.ARABIC.sentence), list(evidence.ARABIC.answered)
    groups = [row.title for row in found]
    reached, scores, truth = [], [], []
    for train, held in GroupKFold(FOLDS).split(found, groups=groups):
        fitted, kept = [found[i] for i in train], [found[i] for i in held]
        model = fit_sentences(fitted, names)
        reached.append(evidence_at(kept, model, names))
        features, labels = answered_rows(fitted, model, names)
        decision = LogisticRegression(max_iter=2000).fit(matrix(features, decided), labels)
        features, labels = answered_rows(kept, model, names)
        scores.extend(decision.predict_proba(matrix(features, decided))[:, 1])
        truth.extend(labels)
    first, three = np.mean(reached, axis=0)
    print(f"{len(found)} questions; evidence@1 {first:.3f}, evidence@3 {three:.3f}")
    print(f"answerable or not: AUC {roc_auc_score(truth, scores):.3f}")
    for threshold in (0.3, 0.4, 0.5, 0.6):
        took = np.array(scores) >= threshold
        right = np.array(truth, dtype=bool)
        refused, answered = np.mean(~took[right]), np.mean(took[~right])
        print(f"  from {threshold}: refused {refused:.3f} of the answerable, answered {answered:.3f} of the others")
    model = fit_sentences(found, names)
    features, labels = answered_rows(found, model, names)
    decision = LogisticRegression(max_iter=2000).fit(matrix(features, decided), labels)
    bias = f"{decision.intercept_[0]:.2f}"
    print(f"{name} = Weights({shown(model, names)}, {shown(decision.coef_[0], decided)}, {bias})")


def main() -> None:
    """Fits, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with arcd.jsonl")
    for name, found in examples(parser.parse_args().data).items():
        fit(name, found)


if __name__ == "__main__":
    main()
