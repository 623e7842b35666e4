"""An ONNX graph as it is put together, with the fused operators of ONNX Runtime, and its file with weights in eight bits."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

_OPSET, _FUSED = 21, "com.microsoft"


class Graph:
    """Nodes and constants, as they are added; each node gives one value, named as itself."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def four_bits(self, name: str, numbers: np.ndarray) -> str:
        """A constant of numbers from −8 to 7, two a byte, the first in the low half."""
        halves = numbers.reshape(-1, 2).view(np.uint8) & 15
        packed = (halves[:, 0] | halves[:, 1] << 4).tobytes()
        self._constants.append(helper.make_tensor(name, TensorProto.INT4, numbers.shape, packed, raw=True))
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, domain=domain, **attributes))
        return name

    def split(self, states: str, parts: int) -> list[str]:
        """The states, cut along their last axis into parts of the same width."""
        names = [f"{states}.{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [states], names, f"Split_{states}", axis=-1, num_outputs=parts))
        return names

    def fused(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """An operator that ONNX Runtime adds to ONNX's own."""
        return self.node(kind, *inputs, domain=_FUSED, **attributes)

    def write(
        self, out: Path, inputs: Mapping[str, tuple[int, Sequence[str | int]]], outputs: Mapping[str, str]
    ) -> None:
        """Writes the graph with its matrices in eight bits a number (seven are used: AVX2 would overflow) and a scale a column.

        inputs: the type and the axes of each. outputs: the values that are given, by their names.
        """
        for name, value in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        graph = helper.make_graph(
            self._nodes, "reader",
            [helper.make_tensor_value_info(name, kind, axes) for name, (kind, axes) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self._constants,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "whole.onnx"
            onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), whole)
            quantize_dynamic(
                whole, out, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True,
                weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT},
            )  # fmt: skip
