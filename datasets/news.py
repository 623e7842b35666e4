"""SaudiNewsNet: 29,137 news articles of 2015, for measuring load and speed; nothing that is shipped may be trained on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from datasets.rows import Row, rows
from rag.readers.describing import article_of
from rag.readers.formats.document import Document
from rag.types import Article


def news(data: Path) -> Iterator[Row]:
    """The rows, from the folder of the data: `id`, `text`, and where they are known `title`, `date` and `source`."""
    return rows(data / "saudinewsnet.jsonl.zst")


def article(row: Row) -> Article:
    """A row as the article that `rag index` makes of it."""
    return article_of(Document(row["text"], row["title"] or "", row["date"]), row["id"], row["source"] or "")


def sample(data: Path) -> list[Row]:
    """The 300 articles that `news_questions.jsonl` asks about: those of 350 to 2,500 characters with the first checksums of their ids."""
    fitting = (row for row in news(data) if row["title"] and 350 < len(row["text"]) < 2500)
    return sorted(fitting, key=lambda row: hashlib.sha256(f"news{row['id']}".encode()).hexdigest())[:300]
