"""The weights of `rag.search.reranking`, from ARCD train: which of the passages that were found holds the answer,
for Arabic questions and for English ones (our own translations).

    python -m training.reranking --data ../shared/data --out rag/models/shipped/rankers.json

Writes them to the section "reranking" of the file, with what they reach cross-validated over article titles, and prints both.
ARCD test is not read, and the weights that the file held before count for nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from datasets.reading import ENGLISH, arcd, contexts, in_english
from rag import wiring
from rag.arabic import find
from rag.evaluate.metrics import ndcg_at, success_at
from rag.query.question import Question
from rag.search.index_state import WRITING
from rag.search.rankers import LANGUAGES, Language
from rag.search.reranking import FEATURES, Candidate, LinearModel, LinearReranker
from rag.search.retriever import Retriever
from rag.settings import load_settings
from training import rankers
from training.ranking import conditional_logit, rounded

FOLDS = 5
MEASURES = ("nDCG@10", "R@1", "R@10")
Group = tuple[np.ndarray, np.ndarray]
"""The features of a question's candidates in the order of fusion, and which hold an answer."""


class _Noting(LinearReranker):
    """Keeps the features of what it was last given.

    Each candidate is looked at by itself: of several only the most promising ones are compared by meaning, and which ones these
    are depends on the weights, which are not known yet.
    """

    def scores(self, question: Question, candidates: Sequence[Candidate]) -> list[float]:
        rows = [self.features(question, [candidate]) for candidate in candidates]
        self.rows, self.candidates = np.vstack([np.zeros((0, len(FEATURES))), *rows]), candidates
        return [0.0] * len(candidates)


def groups(data: Path) -> dict[Language, list[tuple[Group, str]]]:
    """For Arabic and English questions of ARCD train, a group each and its article's title."""
    train = arcd(data, "train")
    articles, found = contexts(train), dict[Language, list[tuple[Group, str]]]()
    none = dict.fromkeys(LANGUAGES, LinearModel([0.0] * len(FEATURES), 0.0))
    with tempfile.TemporaryDirectory() as home:
        settings, embedder = load_settings(home=home), wiring.shipped_embedder()
        with wiring.open_library(settings) as library:
            library.add(articles.values())
            engine = wiring.open_engine(settings, library, embedder)
            noting = _Noting(engine.idf, embedder, none)
            retriever = Retriever(library, engine, noting, settings.index_dir / WRITING)
            for language, questions in zip(LANGUAGES, (train, in_english(train)), strict=True):
                found[language] = []
                for one in questions:
                    retriever.search(wiring.shipped_parser().parse(one.question))
                    right = [
                        p.article == articles[one.context].id
                        and any(find(a, p.text) or a in p.text for a in one.answers)
                        for p in (candidate.passage for candidate in noting.candidates)
                    ]
                    found[language].append(((noting.rows, np.array(right)), one.title))
    return found


def figures(some: list[Group], weights: np.ndarray) -> np.ndarray:
    """The MEASURES of the ranking by these weights."""
    scores = []
    for x, right in some:
        ranked = right[np.argsort(-(x @ weights), kind="stable")].tolist()
        scores.append((ndcg_at(10, ranked, sum(ranked)), success_at(1, ranked), success_at(10, ranked)))
    mean: np.ndarray = np.mean(scores, axis=0)
    return mean


def fit(found: list[tuple[Group, str]]) -> rankers.Model:
    """The model of some questions, and what it reaches."""
    every, titles = [group for group, _ in found], [title for _, title in found]
    held = []
    for train, test in GroupKFold(FOLDS).split(every, groups=titles):
        held.append(figures([every[i] for i in test], conditional_logit([every[i] for i in train])))
    reached = dict(zip(MEASURES, np.mean(held, axis=0).round(3).tolist(), strict=True))
    weights = conditional_logit(every)
    sums, truth = np.concatenate([x @ weights for x, _ in every]), np.concatenate([right for _, right in every])
    scale = LogisticRegression(C=1e6).fit(sums[:, None], truth)
    return {
        "weights": rounded(weights * scale.coef_[0, 0], FEATURES),
        "bias": round(float(scale.intercept_[0]), 2),
        "cross-validated": {"questions": len(every), **reached},
    }


def main() -> None:
    """Fits, writes, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with arcd.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="the file whose section is written")
    arguments = parser.parse_args()
    models = {language: fit(found) for language, found in groups(arguments.data).items()}
    rankers.write(arguments.out, "reranking", models, [arguments.data / "arcd.jsonl", ENGLISH])
    for language, model in models.items():
        print(language, model)


if __name__ == "__main__":
    main()
