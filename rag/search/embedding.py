"""Texts to unit vectors, by a sentence-transformers model on this machine; nothing is downloaded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.errors import ModelError

_MEND = "install the program again"
PROMPTS = {"multilingual-e5": {"query": "query: ", "document": "passage: "}}
"""Prompts that a family of models was trained with, but does not name in its configuration (its model card does)."""
_FINGERPRINT_BYTES = 1 << 16
SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped"


class Embedder(Protocol):
    """Gives float32 vectors of length one, shape (texts, dimensions); a text without any known token gets zeros."""

    name: str

    def questions(self, texts: Sequence[str]) -> np.ndarray: ...

    def passages(self, texts: Sequence[str]) -> np.ndarray: ...


class StaticEmbedder:
    """A sentence-transformers StaticEmbedding folder, read by model2vec: the same vectors without importing torch."""

    def __init__(self, folder: Path) -> None:
        from model2vec import StaticModel
        from safetensors import SafetensorError

        files = sorted((*folder.rglob("*.safetensors"), *folder.rglob("tokenizer.json")))
        if len(files) < 2:
            raise ModelError(f"{folder} holds no embedder; expected model.safetensors and tokenizer.json; {_MEND}")
        try:
            checksum = 0
            for file in files:
                checksum = zlib.crc32(file.read_bytes(), checksum)
            self._model = StaticModel.from_pretrained(folder, max_length=None)
        except (OSError, ValueError, KeyError, SafetensorError) as e:
            raise ModelError(f"the embedder in {folder} cannot be read: {e}; {_MEND}") from e
        self.name = f"{folder.name} {checksum:08x}"

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode(list(texts), use_multiprocessing=False))


class TransformerEmbedder:
    """Any other sentence-transformers model that lies on this machine: a folder, or a name that was downloaded before.

    Questions and passages get the prompts of the model's configuration, or those of PROMPTS where its name says which.
    """

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        prompts = next((prompts for family, prompts in PROMPTS.items() if family in Path(name).name), None)
        try:
            self._model = SentenceTransformer(name, device="cpu", local_files_only=True, prompts=prompts)
        except (OSError, ValueError) as e:
            raise ModelError(
                f"the embedder {name!r} is not on this machine: {str(e).splitlines()[0]}; unset RAG_EMBEDDER"
            ) from e
        self.name = f"{name} {_fingerprint(Path(name)):08x}"

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_query(list(texts), show_progress_bar=False))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_document(list(texts), show_progress_bar=False))


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def _fingerprint(folder: Path) -> int:
    """Tells two models in one folder apart: a checksum of the sizes and beginnings of its files; 0 for a mere name."""
    checksum = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as opened:
            checksum = zlib.crc32(
                opened.read(_FINGERPRINT_BYTES), zlib.crc32(str(file.stat().st_size).encode(), checksum)
            )
    return checksum
