"""txtai: `Embeddings(hybrid=True, content=True)`, as "Embeddings → Query guide" and "Configuration → General" of its
documentation (https://neuml.github.io/txtai/embeddings/) and the docstrings of `txtai.embeddings.Embeddings` show it.

BM25 over the words of Unicode's segmentation, FAISS, texts in SQLite; scores added half and half. A search takes a hundred
from each, ten times what is asked for. "Thread locking must be handled externally" (`txtai/database/rdbms.py`), so one
question at a time has the index.
"""

from __future__ import annotations

import threading
from pathlib import Path

from txtai import Embeddings

from benchmarks.pipelines.asking import BATCH, FOUND, Passages, Task, measure


class Txtai:
    def __init__(self, given: Task) -> None:
        self._lock = threading.Lock()
        self._embeddings = Embeddings(
            path=given.embedder,
            method="sentence-transformers",
            hybrid=True,
            content=True,
            encodebatch=BATCH,
            gpu=False,
        )

    def index(self, passages: Passages) -> None:
        self._embeddings.index(passages)

    def save(self, folder: Path) -> None:
        self._embeddings.save(str(folder / "index"))

    def search(self, question: str) -> list[int]:
        with self._lock:
            return [int(row["id"]) for row in self._embeddings.search(question, FOUND)]


if __name__ == "__main__":
    measure(Txtai, ("txtai", "sentence-transformers", "faiss-cpu", "torch"))
