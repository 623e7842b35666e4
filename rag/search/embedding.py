"""Texts to unit vectors, by a sentence-transformers model on this machine; nothing is downloaded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.errors import ModelError
from rag.search.tokens import Tokens

_MEND = "install the program again"
PROMPTS = {"multilingual-e5": {"query": "query: ", "document": "passage: "}}
"""Prompts that a family of models was trained with, but does not name in its configuration (its model card does)."""
_FINGERPRINT_BYTES = 1 << 16
SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped"


class Embedder(Protocol):
    """Gives float32 vectors of length one, shape (texts, dimensions); a text without any known token gets zeros."""

    name: str
    batch: int
    """Passages that it is best given at once."""

    def questions(self, texts: Sequence[str]) -> np.ndarray: ...

    def passages(self, texts: Sequence[str]) -> np.ndarray: ...


class StaticEmbedder:
    """A sentence-transformers StaticEmbedding folder, read without importing torch: a weighted mean of its tokens' vectors."""

    batch = 256

    def __init__(self, folder: Path) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load
        from tokenizers import Tokenizer

        try:
            files = [(folder / name).read_bytes() for name in ("model.safetensors", "tokenizer.json")]
            tensors = load(files[0])
            self._vectors, self._weights = tensors["embeddings"], tensors["weights"]
            self._tokens = Tokens(Tokenizer.from_buffer(files[1]))
        except FileNotFoundError as e:
            raise ModelError(
                f"{folder} holds no embedder; expected model.safetensors and tokenizer.json; {_MEND}"
            ) from e
        except (OSError, ValueError, KeyError, SafetensorError) as e:
            raise ModelError(f"the embedder in {folder} cannot be read: {e}; {_MEND}") from e
        self.name = f"{folder.name} {zlib.crc32(files[1], zlib.crc32(files[0])):08x}"

    @cached_property
    def _squares(self) -> np.ndarray:
        """Of the length of each token's vector, with its weight, shape (tokens,)."""
        squares: np.ndarray = np.einsum("ij,ij->i", self._vectors, self._vectors, dtype=np.float32)
        squares *= self._weights**2
        return squares

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        found = self._tokens.of(texts)
        vectors = np.zeros((len(texts), self._vectors.shape[1]), np.float32)
        for i, (start, end) in enumerate(pairwise([0, *found.texts.tolist()])):
            if end > start:
                held = found.tokens[start:end]
                vectors[i] = self._weights.take(held) @ self._vectors.take(held, axis=0)
        return _unit(vectors)

    def likeness(self, asked: Sequence[str], texts: Sequence[str]) -> np.ndarray:
        """About the cosine of each of some words with each of some texts, shape (asked, texts); 0 for a text without tokens.

        The length of a vector is taken as though its tokens stood at right angles, which ranks as well as the true length
        and needs no vector of any of the texts.
        """
        found = self._tokens.of(texts)
        return self._likeness(asked, found.tokens, found.texts)

    def likeness_of_words(self, asked: Sequence[str], texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The same for each word of the texts in a row, shape (asked, words), and how many words each text has, shape (texts,)."""
        found = self._tokens.of(texts)
        return self._likeness(asked, found.tokens, found.words), found.counts

    def _likeness(self, asked: Sequence[str], tokens: np.ndarray, ends: np.ndarray) -> np.ndarray:
        counts = np.diff(ends, prepend=0)
        likeness = np.zeros((len(asked), len(ends)), np.float32)
        known = counts > 0
        if not known.any():
            return likeness
        starts = (ends - counts)[known]
        places = np.zeros(len(self._weights), np.intp)  # of each token's row; quicker than sorting the tokens
        places[tokens] = 1
        distinct = np.flatnonzero(places)
        places[distinct] = np.arange(len(distinct))
        scores = self.questions(asked) @ self._vectors[distinct].T.astype(np.float32) * self._weights[distinct]
        lengths = np.sqrt(np.add.reduceat(self._squares[tokens], starts))
        likeness[:, known] = np.add.reduceat(scores.take(places[tokens], axis=1), starts, axis=1) / lengths
        return likeness


class TransformerEmbedder:
    """Any other sentence-transformers model that lies on this machine: a folder, or a name that was downloaded before.

    Questions and passages get the prompts of the model's configuration, or those of PROMPTS where its name says which.
    """

    batch = 256

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # loading takes no time
        prompts = next((prompts for family, prompts in PROMPTS.items() if family in Path(name).name), None)
        try:
            self._model = SentenceTransformer(name, device="cpu", local_files_only=True, prompts=prompts)
        except (OSError, ValueError) as e:
            raise ModelError(
                f"the embedder {name!r} is not on this machine: {str(e).splitlines()[0]}; unset RAG_EMBEDDER"
            ) from e
        self.name = f"{name} {_fingerprint(_located(name)):08x}"

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_query(list(texts), show_progress_bar=False))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._model.encode_document(list(texts), show_progress_bar=False))


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def _located(name: str) -> Path:
    """The folder of a model: itself, or the downloaded revision that its name stands for."""
    from huggingface_hub import try_to_load_from_cache

    cached = None if Path(name).exists() else try_to_load_from_cache(name, "config.json")
    return Path(cached).parent if isinstance(cached, str) else Path(name)


def _fingerprint(folder: Path) -> int:
    """Tells two models of one name apart: a checksum of the sizes and beginnings of the files."""
    checksum = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as opened:
            checksum = zlib.crc32(
                opened.read(_FINGERPRINT_BYTES), zlib.crc32(str(file.stat().st_size).encode(), checksum)
            )
    return checksum
