"""Passages: runs of whole sentences of an article, the unit of search."""

from rag.arabic import sentences
from rag.arabic.text.folding import word_counts

TARGET = 110
"""Words; a passage ends with the sentence that would carry it past this, unless it has none yet."""
SHORTEST = 30
"""Words; a shorter rest at the article's end joins the passage before it."""


def passages(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the passages of a text, in order: about TARGET words each, whole sentences, one of overlap.

    A sentence is not repeated where it is longer than half the target or would stand alone. The passages cover every
    sentence; empty for a text without words.
    """
    spans = sentences(text)
    lengths = word_counts(text, spans)
    if not sum(lengths):
        return []
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(spans):
        last, total = first, lengths[first]
        while last + 1 < len(spans) and total + lengths[last + 1] <= TARGET:
            last += 1
            total += lengths[last]
        if sum(lengths[last + 1 : last + 1 + SHORTEST]) < SHORTEST:  # a rest this short has fewer sentences than words
            last = len(spans) - 1
        found.append((spans[first][0], spans[last][1]))
        if last + 1 == len(spans):
            break
        overlap = last > first and lengths[last] <= TARGET // 2 and lengths[last] + lengths[last + 1] <= TARGET
        first = last if overlap else last + 1
    return found
