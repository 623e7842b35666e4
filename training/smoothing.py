"""Where a layer's states are scaled, channel by channel, before they become eight bits, and its matrices the other way round, so that a few
large channels do not take the numbers from the others (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.cross import Layer

SHARE = 0.65
"""Of the largest states' spread that is moved into the matrices; the cosine with unquantised vectors was .9967 without, .9988 with .65,
.9970 with .5 and .9984 with .8."""
_LEAST = 1e-3
JOINED: dict[str, Sequence[str]] = {"qkv": "qkv", "ao": ("ao",), "fi": ("fi",), "fo": ("fo",)}
"""The matrices that take the same states, by the name of their scales."""


def scales(layers: Sequence[Layer], read: Callable[[], object]) -> dict[str, np.ndarray]:
    """What the states before each matrix are divided by, shape (width,), as "l0.qkv", "l0.fo" and so on.

    read: has the layers read texts such as they will read.
    """
    largest: dict[str, Tensor] = {}

    def seen(name: str) -> Callable[[Any, tuple[Tensor, ...]], None]:
        def look(_: Any, given: tuple[Tensor, ...]) -> None:
            here = given[0].detach().abs().amax(dim=(0, 1))
            largest[name] = torch.maximum(largest.get(name, here), here)

        return look

    hooks = []
    matrices: dict[str, Tensor] = {}
    for i, layer in enumerate(layers):
        for name, parts in JOINED.items():
            first = layer.get_submodule(parts[0])
            hooks.append(first.register_forward_pre_hook(seen(f"l{i}.{name}")))
            weights = torch.cat([layer.get_parameter(f"{part}.weight") for part in parts])
            matrices[f"l{i}.{name}"] = weights.detach().abs().amax(dim=0)
    with torch.no_grad():
        read()
    for hook in hooks:
        hook.remove()
    return {
        name: (states.clamp(min=_LEAST) ** SHARE / matrices[name].clamp(min=_LEAST) ** (1 - SHARE)).numpy()
        for name, states in largest.items()
    }
