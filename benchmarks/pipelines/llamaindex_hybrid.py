"""LlamaIndex: QueryFusionRetriever over BM25Retriever and a VectorStoreIndex in FAISS, as "Reciprocal Rerank Fusion
Retriever", "BM25 Retriever" and "Faiss Vector Store" of its examples show them.

The docstring of FaissVectorStore makes an IndexFlatL2, whose distances fusion would take for scores; inner products of unit
vectors are scores. HuggingFaceEmbedding 0.8 refuses a static model (it has no longest text), so that the embedder is one of
"Custom Embeddings". BM25 stems in Arabic, no language model rewrites the question, and nothing runs in an event loop.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import Stemmer
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore
from sentence_transformers import SentenceTransformer

from benchmarks.pipelines.asking import BATCH, FOUND, Passages, Task, measure


class Static(BaseEmbedding):  # type: ignore[misc]  # its library is in an environment of its own
    """A static model of sentence-transformers."""

    _model: SentenceTransformer = PrivateAttr()

    def __init__(self, folder: str) -> None:
        super().__init__(embed_batch_size=BATCH)
        self._model = SentenceTransformer(folder, device="cpu")

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode(texts, batch_size=BATCH, show_progress_bar=False).tolist()
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class LlamaIndex:
    def __init__(self, given: Task) -> None:
        self._embedder = Static(given.embedder)
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
