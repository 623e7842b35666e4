"""Which lines at the ends of articles are kept out of what is searched since they recur, over SaudiNewsNet and Arabic Wikipedia.

    python -m benchmarks.boilerplate --data ../shared/data [--list]

Wikipedia's articles have hardly any such line: what is left out there was text, or might have been.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from datasets.news import article, news
from datasets.rows import rows
from rag.library import Library, boilerplate
from rag.types import Article

_AT_ONCE = 2000


def wiki(data: Path) -> Iterable[Article]:
    """The articles of Wikipedia, of one source."""
    for n, row in enumerate(rows(data / "arwiki.jsonl.zst")):
        yield Article(str(n), row["text"], row["title"], source="arwiki")


def left_out(articles: Iterable[Article]) -> tuple[int, Counter[str], float]:
    """The number of articles, what is left out of them at one end, and the seconds that keeping their lines took."""
    held = list({one.id: one for one in articles}.values())
    found: Counter[str] = Counter()
    began = time.process_time()
    for one in held:
        boilerplate.edge_lines(one)
    took = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
        for i in range(0, len(held), _AT_ONCE):
            library.add(held[i : i + _AT_ONCE])
        with library.reading() as db:
            bodies = boilerplate.bodies(db, [one.id for one in held])
        for one in held:
            start, end = bodies.get(one.id, (0, -1))
            found.update(filter(None, (one.text[:start].strip(), one.text[end:].strip() if end >= 0 else "")))
    return len(held), found, took


def main() -> None:
    """Reads the arguments, and prints what is left out, the most frequent first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--list", action="store_true", help="print each kind, to be read")
    given = parser.parse_args()
    for name, articles in (("news", map(article, news(given.data))), ("Wikipedia", wiki(given.data))):
        count, found, took = left_out(articles)
        kinds = f"{len(found):,} different ends are left out of {found.total():,} of {count:,} articles"
        print(f"{name}: {kinds}; to tell their lines apart took {took:.1f} s")
        for text, times in found.most_common() if given.list else ():
            print(f"  {times:5} {' ⏎ '.join(text.split(chr(10)))[:200]}")


if __name__ == "__main__":
    main()
