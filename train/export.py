"""The tuned weights back into the ONNX graph they came from, as dynamic int8 in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from guardrail.detect.quantize import quantize_channels
from train.labels import ROWS
from train.network import LAYERS, name_of
from train.own import table_of

if TYPE_CHECKING:
    from pathlib import Path

    import torch

__all__ = ["export"]


def export(source: Path, weights: dict[str, torch.Tensor]) -> bytes:
    """Return `source` with these weights, every matrix as int8 per output channel."""
    model = onnx.load(source)
    graph = model.graph
    values = {name: value.detach().float().numpy() for name, value in weights.items()}
    replaced: dict[str, np.ndarray] = {}
    nodes, dropped, quantized = [], set(), set()
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            nodes.append(node)
            continue
        place = node.name.strip("/").replace("/", ".").removesuffix(".MatMul_Q4")
        ours = name_of(place)
        nodes += _int8(node, values[f"{ours}.weight"].T, graph, quantized)
        replaced[f"{place}.bias"] = values[f"{ours}.bias"]
        dropped.update(node.input[1:])
    for at in range(LAYERS):
        for ours, theirs in (("norm", "attention.output"), ("last_norm", "output")):
            for kind in ("weight", "bias"):
                replaced[f"bert.encoder.layer.{at}.{theirs}.LayerNorm.{kind}"] = values[
                    f"layers.{at}.{ours}.{kind}"
                ]
    replaced |= table_of("token_type", values["types.weight"])
    kept = []
    for tensor in graph.initializer:
        if tensor.name in replaced:
            new = replaced.pop(tensor.name)
            kept.append(numpy_helper.from_array(np.ascontiguousarray(new), tensor.name))
        elif tensor.name not in dropped:
            kept.append(tensor)
    assert not replaced, sorted(replaced)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    graph.output[0].type.tensor_type.shape.dim[-1].dim_value = ROWS
    del graph.value_info[:]
    return model.SerializeToString(deterministic=True)


def _int8(node, weights, graph, quantized):
    matrix, scale = quantize_channels(np.ascontiguousarray(weights, np.float32))
    entry, name, out = node.input[0], node.input[1], node.output[0]
    graph.initializer.append(numpy_helper.from_array(matrix, f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    made = []
    if entry not in quantized:
        quantized.add(entry)
        made.append(
            helper.make_node(
                "DynamicQuantizeLinear", [entry], [f"{entry}_q", f"{entry}_scale", f"{entry}_zero"]
            )
        )
    product, factor = f"{out}_int32", f"{out}_factor"
    return [
        *made,
        helper.make_node("MatMulInteger", [f"{entry}_q", f"{name}_int8", f"{entry}_zero"], [product]),
        helper.make_node("Cast", [product], [f"{product}_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{entry}_scale", f"{name}_scale"], [factor]),
        helper.make_node("Mul", [f"{product}_f", factor], [out], name=node.name),
    ]
