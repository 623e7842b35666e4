"""The weights of `rag.answer.evidence`, from ARCD train: which sentence answers, and whether any does.

    python -m training.evidence --data ../shared/data

Prints the weights to be written there and, cross-validated over article titles, what they reach. A question is made
unanswerable by taking its own title's passages out of what was found. ARCD test is not read.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from rag import wiring
from rag.answer import evidence
from rag.answer.evidence import EvidenceFinder, Scored, best_features
from rag.arabic import find
from rag.arabic.speech import asked_speaker
from rag.arabic.words import content_words
from rag.settings import load_settings
from rag.types import Article, Hit
from training.pairs import read
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


def examples(data: Path) -> list[Example]:
    """An example for each question of ARCD train that asks for no one's statements."""
    rows = [json.loads(line) for line in (data / "arcd.jsonl").open(encoding="utf-8")]
    rows = [row for row in rows if row["split"] == "train"]
    contexts = {row["context"]: row["title"] for row in rows}
    articles = {context: Article(str(i), context) for i, context in enumerate(contexts)}
    titles = {articles[context].id: title for context, title in contexts.items()}
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        with wiring.open_library(settings) as library:
            library.add(articles.values())
            embedder = wiring.open_embedder(settings)
            retriever = wiring.open_retriever(settings, library, embedder)
            finder = EvidenceFinder(retriever, embedder)
            found = []
            for row in rows:
                if asked_speaker(row["question"]):
                    continue
                hits = retriever.search(row["question"], FOUND)
                own = finder.score(row["question"], hits)
                gold = articles[row["context"]].id
                right = [
                    s.passage.article == gold and any(find(a["text"], s.text) for a in row["answers"]) for s in own
                ]
                other = finder.score(row["question"], _without(hits, titles, row["title"]))
                found.append(Example(row["title"], own, right, other))
    return found


def _without(hits: list[Hit], titles: dict[str, str], title: str) -> list[Hit]:
    return [hit for hit in hits if titles[hit.passage.article] != title]


def fit_sentences(rows: list[Example], names: list[str]) -> np.ndarray:
    """The weights of the sentences' features; on ARCD train this ranked better than a logistic regression over single sentences."""
    return conditional_logit([(matrix([s.features for s in row.own], names), np.array(row.right)) for row in rows])


def _ranked(scored: list[Scored], weights: np.ndarray, names: list[str]) -> np.ndarray:
    return np.argsort(-matrix([s.features for s in scored], names) @ weights, kind="stable")


def evidence_at(rows: list[Example], weights: np.ndarray, names: list[str]) -> tuple[float, float]:
    """The shares of questions whose first and first three sentences hold the answer."""
    first = three = 0
    for row in rows:
        ranked = [row.right[i] for i in _ranked(row.own, weights, names)]
        first += any(ranked[:1])
        three += any(ranked[:3])
    return first / len(rows), three / len(rows)


def answered_rows(
    rows: list[Example], weights: np.ndarray, names: list[str]
) -> tuple[list[dict[str, float]], list[int]]:
    """The features that the decision sees, and whether the question's passages were there."""
    features, labels = [], []
    for row in rows:
        for scored, label in ((row.own, 1), (row.other, 0)):
            if scored:
                features.append(best_features([scored[i] for i in _ranked(scored, weights, names)]))
                labels.append(label)
    return features, labels


def _print_errors(threshold: float, refused: float, answered: float) -> None:
    print(f"  from {threshold}: refused {refused:.3f} of the answerable, answered {answered:.3f} of the others")


def across_languages(data: Path) -> None:
    """Prints what thresholds on the cosine do to English questions over Arabic sentences.

    The questions are runs of up to six content words of news sentences that the embedder was not trained on, each asked of
    forty Arabic sentences with and without its own translation.
    """
    pairs = [pair for run in read(data).held_passages for pair in run]
    rng = random.Random(7)
    asked = []
    for english, _ in pairs:
        found = content_words(english)
        first = rng.randrange(max(1, len(found) - 5))
        asked.append(" ".join(found[first : first + 6]))
    embedder = wiring.open_embedder(load_settings())
    scores = embedder.questions(asked) @ embedder.passages([arabic for _, arabic in pairs]).T
    others = np.array(
        [scores[i, [j for j in rng.sample(range(len(pairs)), 40) if j != i]].max() for i in range(len(pairs))]
    )
    best = np.maximum(scores.diagonal(), others)
    print(f"{len(pairs)} English questions")
    for threshold in (0.2, 0.3, 0.4, 0.5):
        _print_errors(threshold, np.mean(best < threshold), np.mean(others >= threshold))


def main() -> None:
    """Fits, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with arcd.jsonl and parallel_ar_en.jsonl.zst")
    data = parser.parse_args().data
    across_languages(data)
    rows = examples(data)
    names, decided = list(evidence.SENTENCE_WEIGHTS), list(evidence.ANSWERED_WEIGHTS)
    groups = [row.title for row in rows]
    reached, scores, truth = [], [], []
    for train, held in GroupKFold(FOLDS).split(rows, groups=groups):
        fitted, kept = [rows[i] for i in train], [rows[i] for i in held]
        model = fit_sentences(fitted, names)
        reached.append(evidence_at(kept, model, names))
        features, labels = answered_rows(fitted, model, names)
        decision = LogisticRegression(max_iter=2000).fit(matrix(features, decided), labels)
        features, labels = answered_rows(kept, model, names)
        scores.extend(decision.predict_proba(matrix(features, decided))[:, 1])
        truth.extend(labels)
    first, three = np.mean(reached, axis=0)
    print(f"{len(rows)} questions; evidence@1 {first:.3f}, evidence@3 {three:.3f}")
    print(f"answerable or not: AUC {roc_auc_score(truth, scores):.3f}")
    for threshold in (0.3, 0.4, 0.5, 0.6):
        took = np.array(scores) >= threshold
        right = np.array(truth, dtype=bool)
        _print_errors(threshold, np.mean(~took[right]), np.mean(took[~right]))
    model = fit_sentences(rows, names)
    features, labels = answered_rows(rows, model, names)
    decision = LogisticRegression(max_iter=2000).fit(matrix(features, decided), labels)
    for title, weights, columns in (("SENTENCE", model, names), ("ANSWERED", decision.coef_[0], decided)):
        print(f"{title}_WEIGHTS = {shown(weights, columns)}")
    print(f"ANSWERED_BIAS = {decision.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
