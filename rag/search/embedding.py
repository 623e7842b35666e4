"""Texts to unit vectors, by a sentence-transformers model on this machine; nothing is downloaded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.arabic.folding import MARKS
from rag.errors import ModelError

_MEND = "install the program again"
PROMPTS = {"multilingual-e5": {"query": "query: ", "document": "passage: "}}
"""Prompts that a family of models was trained with, but does not name in its configuration (its model card does)."""
_FINGERPRINT_BYTES = 1 << 16
_AT_ONCE = 256
_REMEMBERED = 500_000
"""Stretches of letters whose tokens are kept in memory (130 MB)."""
SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped"


class Embedder(Protocol):
    """Gives float32 vectors of length one, shape (texts, dimensions); a text without any known token gets zeros."""

    name: str

    def questions(self, texts: Sequence[str]) -> np.ndarray: ...

    def passages(self, texts: Sequence[str]) -> np.ndarray: ...


class StaticEmbedder:
    """A sentence-transformers StaticEmbedding folder, read by model2vec: the same vectors without importing torch.

    Its tokenizer never joins what white space parts, so that the tokens of each stretch of letters are remembered.
    """

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
        self._tokens: dict[str, np.ndarray] = {}

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        listed = [text.split() for text in texts]
        known = self._known(set(chain.from_iterable(listed)))
        vectors = np.zeros((len(listed), self._model.dim), np.float32)
        for i, stretches in enumerate(listed):
            if stretches:
                tokens = np.concatenate([known[stretch] for stretch in stretches])
                vectors[i] = self._model.weights.take(tokens) @ self._model.embedding.take(tokens, axis=0)
        return _unit(vectors)

    def likeness(self, asked: Sequence[str], found: Sequence[str]) -> np.ndarray:
        """About the cosine of each of some words with each of others, shape (asked, found); 0 for a word without tokens.

        The length of a vector is taken as though the word's tokens stood at right angles, which ranks as well as the true
        length and needs no vector of any of the words that were found.
        """
        tokens_of = self._known(set(found))
        listed = [tokens_of[word] for word in found]
        counts = np.array([len(tokens) for tokens in listed])
        likeness = np.zeros((len(asked), len(found)), np.float32)
        if not counts.any():
            return likeness
        known = counts > 0
        starts = np.concatenate(([0], counts[known].cumsum()[:-1]))
        tokens, places = np.unique(np.concatenate(listed), return_inverse=True)
        rows = self._model.embedding[tokens] * self._model.weights[tokens, None]
        scores = self.questions(asked) @ rows.T
        squares = np.einsum("ij,ij->i", rows, rows)
        lengths = np.sqrt(np.add.reduceat(squares[places], starts))
        likeness[:, known] = np.add.reduceat(scores[:, places], starts, axis=1) / lengths
        return likeness

    def _known(self, stretches: set[str]) -> dict[str, np.ndarray]:
        """The tokens of these stretches of letters and of others; a thread keeps what it got when another one forgets."""
        if len(self._tokens) > _REMEMBERED:
            self._tokens = {}
        tokens = self._tokens
        bare = {stretch: stretch.strip(MARKS) for stretch in stretches.difference(tokens)}
        tokens |= self._tokenised([text for text in set(bare.values()) if text not in tokens])
        tokens |= {stretch: tokens[text] for stretch, text in bare.items()}
        return tokens

    def _tokenised(self, stretches: Sequence[str]) -> dict[str, np.ndarray]:
        """The tokens of each; the tokenizer gets many at once, since it takes more time to begin than for a word."""
        runs = [stretches[i : i + _AT_ONCE] for i in range(0, len(stretches), _AT_ONCE)]
        texts = ["\n".join(run) for run in runs]
        found: dict[str, np.ndarray] = {}
        for run, encoding in zip(
            runs, self._model.tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
        ):
            ends = np.cumsum([len(stretch) + 1 for stretch in run])
            firsts = np.searchsorted([start for start, _ in encoding.offsets], ends[:-1])
            found |= zip(run, np.split(np.array(encoding.ids, np.intp), firsts), strict=True)
        return found


class TransformerEmbedder:
    """Any other sentence-transformers model that lies on this machine: a folder, or a name that was downloaded before.

    Questions and passages get the prompts of the model's configuration, or those of PROMPTS where its name says which.
    """

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
