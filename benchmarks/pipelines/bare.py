"""The limit: tantivy and FAISS alone, the same two searches as the product's, a hundred passages each, and nothing else.

No library, no stamps, no fusion and no reranking. Grams, embedder, and the kind of both indexes are the product's.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import tantivy

from benchmarks.pipelines.asking import BATCH, FOUND, Passages, Task, measure
from rag.arabic.text.folding import words
from rag.arabic.text.grams import Grams, word_grams
from rag.search.embedding import StaticEmbedder
from rag.search.lexical import COMMON, MANY, rarity
from rag.search.quantised import VectorCodes
from rag.search.retriever import CANDIDATES

_WRITER_BYTES = 64_000_000


class Bare:
    """Two indexes in memory and on disk."""

    def __init__(self, given: Task) -> None:
        self._embedder = StaticEmbedder(Path(given.embedder))
        self._folder = Path(given.folder) / "lexical"
        self._folder.mkdir(parents=True)
        builder = tantivy.SchemaBuilder().add_integer_field("id", fast=True)
        builder.add_text_field("grams", stored=False, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()

    def index(self, passages: Passages) -> None:
        self._words = tantivy.Index(self._schema, path=str(self._folder))
        writer = self._words.writer(_WRITER_BYTES, num_threads=1)
        spaced = Grams()
        codes = VectorCodes(self._embedder.questions([""]).shape[1])
        for start in range(0, len(passages), BATCH):
            batch = passages[start : start + BATCH]
            for (id_, _), grams in zip(batch, spaced.spaced([text for _, text in batch]), strict=True):
                writer.add_document(tantivy.Document(id=id_, grams=grams))
            codes.add(np.array([id_ for id_, _ in batch]), self._embedder.passages([text for _, text in batch]))
        writer.commit()
        writer.wait_merging_threads()
        self._words.reload()
        codes.compact()
        self._vectors = codes.searched

    def save(self, folder: Path) -> None:
        faiss.write_index(self._vectors, str(folder / "vectors.faiss"))

    def search(self, question: str) -> list[int]:
        searcher = self._words.searcher()
        grams = [gram for word in words(question) for gram in word_grams(word)]
        if (total := searcher.num_docs) >= MANY:
            grams = [gram for gram in grams if rarity(searcher.doc_freq("grams", gram), total) >= COMMON] or grams
        asked = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "grams", gram, "freq")) for gram in grams]
        )
        hits = searcher.search(asked, limit=CANDIDATES, count=False).hits
        lexical = searcher.fast_field_values("id", [address for _, address in hits])
        self._vectors.search(self._embedder.questions([question]), CANDIDATES)
        return [int(id_) for id_ in lexical[:FOUND]]


if __name__ == "__main__":
    measure(Bare, ("tantivy", "faiss-cpu"))
