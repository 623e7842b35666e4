"""Haystack: the hybrid retrieval pipeline of its tutorial "Creating a Hybrid Retrieval Pipeline" and of the docstring of
`haystack.components.joiners.DocumentJoiner`: BM25 and embedding retrievers over an InMemoryDocumentStore, ranks fused.

The embedders are those of sentence-transformers-haystack, where Haystack 3 has put them.
"""

from __future__ import annotations

from pathlib import Path

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.pipelines.asking import BATCH, FOUND, Passages, Task, measure


class Haystack:
    def __init__(self, given: Task) -> None:
        self._store = InMemoryDocumentStore()
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=given.embedder, batch_size=BATCH, progress_bar=False, local_files_only=True
        )
        asker = SentenceTransformersTextEmbedder(model=given.embedder, progress_bar=False, local_files_only=True)
        self._pipeline = Pipeline()
        self._pipeline.add_component("embedder", asker)
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(self._store, top_k=FOUND))
        self._pipeline.add_component("words", InMemoryBM25Retriever(self._store, top_k=FOUND))
        self._pipeline.add_component("joined", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=FOUND))
        self._pipeline.connect("embedder.embedding", "dense.query_embedding")
        self._pipeline.connect("dense", "joined")
        self._pipeline.connect("words", "joined")
        self._embedder.warm_up()
        self._pipeline.warm_up()

    def index(self, passages: Passages) -> None:
        documents = [Document(id=str(id_), content=text) for id_, text in passages]
        self._store.write_documents(self._embedder.run(documents)["documents"])

    def save(self, folder: Path) -> None:
        self._store.save_to_disk(str(folder / "store.json"))

    def search(self, question: str) -> list[int]:
        found = self._pipeline.run({"embedder": {"text": question}, "words": {"query": question}})
        return [int(document.id) for document in found["joined"]["documents"]]


if __name__ == "__main__":
    measure(Haystack, ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers", "torch"))
