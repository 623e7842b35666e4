"""The model folder that sentence-transformers and model2vec both read, and the way back from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

_MODULES = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
_NORMALIZE = "sentence_transformers.base.modules.normalize.Normalize"


def quantise(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eight-bit rows and one scale a row, so that rows × scale gives the table to 1/254 of its largest number."""
    scale = np.maximum(np.abs(table).max(axis=1), 1e-8).astype(np.float32) / 127
    return np.rint(table / scale[:, None]).astype(np.int8), scale


def write(folder: Path, tokenizer: Tokenizer, table: np.ndarray) -> None:
    """Writes `table` (tokens × dimensions) with its tokenizer; other files in the folder stay.

    Eight-bit rows with a scale each are the one compact form that both libraries turn into float32: with float16
    weights sentence-transformers works in float16 and gives NaN for a text without tokens.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1_Normalize").mkdir(exist_ok=True)
    rows, scale = quantise(table)
    save_file({"embeddings": rows, "weights": scale}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    files = {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": _MODULES},
            {"idx": 1, "name": "1", "path": "1_Normalize", "type": _NORMALIZE},
        ],
        "1_Normalize/config.json": {},
        "config_sentence_transformers.json": {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine"},
        "config.json": {"model_type": "model2vec", "normalize": True, "max_length": None, "hidden_dim": table.shape[1]},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
