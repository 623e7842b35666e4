"""Makes the table of `rag.arabic.text.encodings`: how unlikely an Arabic letter is behind another, in bits.

    python -m training.letters --data ../shared/data --out rag/models/shipped/letters.json

Counted over the Arabic side of the sentence pairs and the paragraphs of ARCD.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from datasets.reading import questions_of
from datasets.rows import rows
from rag.arabic.text.encodings import CLASSES, MARKS, class_of
from training.provenance import made

_QURANIC = re.compile("[\u0670\u0671\u06d6-\u06ed]")
"""Letters and marks of the Quran, which news and letters do not have."""
_SMALL, _UNSEEN, _MOST = 0.05, 20, 25


def texts(parallel: Path, reading: Path) -> Iterator[str]:
    """The sentences and paragraphs that are counted; a paragraph counts once for each question asked of it."""
    yield from (row["ar"] for row in rows(parallel))
    yield from (one.context for one in questions_of(reading))


def bits(counted: Iterator[str]) -> list[list[int]]:
    """For each class of characters in the order of CLASSES, how unlikely one of each class is behind it, in bits."""
    pairs: Counter[tuple[str, str]] = Counter()
    for text in counted:
        if not _QURANIC.search(text):
            kinds = ["S", *(class_of(char) for char in f" {text} " if char not in MARKS)]
            pairs.update(zip(kinds, kinds[1:], strict=False))
    table = []
    for before in CLASSES:
        total = sum(pairs[before, kind] for kind in CLASSES) + _SMALL * len(CLASSES) + _UNSEEN
        table.append([min(_MOST, round(-math.log2((pairs[before, kind] + _SMALL) / total))) for kind in CLASSES])
    return table


def main() -> None:
    """Counts, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    read = arguments.data / "parallel_ar_en.jsonl.zst", arguments.data / "arcd.jsonl"
    command = "python -m training.letters --data DATA --out rag/models/shipped/letters.json"
    lines = ",\n    ".join(map(json.dumps, bits(texts(*read))))
    header = json.dumps({"made": made(command, read)}, indent=2).removesuffix("\n}")
    arguments.out.write_text(f'{header},\n  "bits": [\n    {lines}\n  ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
