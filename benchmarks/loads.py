"""A big archive: indexing the 29,137 articles of SaudiNewsNet, adding one more, removing a source, opening it again.

    python -m benchmarks.loads --data ../shared/data [--articles 100000]

Whole `rag` processes: seconds, and the most memory that they held together. Beyond 29,137 articles they come again with other
words in them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

from benchmarks.corpus import articles
from benchmarks.main_path import run


def main() -> None:
    """Prints a line for each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=29_137)
    arguments = parser.parse_args()
    news = list(islice(articles(arguments.data), arguments.articles))
    largest, many = Counter(row["source"] for row in news).most_common(1)[0]
    with tempfile.TemporaryDirectory() as folder:
        home, dump, one = Path(folder) / "home", Path(folder) / "news.jsonl", Path(folder) / "one.txt"
        dump.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in news), encoding="utf-8")
        one.write_text("أعلن المدرب عادل الصقر أن النادي الأزرق سيلعب مباراته القادمة يوم الخميس.", encoding="utf-8")
        steps = {
            f"rag index, {len(news):,} articles": ("index", str(dump)),
            "rag index, one article more": ("index", str(one)),
            "rag search, opened again": ("search", "ماذا أعلن عادل الصقر؟"),
            f"rag remove --source, {many:,} articles": ("remove", "--source", largest),
        }
        for name, step in steps.items():
            seconds, memory, _ = run(home, *step)
            print(f"{name:42} {seconds:6.2f} s  {memory:6.0f} MB")


if __name__ == "__main__":
    main()
