"""A big archive out of a real one: SaudiNewsNet, then the same articles again and again with other words in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from datasets.news import news
from datasets.rows import Row

_CHANGED = 0.2
"""The share of words that are replaced by others of the archive, so that a repeated article is another one."""
_VOCABULARY = 200_000
"""Words of the archive, as often as they occur there, from which the others are drawn."""


def articles(data: Path) -> Iterator[Row]:
    """Rows without end, from the folder of the data: first the 29,137 articles as they are, then changed; always the same."""
    real = list(news(data))
    yield from real
    drawn = random.Random(0)
    vocabulary: list[str] = []
    while len(vocabulary) < _VOCABULARY:
        vocabulary += drawn.choice(real)["text"].split(" ")
    for turn in count(1):
        for row in real:
            words = row["text"].split(" ")
            for place in drawn.sample(range(len(words)), int(_CHANGED * len(words))):
                words[place] = drawn.choice(vocabulary)
            yield {**row, "id": f"{row['id']}#{turn}", "text": " ".join(words)}
