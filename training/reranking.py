"""The weights of `rag.search.reranking`, from ARCD train: which of the passages that were found holds the answer,
for Arabic questions and for English ones (our own translations).

    python -m training.reranking --data ../shared/data

Prints the weights to be written there and, cross-validated over article titles, what they reach. ARCD test is not read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rag.search.query import Query
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from datasets.reading import ENGLISH
from datasets.rows import rows
from rag import wiring
from rag.arabic import find
from rag.evaluate.metrics import ndcg_at, success_at
from rag.search.reranking import FEATURES, Candidate, LinearReranker
from rag.settings import load_settings
from rag.types import Article
from training.ranking import conditional_logit, shown

FOLDS = 5
Group = tuple[np.ndarray, np.ndarray]
"""The features of a question's candidates in the order of fusion, and which hold an answer."""


class _Noting(LinearReranker):
    """Keeps the features of what it was last given."""

    def scores(self, query: Query, candidates: Sequence[Candidate]) -> list[float]:
        self.rows, self.candidates = self.features(query, candidates), candidates
        return [0.0] * len(candidates)


def groups(data: Path) -> dict[str, list[tuple[Group, str]]]:
    """For Arabic and English questions of ARCD train, a group each and its article's title."""
    asked = [row for row in rows(data / "arcd.jsonl") if row["split"] == "train"]
    english = {row["id"]: row["question"] for row in rows(ENGLISH)}
    ids = {context: str(i) for i, context in enumerate(dict.fromkeys(row["context"] for row in asked))}
    found: dict[str, list[tuple[Group, str]]] = {"WEIGHTS": [], "WEIGHTS_TRANSLATED": []}
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        with wiring.open_library(settings) as library:
            library.add(Article(id_, context) for context, id_ in ids.items())
            retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
            retriever.reranker = noting = _Noting(retriever.engine.lexical.idf, wiring.shipped_embedder())
            for row in asked:
                for name, question in (("WEIGHTS", row["question"]), ("WEIGHTS_TRANSLATED", english.get(row["id"]))):
                    if question:
                        retriever.search(question)
                        gold, answers = ids[row["context"]], [answer["text"] for answer in row["answers"]]
                        passages = [candidate.passage for candidate in noting.candidates]
                        right = [
                            p.article == gold and any(find(a, p.text) or a in p.text for a in answers) for p in passages
                        ]
                        found[name].append(((noting.rows, np.array(right)), row["title"]))
    return found


def figures(some: list[Group], weights: np.ndarray) -> np.ndarray:
    """nDCG@10, R@1 and R@10 of the ranking by these weights."""
    scores = []
    for x, right in some:
        ranked = right[np.argsort(-(x @ weights), kind="stable")].tolist()
        scores.append((ndcg_at(10, ranked, sum(ranked)), success_at(1, ranked), success_at(10, ranked)))
    return np.mean(scores, axis=0)


def main() -> None:
    """Fits, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with arcd.jsonl")
    for name, found in groups(parser.parse_args().data).items():
        every, titles = [group for group, _ in found], [title for _, title in found]
        held = []
        for train, test in GroupKFold(FOLDS).split(every, groups=titles):
            held.append(figures([every[i] for i in test], conditional_logit([every[i] for i in train])))
        reached = np.mean(held, axis=0)
        print(
            f"{len(every)} questions, cross-validated: nDCG@10 {reached[0]:.3f}, R@1 {reached[1]:.3f}, R@10 {reached[2]:.3f}"
        )
        weights = conditional_logit(every)
        sums, truth = np.concatenate([x @ weights for x, _ in every]), np.concatenate([right for _, right in every])
        scale = LogisticRegression(C=1e6).fit(sums[:, None], truth)
        print(f"{name} = {shown(np.append(weights * scale.coef_[0, 0], scale.intercept_), [*FEATURES, 'bias'])}")


if __name__ == "__main__":
    main()
