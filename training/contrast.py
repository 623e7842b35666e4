"""The training loop: an embedding table by InfoNCE over bags of tokens with in-batch negatives."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.bags import Bags
from training.batches import Batch


def unit(table: nn.EmbeddingBag, bags: Bags) -> torch.Tensor:
    """Unit vectors, one row a text; the zero vector for a text without tokens."""
    ids, starts = torch.from_numpy(bags.ids.astype(np.int64)), torch.from_numpy(bags.starts[:-1])
    return F.normalize(table(ids, starts), dim=1)


def train(table: nn.EmbeddingBag, batches: Iterable[Batch], steps: int, rate: float, temperature: float) -> float:
    """Trains `table` in place for `steps` batches and gives the mean loss of the last fifty.

    The rate rises over twenty steps and falls linearly to zero.
    """
    optimizer = torch.optim.Adam(table.parameters(), lr=rate, betas=(0.9, 0.99), fused=True)
    losses: list[float] = []
    for step, (left, right) in zip(range(steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 20) * (1 - step / steps)
        scores = unit(table, left) @ unit(table, right).T / temperature
        target = torch.arange(len(scores))
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses[-50:]))
