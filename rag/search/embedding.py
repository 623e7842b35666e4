"""Texts to unit vectors, by a sentence-transformers model on this machine; nothing is downloaded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.errors import ModelError

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped"


class Embedder(Protocol):
    """Gives float32 vectors of length one, shape (texts, dimensions); a text without any known token gets zeros."""

    name: str

    def questions(self, texts: Sequence[str]) -> np.ndarray: ...

    def passages(self, texts: Sequence[str]) -> np.ndarray: ...


class StaticEmbedder:
    """A sentence-transformers StaticEmbedding folder, read by model2vec: the same vectors without importing torch."""

    def __init__(self, folder: Path) -> None:
        try:
            checksum = 0
            for file in sorted((*folder.rglob("*.safetensors"), *folder.rglob("tokenizer.json"))):
                checksum = zlib.crc32(file.read_bytes(), checksum)
            if not checksum:
                raise ModelError(f"{folder} holds no embedder; expected model.safetensors and tokenizer.json; install the program again")
            from model2vec import StaticModel

            self._model = StaticModel.from_pretrained(folder, max_length=None)
        except (OSError, ValueError, KeyError) as e:
            raise ModelError(f"the embedder in {folder} cannot be read: {e}; install the program again") from e
        self.name = f"{folder.name} {checksum:08x}"

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode(list(texts), use_multiprocessing=False))


class TransformerEmbedder:
    """Any other sentence-transformers model that lies on this machine: a folder, or a name that was downloaded before."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(name, device="cpu", local_files_only=True)
        except (OSError, ValueError) as e:
            raise ModelError(f"the embedder {name!r} is not on this machine: {str(e).splitlines()[0]}; unset RAG_EMBEDDER") from e
        self.name = name

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_query(list(texts), show_progress_bar=False))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_document(list(texts), show_progress_bar=False))


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
