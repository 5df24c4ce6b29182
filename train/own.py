"""Train on from a model of ours: its weights out of the int8 graph, and new ones into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnx import numpy_helper

from guardrail.detect.cases import CASES
from guardrail.detect.quantize import quantize_channels
from train.network import LAYERS, name_of

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["put_back", "weights_of"]

_TABLES: Final = {"words": "word", "positions": "position", "types": "token_type"}


def weights_of(model: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the weights in a graph that `train.export` made, by the network's names, as fp32."""
    graph = onnx.load_model_from_string(model).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found: dict[str, NDArray[np.float32]] = {}
    for ours, theirs in _TABLES.items():
        name = f"bert.embeddings.{theirs}_embeddings.weight"
        whole = tensors[f"{name}_quantized"].astype(np.float32) - tensors[f"{name}_zero_point"]
        found[f"{ours}.weight"] = whole * tensors[f"{name}_scale"]
    if len(found["types.weight"]) < CASES:
        found["types.weight"] = np.repeat(found["types.weight"][:1], CASES, axis=0)
    for place, weight in _matrices(graph):
        matrix = tensors[weight].astype(np.float32) * tensors[weight.removesuffix("_int8") + "_scale"]
        found[f"{name_of(place)}.weight"] = matrix.T
        found[f"{name_of(place)}.bias"] = tensors[f"{place}.bias"]
    for ours, theirs in _norms():
        found[ours] = tensors[theirs]
    return {name: np.ascontiguousarray(value, np.float32).copy() for name, value in found.items()}


def put_back(model: bytes, weights: dict[str, torch.Tensor]) -> bytes:
    """Return the graph with these weights in place of its own: int8 per channel, as it was."""
    whole = onnx.load_model_from_string(model)
    values = {name: value.detach().float().numpy() for name, value in weights.items()}
    new: dict[str, NDArray[Any]] = {}
    for place, weight in _matrices(whole.graph):
        matrix, scale = quantize_channels(np.ascontiguousarray(values[f"{name_of(place)}.weight"].T))
        new |= {weight: matrix, weight.removesuffix("_int8") + "_scale": scale}
        new[f"{place}.bias"] = values[f"{name_of(place)}.bias"]
    new |= {theirs: values[ours] for ours, theirs in _norms()}
    new |= table_of("token_type", values["types.weight"])
    for tensor in whole.graph.initializer:
        if tensor.name in new:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(new[tensor.name]), tensor.name))
    return whole.SerializeToString(deterministic=True)


def table_of(kind: str, matrix: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return an embedding as bytes, with its scale and zero point, by the graph's names."""
    low, high = min(float(matrix.min()), 0.0), max(float(matrix.max()), 0.0)
    scale = np.float32((high - low) / 255)
    zero = np.uint8(round(-low / scale))
    packed = np.clip(np.round(matrix / scale) + zero, 0, 255).astype(np.uint8)
    name = f"bert.embeddings.{kind}_embeddings.weight"
    parts = {"quantized": packed, "scale": np.array(scale), "zero_point": np.array(zero)}
    return {f"{name}_{part}": value for part, value in parts.items()}


def _matrices(graph: onnx.GraphProto) -> list[tuple[str, str]]:
    """Return (place, name of the int8 matrix) of each product."""
    found = []
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            place = node.output[0].removesuffix("_int32").removesuffix("_output_0").strip("/")
            found.append((place.replace("/", ".").removesuffix(".MatMul"), node.input[1]))
    return found


def _norms() -> list[tuple[str, str]]:
    kinds = ("weight", "bias")
    found = [(f"norm.{kind}", f"bert.embeddings.LayerNorm.{kind}") for kind in kinds]
    for at in range(LAYERS):
        for ours, theirs in (("norm", "attention.output"), ("last_norm", "output")):
            found += [
                (f"layers.{at}.{ours}.{kind}", f"bert.encoder.layer.{at}.{theirs}.LayerNorm.{kind}")
                for kind in kinds
            ]
    return found
