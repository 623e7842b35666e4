"""The weights of `rag.search.reranking`, from ARCD train: which of the passages that were found holds the answer.

    python -m training.reranking --data ../shared/data

Prints the weights to be written there and, cross-validated over article titles, what they reach. ARCD test is not read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from rag import wiring
from rag.arabic import find
from rag.evaluate.metrics import ndcg_at, success_at
from rag.search.reranking import WEIGHTS, Candidate, LinearReranker
from rag.settings import load_settings
from rag.types import Article
from training.ranking import conditional_logit, matrix, shown

FOLDS = 5
Group = tuple[np.ndarray, np.ndarray]
"""The features of a question's candidates in the order of fusion, and which hold an answer."""


class _Noting(LinearReranker):
    """Keeps the features of what it was last given."""

    def scores(self, question: str, candidates: list[Candidate]) -> list[float]:
        self.rows, self.candidates = self.features(question, candidates), candidates
        return [0.0] * len(candidates)


def groups(data: Path) -> tuple[list[Group], list[str]]:
    """A group for each question of ARCD train, and its article's title."""
    rows = [json.loads(line) for line in (data / "arcd.jsonl").open(encoding="utf-8")]
    rows = [row for row in rows if row["split"] == "train"]
    ids = {context: str(i) for i, context in enumerate(dict.fromkeys(row["context"] for row in rows))}
    found = []
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        with wiring.open_library(settings) as library:
            library.add(Article(id_, context) for context, id_ in ids.items())
            retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
            retriever.reranker = noting = _Noting(retriever.lexical.idf)
            for row in rows:
                retriever.search(row["question"])
                gold, answers = ids[row["context"]], [answer["text"] for answer in row["answers"]]
                passages = [candidate.passage for candidate in noting.candidates]
                right = [p.article == gold and any(find(a, p.text) or a in p.text for a in answers) for p in passages]
                found.append((matrix(noting.rows, list(WEIGHTS)), np.array(right)))
    return found, [row["title"] for row in rows]


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
    every, titles = groups(parser.parse_args().data)
    held = []
    for train, test in GroupKFold(FOLDS).split(every, groups=titles):
        weights = conditional_logit([every[i] for i in train])
        held.append(figures([every[i] for i in test], weights))
    print(
        f"{len(every)} questions, cross-validated: nDCG@10 {{:.3f}}, R@1 {{:.3f}}, R@10 {{:.3f}}".format(
            *np.mean(held, axis=0)
        )
    )
    weights = conditional_logit(every)
    sums, truth = np.concatenate([x @ weights for x, _ in every]), np.concatenate([right for _, right in every])
    scale = LogisticRegression(C=1e6).fit(sums[:, None], truth)
    print(f"WEIGHTS = {shown(weights * scale.coef_[0, 0], list(WEIGHTS))}")
    print(f"BIAS = {scale.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
