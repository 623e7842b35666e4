"""Writes the reader's files (`rag.answer.reader`) from multilingual-e5-small: a minute on two cores.

    python -m training.reader --cache build/reader --out rag/models/shipped

The encoder is not trained: its vocabulary is cut, its matrices are brought from four bits to the eight that ONNX Runtime
multiplies, and its words stay in their four.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from onnx import TensorProto

from rag.answer.reader import FILES
from training.base import BLOCK, Base, base
from training.graph import Graph


def encoder(graph: Graph, base: Base, tokens: str, mask: str) -> str:
    """Adds the encoder: the states of the tokens, shape (texts, tokens, width)."""
    tensors = base.tensors

    def given(name: str) -> str:
        return graph.constant(name, tensors[name])

    numbers, scales = base.words
    words = graph.four_bits("words", numbers), tokens, graph.constant("scales", scales)
    row = graph.fused("GatherBlockQuantized", *words, block_size=BLOCK, gather_axis=0, quantize_axis=1)
    zero, one, two = (graph.constant(f"at {i}", np.array([i], np.int64)) for i in range(3))
    length = graph.node("Slice", graph.node("Shape", tokens), one, two)
    positions = graph.constant("positions", tensors["emb.pos"] + tensors["emb.type"][0])
    summed = graph.node("Add", row, graph.node("Slice", positions, zero, length, zero))
    x = graph.node("LayerNormalization", summed, given("emb.ln.w"), given("emb.ln.b"), epsilon=base.epsilon)
    for layer in range(base.layers):
        x = _layer(graph, base, layer, x, mask)
    return x


def _layer(graph: Graph, base: Base, layer: int, x: str, mask: str) -> str:
    """One layer of BERT (Devlin et al. 2019) over the states x."""
    tensors, prefix = base.tensors, f"l{layer}."

    def given(part: str) -> str:
        return graph.constant(prefix + part, tensors[prefix + part])

    def times(states: str, part: str) -> str:
        return graph.node("MatMul", states, graph.constant(f"{prefix}{part}.w", tensors[f"{prefix}{part}.w"].T))

    def normed(before: str, added: str, norm: str, bias: str) -> str:
        inputs = [given(f"{norm}.w"), given(f"{norm}.b"), given(f"{bias}.b")]
        return graph.fused("SkipLayerNormalization", before, added, *inputs, epsilon=base.epsilon)

    joined = graph.constant(
        f"{prefix}qkv.w", np.concatenate([tensors[f"{prefix}{part}.w"].T for part in "qkv"], axis=1)
    )
    biases = graph.constant(f"{prefix}qkv.b", np.concatenate([tensors[f"{prefix}{part}.b"] for part in "qkv"]))
    looked = graph.fused("Attention", x, joined, biases, mask, num_heads=base.heads)
    x = normed(x, times(looked, "ao"), "aln", "ao")
    inner = graph.fused("BiasGelu", times(x, "fi"), given("fi.b"))
    return normed(x, times(inner, "fo"), "oln", "fo")


def main() -> None:
    """Reads, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of the two packages, which are downloaded where it lacks them"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    start, graph, (model, tokenizer) = base(given.cache), Graph(), FILES
    axes = TensorProto.INT32, ("texts", "tokens")
    graph.write(given.out / model, {"tokens": axes, "mask": axes}, {"states": encoder(graph, start, "tokens", "mask")})
    start.tokenizer.save(str(given.out / tokenizer), pretty=False)


if __name__ == "__main__":
    main()
