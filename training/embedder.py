"""Makes the shipped embedder: `python -m training.embedder --data ../shared/data --out rag/models/shipped`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from model2vec import StaticModel
from torch import nn

from training import contrast, figures, folder
from training.batches import Batches
from training.pairs import Data, read
from training.tokens import train_tokenizer

SEED = 7
PIECES = 32_000
DIMENSIONS = 256
BATCH = 2048
STEPS = 3000
RATE = 0.02
TEMPERATURE = 0.08
THINNING = 0.6
SHARES = {"wiki": 3, "english": 3, "parallel": 3, "titles": 0.5, "egyptian": 0.5, "wordnet": 1, "names": 0.7}
"""How often each task gives the batch; this and the numbers above were chosen by the runs in docs/log.md."""


def vocabulary_texts(data: Data) -> list[str]:
    """What the tokenizer learns from: pairs with an English side (parallel ones twice), half of Wikipedia."""
    texts = [text for pair in data.tasks["parallel"] for text in pair] * 2
    texts += [text for name in ("wordnet", "names") for pair in data.tasks[name] for text in pair]
    return texts + [sentence for run in data.passages[::2] for sentence in run]


def make(source: Path, out: Path, steps: int = STEPS) -> dict[str, float]:
    """Trains the model, writes it to `out` with figures.json, and gives the figures of the written model."""
    begun = time.monotonic()
    torch.manual_seed(SEED)
    data = read(source, SEED)
    tokenizer = train_tokenizer(vocabulary_texts(data), PIECES)
    batches = Batches(data, tokenizer, SHARES, BATCH, THINNING, SEED)
    table = nn.EmbeddingBag(tokenizer.get_vocab_size(), DIMENSIONS)
    nn.init.normal_(table.weight, std=0.1)
    contrast.train(table, batches, steps, RATE, TEMPERATURE)
    folder.write(out, tokenizer, table.weight.detach().numpy())
    model = StaticModel.from_pretrained(out, max_length=None)
    found = figures.measure(lambda texts: np.asarray(model.encode(list(texts))), data)
    (out / "figures.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found | {"seconds": round(time.monotonic() - begun)}


def main() -> None:
    """Reads the arguments, makes the model and prints its figures."""
    parser = argparse.ArgumentParser(prog="python -m training.embedder", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    for name, value in make(arguments.data, arguments.out, arguments.steps).items():
        print(f"{name:42} {value}")


if __name__ == "__main__":
    main()
