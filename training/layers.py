"""Layers of BERT (Devlin et al. 2019, arXiv 1810.04805) in an ONNX graph, over the states of one text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import TensorProto

from training.base import BLOCK, Base
from training.graph import Graph
from training.smoothing import JOINED


def embedded(graph: Graph, base: Base, tokens: str) -> str:
    """Adds the words and places of tokens, of shape (1, tokens): states of shape (1, tokens, width)."""
    numbers, scales = base.words
    words = graph.four_bits("words", numbers), tokens, graph.constant("scales", scales.astype(np.float16))
    row = graph.fused("GatherBlockQuantized", *words, block_size=BLOCK, gather_axis=0, quantize_axis=1)
    zero, one, two = (graph.constant(f"at {i}", np.array([i], np.int64)) for i in range(3))
    length = graph.node("Slice", graph.node("Shape", tokens), one, two)
    places = graph.constant("places", (base.tensors["emb.pos"] + base.tensors["emb.type"][0]).astype(np.float16))
    place = graph.node("Slice", places, zero, length, zero)
    summed = graph.node("Add", *(graph.node("Cast", part, to=TensorProto.FLOAT) for part in (row, place)))
    norm = [graph.constant(f"emb.ln.{part}", base.tensors[f"emb.ln.{part}"]) for part in "wb"]
    return graph.node("LayerNormalization", summed, *norm, epsilon=base.epsilon)


def layer(
    graph: Graph, base: Base, tensors: Mapping[str, np.ndarray], scales: Mapping[str, np.ndarray], prefix: str, x: str
) -> str:
    """Adds a layer over the states x, shape (1, tokens, width).

    tensors: named as those of `Base`, "l0.q.w" with the prefix "l0." and so on. scales: as `training.smoothing` gives them.
    """

    def given(part: str) -> str:
        return graph.constant(prefix + part, tensors[prefix + part])

    def times(states: str, name: str) -> str:
        """The states, scaled, times the matrices that take them, with their biases."""
        parts = JOINED[name]
        scaled = graph.node("Mul", states, graph.constant(f"{prefix}{name}.scale", 1 / scales[prefix + name]))
        weights = np.concatenate([tensors[f"{prefix}{part}.w"] for part in parts]) * scales[prefix + name]
        biases = np.concatenate([tensors[f"{prefix}{part}.b"] for part in parts])
        product = graph.node("MatMul", scaled, graph.constant(f"{prefix}{name}.w", weights.T))
        return graph.node("Add", product, graph.constant(f"{prefix}{name}.b", biases))

    def normed(before: str, added: str, norm: str) -> str:
        inputs = [graph.constant(f"{prefix}{norm}.{part}", tensors[f"{prefix}{norm}.{part}"]) for part in "wb"]
        return graph.node("LayerNormalization", graph.node("Add", before, added), *inputs, epsilon=base.epsilon)

    looked = graph.fused("MultiHeadAttention", *graph.split(times(x, "qkv"), 3), num_heads=base.heads)
    x = normed(x, times(looked, "ao"), "aln")
    return normed(x, times(graph.fused("Gelu", times(x, "fi")), "fo"), "oln")
