"""The held-out measurements of an embedding table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.pairs import Data

Encode = Callable[[Sequence[str]], np.ndarray]


def ranks(queries: np.ndarray, candidates: np.ndarray, right: Sequence[int]) -> np.ndarray:
    """For each query, how many other candidates score at least what its right one does."""
    scores = queries @ candidates.T
    own = scores[np.arange(len(right)), right][:, None]
    others: np.ndarray = (scores >= own).sum(1) - 1
    return others


def recall(ranked: np.ndarray, k: int) -> float:
    """The share of queries whose right candidate is among the first `k`."""
    return round(float((ranked < k).mean()), 3)


def measure(encode: Encode, data: Data) -> dict[str, float]:
    """Recall on what was held out; `encode` gives unit vectors, one row a text."""
    own = range(len(data.held_sentences))
    english, arabic = (encode([pair[i] for pair in data.held_sentences]) for i in (0, 1))
    lines = [pair for run in data.held_passages for pair in run]
    unseen = ranks(encode([pair[0] for pair in lines]), encode([pair[1] for pair in lines]), range(len(lines)))
    runs = encode([" ".join(pair[1] for pair in run) for run in data.held_passages])
    asked = encode([pair[0] for pair in lines])
    news = ranks(asked, runs, [i for i, run in enumerate(data.held_passages) for _ in run])
    titles, leads = (encode([pair[i] for pair in data.held_titles]) for i in (0, 1))
    latin, spelled = (encode([pair[i] for pair in data.held_names]) for i in (0, 1))
    names = ranks(latin, spelled, range(len(data.held_names)))
    contexts = sorted({pair[1] for pair in data.questions})
    asked = encode([pair[0] for pair in data.questions])
    arcd = ranks(asked, encode(contexts), [contexts.index(pair[1]) for pair in data.questions])
    return {
        "english_to_arabic_sentence_r1": recall(ranks(english, arabic, own), 1),
        "arabic_to_english_sentence_r1": recall(ranks(arabic, english, own), 1),
        "english_to_arabic_news_sentence_r1": recall(unseen, 1),
        "english_sentence_to_arabic_passage_r1": recall(news, 1),
        "english_sentence_to_arabic_passage_r10": recall(news, 10),
        "title_to_lead_r1": recall(ranks(titles, leads, range(len(titles))), 1),
        "english_to_arabic_name_r1": recall(names, 1),
        "arcd_train_question_to_passage_r1": recall(arcd, 1),
        "arcd_train_question_to_passage_r10": recall(arcd, 10),
    }
