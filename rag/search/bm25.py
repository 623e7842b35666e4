"""BM25 (k1 1.2, b 0.75) of passages that are at hand, where an engine's own query cannot say what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rag.arabic.text.grams import word_grams
from rag.query.question import Question, Word

K1, B = 1.2, 0.75
RARE = 1.5
"""Inverse document frequency of the grams by which a translation is looked for: of those in at most a fifth of the passages.
The others are in so many that they cost two thirds of the time, and find no more."""
SECOND_BEST = 0.1
"""What translations of a word other than the best matching one add of their score."""
Idf = Mapping[str, float]


def share(times: int, length: int, mean: float) -> float:
    """What a gram that a passage of so many grams holds so many times adds to its score, as a multiple of the gram's idf."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean)) if times else 0.0


def alternatives(word: Word, idf: Idf) -> list[tuple[float, list[str]]]:
    """(weight, grams) of a word itself and of each of its translations: the rare grams, or all where none is rare."""
    found = []
    for weight, forms in ((1.0, (word.text,)), *word.translations):
        grams = sorted({gram for form in forms for gram in word_grams(form)})
        found.append((weight, [gram for gram in grams if idf[gram] >= RARE] or grams))
    return found


def score(question: Question, grams: Counter[str], idf: Idf, mean: float) -> float:
    """The score of a passage that holds these grams; of a word with translations its own or the best of theirs counts.

    idf: of all grams of the question and its translations. mean: the number of grams of a passage, on average.
    """
    length, total = grams.total(), 0.0
    for word in question.words:
        if not word.translations:
            total += sum(idf[gram] * share(grams[gram], length, mean) for gram in word_grams(word.text))
            continue
        each = [
            weight * sum(idf[gram] * share(grams[gram], length, mean) for gram in held)
            for weight, held in alternatives(word, idf)
        ]
        total += max(each) + SECOND_BEST * (sum(each) - max(each))
    return total
