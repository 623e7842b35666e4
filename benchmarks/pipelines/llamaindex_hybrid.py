"""LlamaIndex: QueryFusionRetriever over BM25Retriever and a VectorStoreIndex in FAISS, as "Reciprocal Rerank Fusion
Retriever", "BM25 Retriever" and "Faiss Vector Store" of its examples show them.

The docstring of FaissVectorStore makes an IndexFlatL2, whose distances fusion would take for scores; inner products of unit
vectors are scores. BM25 stems in Arabic, no language model rewrites the question, and nothing runs in an event loop.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import Stemmer
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore

from benchmarks.pipelines.asking import BATCH, FOUND, Passages, Task, measure


class LlamaIndex:
    def __init__(self, given: Task) -> None:
        self._embedder = HuggingFaceEmbedding(given.embedder, embed_batch_size=BATCH, device="cpu")
        self._dimensions = len(self._embedder.get_query_embedding("?"))

    def index(self, passages: Passages) -> None:
        nodes = [TextNode(id_=str(id_), text=text) for id_, text in passages]
        context = StorageContext.from_defaults(
            vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(self._dimensions))
        )
        self._vectors = VectorStoreIndex(nodes, storage_context=context, embed_model=self._embedder)
        self._words = BM25Retriever.from_defaults(
            nodes=nodes, stemmer=Stemmer.Stemmer("arabic"), similarity_top_k=FOUND
        )
        self._fused = QueryFusionRetriever(
            [self._vectors.as_retriever(similarity_top_k=FOUND), self._words],
            llm=MockLLM(),
            mode="reciprocal_rerank",
            similarity_top_k=FOUND,
            num_queries=1,
            use_async=False,
        )

    def save(self, folder: Path) -> None:
        self._vectors.storage_context.persist(str(folder))
        self._words.persist(str(folder / "bm25"))

    def search(self, question: str) -> list[int]:
        return [int(found.node.node_id) for found in self._fused.retrieve(question)]


if __name__ == "__main__":
    measure(LlamaIndex, ("llama-index-core", "llama-index-retrievers-bm25", "bm25s", "sentence-transformers", "torch"))
