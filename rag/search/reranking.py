"""Reranking the best passages: a linear model over what lexical and dense retrieval and the question's words say of each.

Its weights are shipped (`rag.search.rankers`); `python -m training.reranking` makes them from ARCD train. A cross-encoder that
was pulled takes the same place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rag.arabic.rules.words import QuestionType, hold
from rag.arabic.text.letters import EDGE, marked, unmarked
from rag.errors import ModelError
from rag.query.question import Question
from rag.search.coverage import Idf, TermCoverage
from rag.search.embedding import StaticEmbedder
from rag.search.rankers import LANGUAGES, Language, Rankers, shipped
from rag.types import Passage, searched

_SIGNS: tuple[QuestionType, ...] = ("when", "many", "why")
"""Types of question whose answers show a sign; each is a feature: 1 where the passage has it, −1 where not, 0 for other types."""
FEATURES = ("lexical", "dense", "coverage", "meaning", "length", *_SIGNS)
_MEANING = FEATURES.index("meaning")
COMPARED, COMPARED_TRANSLATED = 5, 10
"""Passages whose "meaning" is looked at, which takes longest. nDCG@10 among 100,000 passages with 30, 10 and 5 of them: .776, .778 and
.778 for ARCD train's questions, .617, .611 and .605 for the English ones."""

SHIPPED_RERANKER = "shipped"
"""The name of the one that comes with the program; a pulled one's is its place."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found; lexical: its BM25 as a share of the best one's, 0 where that leg missed it; dense: its
    cosine, 0 for the worst and 1 for the best of those that the dense leg found."""

    passage: Passage
    lexical: float
    dense: float


class Reranker(Protocol):
    """Scores candidates in [0, 1], each by how probably it answers the question."""

    name: str

    def scores(self, question: Question, candidates: Sequence[Candidate]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class LinearModel:
    """The weight of each feature, in the order of FEATURES, and the bias, which makes the logistic of the sum the probability
    that a passage holds the answer, if any does."""

    weights: list[float]
    bias: float


class LinearReranker:
    """The shipped one. idf: weighs the question's grams (`Engine.idf`). embedder: the shipped one, for single words.

    models: those of questions with and without Arabic; the shipped ones if none are given. Raises ModelError where these are
    damaged.
    """

    name = SHIPPED_RERANKER

    def __init__(
        self, idf: Idf, embedder: StaticEmbedder, models: Mapping[Language, LinearModel] | None = None
    ) -> None:
        self._idf, self._embedder = idf, embedder
        self._models = models or models_of(shipped())

    def scores(self, question: Question, candidates: Sequence[Candidate]) -> list[float]:
        model = self._model(question)
        sums = self.features(question, candidates) @ model.weights + model.bias
        return [1 / (1 + math.exp(-total)) for total in sums.tolist()]

    def features(self, question: Question, candidates: Sequence[Candidate]) -> np.ndarray:
        """Those of FEATURES for each candidate, shape (candidates, features).

        "meaning" is looked at where the others promise most; the rest get the least that was found there.
        """
        passages = searched([candidate.passage for candidate in candidates])
        texts = marked(passages)
        features = np.zeros((len(texts), len(FEATURES)))
        features[:, FEATURES.index("lexical")] = [candidate.lexical for candidate in candidates]
        features[:, FEATURES.index("dense")] = [candidate.dense for candidate in candidates]
        features[:, FEATURES.index("coverage")] = TermCoverage(question.words, self._idf).shares(texts)
        features[:, FEATURES.index("length")] = [math.log(text.count(EDGE)) for text in texts]
        if question.type in _SIGNS:
            shown = np.array(hold(question.type, unmarked(texts)))
            features[:, FEATURES.index(question.type)] = np.where(shown, 1, -1)
        compared = COMPARED_TRANSLATED if question.is_translated else COMPARED
        best = np.argsort(-(features @ self._model(question).weights), kind="stable")[:compared]
        if len(best):
            meaning = self._meaning(question, [passages[i] for i in best.tolist()])
            features[:, _MEANING] = meaning.min()
            features[best, _MEANING] = meaning
        return features

    def _model(self, question: Question) -> LinearModel:
        return self._models["translated" if question.is_translated else "arabic"]

    def _meaning(self, question: Question, texts: Sequence[str]) -> np.ndarray:
        """For each text, the mean over the question's content words of the likeness of the nearest of its words, shape (texts,).

        The late interaction of Khattab and Zaharia (2020) over static vectors of words.
        """
        asked = [word.text for word in question.words if word.is_content]
        meaning = np.zeros(len(texts))
        likeness, sizes = self._embedder.likeness_of_words(asked, texts)
        held = sizes > 0
        if asked and held.any():
            meaning[held] = np.maximum.reduceat(likeness, (sizes.cumsum() - sizes)[held], axis=1).mean(axis=0)
        return meaning


def models_of(rankers: Rankers) -> dict[Language, LinearModel]:
    """The reranker's models that stand in a file; ModelError where it is damaged."""
    return {
        language: LinearModel(
            [*rankers.weights("reranking", language, "weights", features=FEATURES).values()],
            rankers.number("reranking", language, "bias"),
        )
        for language in LANGUAGES
    }


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder that lies on this machine: a folder, or a name that was downloaded before."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder
        from torch.nn import Sigmoid
        from transformers.utils.logging import disable_progress_bar

        self.name = name
        disable_progress_bar()  # type: ignore[no-untyped-call]  # loading takes no time
        self._sigmoid = Sigmoid()
        try:
            self._model = CrossEncoder(name, device="cpu", local_files_only=True)
        except (OSError, ValueError) as e:
            raise ModelError(
                f"the reranker {name!r} is not on this machine: {str(e).splitlines()[0]}; unset RAG_RERANKER"
            ) from e

    def scores(self, question: Question, candidates: Sequence[Candidate]) -> list[float]:
        pairs = [(question.text, text) for text in searched([candidate.passage for candidate in candidates])]
        scores = self._model.predict(pairs, show_progress_bar=False, activation_fn=self._sigmoid)
        return [float(score) for score in scores]
