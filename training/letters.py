"""The table of `rag.arabic.encodings`: how unlikely a letter is behind another, in bits, from texts in JSON lines.

python -m training.letters parallel_ar_en.jsonl.zst:ar arcd.jsonl:context arcd.jsonl:question
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from pathlib import Path

from datasets.rows import rows
from rag.arabic.encodings import _CLASSES, _MARKS, _kind

_QURANIC = re.compile("[\u0670\u0671\u06d6-\u06ed]")
"""Letters and marks of the Quran, which news and letters do not have."""
_SMALL, _UNSEEN, _MOST = 0.05, 20, 25


def main() -> None:
    """Prints the rows of the table."""
    pairs: Counter[tuple[str, str]] = Counter()
    for argument in sys.argv[1:]:
        path, _, column = argument.rpartition(":")
        for text in (row[column] for row in rows(Path(path))):
            if _QURANIC.search(text):
                continue
            kinds = ["S", *(_kind(char) for char in f" {text} " if char not in _MARKS)]
            pairs.update(zip(kinds, kinds[1:], strict=False))
    for before in _CLASSES:
        total = sum(pairs[before, kind] for kind in _CLASSES) + _SMALL * len(_CLASSES) + _UNSEEN
        bits = [min(_MOST, round(-math.log2((pairs[before, kind] + _SMALL) / total))) for kind in _CLASSES]
        print("".join("0123456789abcdefghijklmnop"[n] for n in bits))


if __name__ == "__main__":
    main()
