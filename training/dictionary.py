"""Makes the shipped table of English words with their Arabic translations.

    python -m training.dictionary --data ../shared/data --out rag/models/shipped/words.json.gz

IBM Model 1 over the parallel sentences and the lexicon, English words as stems, Arabic ones as light stems; each Arabic
stem is written down as its commonest forms, since search compares letters.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rag.arabic.text.folding import words
from rag.query.translation import Translator
from training.bags import Bags
from training.pairs import read
from training.translation import learn

ROUNDS, LEAST = 6, 0.04
TRANSLATIONS, FORMS, COMMON = 3, 3, 0.2
"""Translations of a word; forms of a translation, and how common against the commonest one: measured on `english` of
`python -m benchmarks.search`."""
_PREFIX = re.compile("^(?:وال|فال|بال|كال|ولل|ال|لل|[وفبل](?=\\w{4}))(?=\\w{2})")
_SUFFIX = re.compile("(?<=\\w{3})(?:ها|هم|هما|نا|ات|ون|ين|ان|يه|ه|ي|ا)$")


def stem(word: str) -> str:
    """A folded Arabic word without article, particles and common endings."""
    return _SUFFIX.sub("", _PREFIX.sub("", word))


def _bags(texts: Iterable[Sequence[str]]) -> tuple[Bags, dict[str, int]]:
    ids: dict[str, int] = {}
    lists = [np.array([ids.setdefault(token, len(ids)) for token in text], np.int32) for text in texts]
    return Bags(np.concatenate(lists), np.concatenate([[0], np.cumsum([len(row) for row in lists])])), ids


def make(data: Path) -> dict[str, list[list[float | str]]]:
    """English stem → its translations, best first: a weight (1 for the best) and the forms of each."""
    tasks = read(data).tasks
    pairs = [pair for name in ("parallel", "wordnet", "names") for pair in tasks[name]]
    translator = Translator(Path())
    english, ids = _bags([translator.stem(word) for word in words(left)] for left, _ in pairs)
    surfaces: dict[str, Counter[str]] = {}
    for _, right in pairs:
        for word in words(right):
            surfaces.setdefault(stem(word), Counter())[word] += 1
    arabic, stems = _bags([stem(word) for word in words(right)] for _, right in pairs)
    found = learn(english, arabic, max(len(ids), len(stems)) + 1, ROUNDS, LEAST)
    names = list(stems)
    table: dict[str, list[list[float | str]]] = {}
    for word, i in ids.items():
        if found.known[i] and word.isascii() and word.isalpha():
            shares = np.diff(found.shares[i], prepend=0)[:TRANSLATIONS]
            best = [(names[j], share) for j, share in zip(found.ids[i], shares, strict=False) if share > 0]
            table[word] = [
                [round(float(share / best[0][1]) ** 0.5, 2), *_forms(surfaces[name])] for name, share in best
            ]
    return table


def _forms(counted: Counter[str]) -> list[str]:
    common = counted.most_common(FORMS)
    return [form for form, count in common if count >= COMMON * common[0][1]]


def main() -> None:
    """Makes and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    table = make(arguments.data)
    text = json.dumps(dict(sorted(table.items())), ensure_ascii=False, separators=(",", ":"))
    arguments.out.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(table):,} words, {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
