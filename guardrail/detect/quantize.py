"""Requantize Rampart once: 4-bit weights become dynamic int8, which CPUs multiply faster.

The shipped graph holds its 37 weight matrices as 4-bit blocks (`MatMulNBits`,
com.microsoft). Each is unpacked to fp32, which changes no output, and packed as
int8 per output channel with seven significant bits: CPUs without VNNI add pairs
of products in 16 bits and would overflow with eight ("reduce_range"). Inputs
are quantized at run time by `DynamicQuantizeLinear`. The result depends on the
input alone, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RECIPE", "quantize_channels", "requantize", "unpack_blocks"]

RECIPE: Final = "int8-1"
LIMIT: Final = 64  # seven significant bits, symmetric


def unpack_blocks(
    packed: NDArray[np.uint8], scales: NDArray[np.float32], *, rows: int
) -> NDArray[np.float32]:
    """Unpack 4-bit blocks to a matrix of shape (`rows`, columns).

    `packed` has shape (columns, blocks, bytes per block), two values per byte, the
    low half first; the zero point is 8 (ONNX Runtime's contrib operator MatMulNBits).
    """
    import numpy as np  # noqa: PLC0415 - an extra brings it

    columns, blocks, size = packed.shape
    values = np.empty((columns, blocks, 2 * size), np.float32)
    values[:, :, 0::2] = packed & 15
    values[:, :, 1::2] = packed >> 4
    values = (values - 8) * scales.reshape(columns, blocks, 1)
    return np.ascontiguousarray(values.reshape(columns, -1)[:, :rows].T)


def quantize_channels(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize each column symmetrically to -64..64; return the integers and the column scales."""
    import numpy as np  # noqa: PLC0415 - an extra brings it

    peak = np.abs(weights).max(axis=0)
    scale = np.where(peak > 0, peak / LIMIT, 1).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale


def requantize(source: bytes, *, progress: Callable[[float], None] | None = None) -> bytes:
    """Return the int8 form of the 4-bit ONNX model `source`. Takes about a second."""
    import onnx  # noqa: PLC0415 - an extra brings it, and it is heavy

    model = onnx.load_model_from_string(source)
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    packed = [node for node in graph.node if node.op_type == "MatMulNBits"]
    nodes: list[Any] = []
    dropped: set[str] = set()
    quantized: set[str] = set()
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            nodes.append(node)
            continue
        nodes += _int8_nodes(node, tensors, graph, quantized)
        dropped.update(node.input[1:])
        if progress is not None:
            progress(len(dropped) / 2 / len(packed))
    kept = [tensor for tensor in graph.initializer if tensor.name not in dropped]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return model.SerializeToString(deterministic=True)  # type: ignore[no-any-return]


def _int8_nodes(node: Any, tensors: dict[str, Any], graph: Any, quantized: set[str]) -> list[Any]:  # noqa: ANN401 - onnx has no types
    """Return the nodes that compute what `node` does, in int8; add their weights to `graph`."""
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 - heavy

    size = {attribute.name: attribute.i for attribute in node.attribute}
    blocks, scales = (numpy_helper.to_array(tensors[name]) for name in node.input[1:3])
    weights, scale = quantize_channels(
        unpack_blocks(blocks, scales.reshape(blocks.shape[:2]), rows=size["K"])
    )
    entry, name, out = node.input[0], node.input[1], node.output[0]
    graph.initializer.append(numpy_helper.from_array(weights, f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    made = []
    if entry not in quantized:  # query, key and value read one input: quantize it once
        quantized.add(entry)
        made.append(
            helper.make_node(
                "DynamicQuantizeLinear", [entry], [f"{entry}_q", f"{entry}_scale", f"{entry}_zero"]
            )
        )
    product, factor = f"{out}_int32", f"{out}_factor"
    made += [
        helper.make_node("MatMulInteger", [f"{entry}_q", f"{name}_int8", f"{entry}_zero"], [product]),
        helper.make_node("Cast", [product], [f"{product}_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{entry}_scale", f"{name}_scale"], [factor]),
        helper.make_node("Mul", [f"{product}_f", factor], [out], name=node.name),
    ]
    return made
