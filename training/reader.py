"""Makes the reader (`rag.answer.reader`) of multilingual-e5-small: two hours on two cores.

    python -m training.reader --data ../shared/data --cache build/reader --out rag/models/shipped

The encoder stays as it is: its vocabulary is cut, its matrices are brought from four bits to the eight that ONNX Runtime
multiplies, and its words stay in their four. The layers that read question and passage together are trained (`training.cross`).
Writes the files, and beside them `reader_figures.json`: what they reach on what is held out, and which data they come from.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from onnx import TensorProto

from datasets.reading import ENGLISH
from rag.answer.reader import CROSS, END, LOWER, OPEN, PASSAGE, TOKENIZER, UPPER, Pair, joined
from training.base import Base, base
from training.cross import FROZEN, CrossReader, Encoder, in_chunks, train
from training.graph import Graph
from training.layers import embedded, layer
from training.provenance import made
from training.reading import examples
from training.smoothing import scales

SEED, EPOCHS = 20, 3
FIGURES = "reader_figures.json"
_TEXTS, _CALIBRATED = 60, 300
"""Texts by which the scales of eight bits are found, and their tokens at most."""
DATA = ("arcd.jsonl", "xquad_ar.jsonl", "arwiki.jsonl.zst")


def write_encoder(start: Base, texts: Sequence[str], lower: Path, upper: Path) -> None:
    """Writes the encoder in two parts: the states of the layers that stay, of tokens; and, of these, those of the last layer.

    texts: some such as it will see.
    """
    module = Encoder(start)
    tokens = [[OPEN, *start.tokenizer.encode(text).ids[:_CALIBRATED], END] for text in texts]
    smooth = scales(module.layers, lambda: [module([some]) for some in tokens])
    graph = Graph()
    states = embedded(graph, start, "tokens")
    for number in range(FROZEN):
        states = layer(graph, start, start.tensors, smooth, f"l{number}.", states)
    graph.write(lower, {"tokens": (TensorProto.INT32, (1, "tokens"))}, {"lower": states})
    graph = Graph()
    states = "lower"
    for number in range(FROZEN, start.layers):
        states = layer(graph, start, start.tensors, smooth, f"l{number}.", states)
    graph.write(upper, {"lower": _states(start)}, {"states": states})


def write_cross(start: Base, reader: CrossReader, pairs: Sequence[Pair], out: Path) -> None:
    """Writes the layers that read question and sentence together, with their heads. pairs: some such as they will read.

    Of the lower states and the places of question and sentence: the log odds that the sentence is the one that answers and that it
    does at all, and of each of its tokens as the answer's first and last one.
    """
    smooth = scales([*reader.trained()], lambda: in_chunks(reader, pairs))
    trained = {name: values.numpy() for name, values in reader.state_dict().items()}
    graph, names = Graph(), {"weight": "w", "bias": "b"}
    tensors = {}
    for name, values in trained.items():
        if name.startswith("layers."):
            _, number, part, kind = name.split(".")
            tensors[f"l{number}.{part}.{names[kind]}"] = values
    x = "lower"
    for i in range(start.layers - FROZEN):
        x = layer(graph, start, tensors, smooth, f"l{i}.", x)
    zero, one, two = (graph.constant(f"number {i}", np.array([i], np.int64)) for i in range(3))
    x = graph.node("Squeeze", x, zero)

    def rows(span: str) -> str:
        begin, end = (graph.node("Slice", span, *ends) for ends in ((zero, one), (one, two)))
        return graph.node("Slice", x, begin, end, zero)

    def head(name: str, states: str) -> str:
        given = (graph.constant(f"{name}.{part}", trained[f"{name}.{part}"]) for part in ("weight", "bias"))
        return graph.node("Gemm", states, *given, transB=1)

    own = rows("sentence")
    asked, said = (graph.node("ReduceMean", states, zero, keepdims=1) for states in (rows("question"), own))
    product, apart = graph.node("Mul", asked, said), graph.node("Abs", graph.node("Sub", asked, said))
    whole = graph.node("Concat", graph.node("Slice", x, zero, one, zero), said, product, apart, axis=1)
    units = (graph.node("LpNormalization", states, axis=1, p=2) for states in (asked, said))
    cosine = graph.node("ReduceSum", graph.node("Mul", *units), one, keepdims=1)
    near = graph.constant("near", np.array([[trained["near"], 0]], np.float32))
    odds = graph.node("Add", head("score", whole), graph.node("Mul", cosine, near))
    place = TensorProto.INT64, (2,)
    inputs = {"lower": _states(start), "question": place, "sentence": place}
    graph.write(out, inputs, {"odds": odds, "answer": head("tokens", own)})


def _states(start: Base) -> tuple[int, tuple[int | str, ...]]:
    return TensorProto.FLOAT, (1, "tokens", start.tensors["emb.pos"].shape[1])


def main() -> None:
    """Reads, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {', '.join(DATA)}")
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of the two packages, which are downloaded where it lacks them"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    start = base(given.cache)
    found = list(examples(given.data, SEED))
    texts = Random(SEED).sample([example.right for example in found], _TEXTS)
    write_encoder(start, [PASSAGE + text.sentence for text in texts], given.out / LOWER, given.out / UPPER)
    start.tokenizer.save(str(given.out / TOKENIZER), pretty=False)
    torch.manual_seed(SEED)
    torch.set_num_threads(os.cpu_count() or 1)
    reader = CrossReader(start)
    reached = train(reader, start.tokenizer, found, EPOCHS, SEED, given.cache)
    some = Random(SEED).sample(found, _TEXTS)
    pairs = [joined(start.tokenizer, one.question, one.right.before, one.right.sentence) for one in some]
    write_cross(start, reader, pairs, given.out / CROSS)
    provenance = made(
        "python -m training.reader --data DATA --cache CACHE --out rag/models/shipped",
        [*(given.data / name for name in DATA), ENGLISH],
    )
    (given.out / FIGURES).write_text(json.dumps({"made": provenance, "held out": reached}, indent=2) + "\n")


if __name__ == "__main__":
    main()
