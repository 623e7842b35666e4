"""The table of `rag.arabic.encodings`: how unlikely a letter is behind another, in bits, from texts in JSON lines.

python -m training.letters parallel_ar_en.jsonl.zst:ar arcd.jsonl:context
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from pathlib import Path

from datasets.rows import rows
from rag.arabic.encodings import _CLASSES, _MARKS, _PAIRS, _kind

_QURANIC = re.compile("[\u0670\u0671\u06d6-\u06ed]")
"""Letters and marks of the Quran, which news and letters do not have."""
_SMALL, _UNSEEN, _MOST = 0.05, 20, 25


def main() -> None:
    """Writes the table where `rag.arabic.encodings` reads it."""
    pairs: Counter[tuple[str, str]] = Counter()
    for argument in sys.argv[1:]:
        path, _, column = argument.rpartition(":")
        for text in (row[column] for row in rows(Path(path))):
            if _QURANIC.search(text):
                continue
            kinds = ["S", *(_kind(char) for char in f" {text} " if char not in _MARKS)]
            pairs.update(zip(kinds, kinds[1:], strict=False))
    lines = ["\t".join(["before", *_CLASSES])]
    for before in _CLASSES:
        total = sum(pairs[before, kind] for kind in _CLASSES) + _SMALL * len(_CLASSES) + _UNSEEN
        bits = [min(_MOST, round(-math.log2((pairs[before, kind] + _SMALL) / total))) for kind in _CLASSES]
        lines.append("\t".join([before, *map(str, bits)]))
    _PAIRS.parent.mkdir(exist_ok=True)
    _PAIRS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
