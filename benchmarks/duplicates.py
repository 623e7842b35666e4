"""Near-duplicates among the 29,137 articles of SaudiNewsNet: what finding them costs, how many there are, and some to look at.

    python -m benchmarks.duplicates --data ../shared/data [--show 20]

A pair is shown with its likeness and the words that differ, drawn at random from three bands: just under the threshold, just
over it, and above.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

from datasets.news import news
from rag.library import duplicates
from rag.library.minhash import ALIKE, KEYS, likeness, sketches

_BATCH = 500
"""Articles, as `rag index` adds them."""
_BANDS = ((ALIKE - 0.1, ALIKE), (ALIKE, ALIKE + 0.1), (ALIKE + 0.1, 1.01))


def main() -> None:
    """Prints the seconds, the groups and the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--show", type=int, default=0, help="pairs of each band")
    arguments = parser.parse_args()
    texts = {row["id"]: row["text"] for row in news(arguments.data)}
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE articles (id TEXT PRIMARY KEY)")
        for statement in duplicates.SCHEMA.split(";"):
            db.execute(statement)
        listed = list(texts.items())
        began = time.process_time()
        for i in range(0, len(listed), _BATCH):
            duplicates.remember(db, listed[i : i + _BATCH])
        print(f"{len(texts):,} articles: kept in {time.process_time() - began:.2f} s of one core")
        began = time.process_time()
        near = duplicates.linked(db)
        print(f"{len(near):,} have near-duplicates: linked in {time.process_time() - began:.2f} s")
    sizes = Counter(map(len, groups(near)))
    print(f"{sum(sizes.values()):,} groups:", ", ".join(f"{count} of {size}" for size, count in sorted(sizes.items())))
    rng = random.Random(7)
    found = sorted(candidates(texts))
    for low, high in _BANDS:
        band = [pair for pair in found if low <= pair[0] < high]
        print(f"\n{len(band):,} pairs of a likeness from {low:.1f} to {min(high, 1):.1f}")
        for value, a, b in rng.sample(band, min(arguments.show, len(band))):
            print(f"{value:.2f} {a}\n     {b}\n{differing(texts[a], texts[b])}")


def groups(near: dict[str, list[str]]) -> list[set[str]]:
    """The articles that near-duplicates join, however many steps apart."""
    found: list[set[str]] = []
    left = set(near)
    while left:
        group, added = set[str](), {left.pop()}
        while added:
            group |= added
            added = {other for article in added for other in near.get(article, ())} - group
        left -= group
        found.append(group)
    return found


def candidates(texts: dict[str, str]) -> Iterator[tuple[float, str, str]]:
    """The likeness of each two texts that share a key."""
    kept = [frozenset(sketch.tolist()) for sketch in sketches(list(texts.values()))]
    under: dict[int, list[int]] = {}
    for place, sketch in enumerate(kept):
        for key in sorted(sketch)[:KEYS]:
            under.setdefault(key, []).append(place)
    ids = list(texts)
    for a, b in {pair for places in under.values() for pair in combinations(places, 2)}:
        yield likeness(kept[a], kept[b]), ids[a], ids[b]


def differing(a: str, b: str, most: int = 6) -> str:
    """The first runs of words in which two texts differ."""
    one, two = a.split(), b.split()
    changes = [
        change for change in SequenceMatcher(None, one, two, autojunk=False).get_opcodes() if change[0] != "equal"
    ]
    return "\n".join(
        f"       {' '.join(one[i:j])[:60]} | {' '.join(two[x:y])[:60]}" for _, i, j, x, y in changes[:most]
    )


if __name__ == "__main__":
    main()
