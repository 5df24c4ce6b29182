"""The network: a BERT for tokens, 6 layers of 384, rebuilt in PyTorch from Rampart's ONNX file.

Rampart (National Design Studio, CC BY 4.0) ships its weights as 4-bit blocks
and bytes; unpacked they give the same logits to 1e-5. Six output rows are added
with weights of zero and a bias of -3: at the first step it is Rampart exactly.
The vocabulary has no case; that of a word comes in as its token type (rows 1 to 3
of an embedding that BERT keeps for second sentences), which begins as row 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from guardrail.detect.cases import CASES
from train.labels import ADDED, ROWS, START_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["HEADS", "HIDDEN", "LAYERS", "Network", "name_of", "weights_of"]

LAYERS = 6
HIDDEN = 384
HEADS = 12
INNER = 1536
VOCABULARY = 19730
POSITIONS = 512
NEW_BIAS = -3.0  # of the added rows: unlikely until they learn


class Layer(nn.Module):
    """One layer of the encoder, with BERT's names of its parts."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.inner = nn.Linear(HIDDEN, INNER)
        self.outer = nn.Linear(INNER, HIDDEN)
        self.last_norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.drop = drop

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the states of shape (texts, tokens, HIDDEN) after this layer."""
        shape = (*states.shape[:2], HEADS, HIDDEN // HEADS)
        query, key, value = (
            part(states).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = self.out(mixed.transpose(1, 2).reshape(states.shape))
        mixed = functional.dropout(mixed, self.drop, self.training)
        states = self.norm(states + mixed)
        more = self.outer(functional.gelu(self.inner(states)))
        return self.last_norm(states + functional.dropout(more, self.drop, self.training))


class Network(nn.Module):
    """Tokens in, logits of ROWS rows out."""

    def __init__(self, *, layers: int = LAYERS, drop: float = 0.0) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.types = nn.Embedding(CASES, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer(drop) for _ in range(layers))
        self.head = nn.Linear(HIDDEN, ROWS)

    def forward(self, ids: Tensor, present: Tensor, cases: Tensor) -> Tensor:
        """Return logits (texts, tokens, ROWS) for token ids, a 0/1 mask and cases of the same shape."""
        places = torch.arange(ids.shape[1])
        states = self.words(ids) + self.positions(places) + self.types(cases)
        states = self.norm(states)
        mask = present[:, None, None, :].bool()
        for layer in self.layers:
            states = layer(states, mask)
        return self.head(states)

    @classmethod
    def load(cls, path: Path) -> Network:
        """Return the network with Rampart's weights, from its `model_q4.onnx`."""
        return cls.of(weights_of(path))

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[np.float32]]) -> Network:
        """Return the network with these weights, by its own names."""
        network = cls()
        network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
        return network

    def freeze(self, *, layers: int) -> None:
        """Hold the embeddings (but of case) and the first `layers` layers still."""
        for part in (self.words, self.positions, self.norm, *self.layers[:layers]):
            for parameter in part.parameters():
                parameter.requires_grad = False


def weights_of(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the weights in the ONNX file by this network's names, unpacked to fp32."""
    from guardrail.detect.quantize import unpack_blocks  # noqa: PLC0415 - the one unpacker there is

    graph = onnx.load(path).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found: dict[str, NDArray[np.float32]] = {}
    for part, name in (("words", "word"), ("positions", "position"), ("types", "token_type")):
        source = f"bert.embeddings.{name}_embeddings.weight"
        zero = tensors[f"{source}_zero_point"].astype(np.float32)
        packed = tensors[f"{source}_quantized"].astype(np.float32)
        found[f"{part}.weight"] = (packed - zero) * tensors[f"{source}_scale"]
    found["types.weight"] = np.repeat(found["types.weight"][:1], CASES, axis=0)
    found |= {f"norm.{kind}": tensors[f"bert.embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")}
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            continue
        size = {attribute.name: attribute.i for attribute in node.attribute}
        blocks, scales = tensors[node.input[1]], tensors[node.input[2]]
        matrix = unpack_blocks(blocks, scales.reshape(blocks.shape[:2]), rows=size["K"])
        source = node.name.strip("/").replace("/", ".").removesuffix(".MatMul_Q4")
        found[f"{name_of(source)}.weight"] = np.ascontiguousarray(matrix.T)
        found[f"{name_of(source)}.bias"] = tensors[f"{source}.bias"]
    for at in range(LAYERS):
        for ours, theirs in (("norm", "attention.output"), ("last_norm", "output")):
            for kind in ("weight", "bias"):
                found[f"layers.{at}.{ours}.{kind}"] = tensors[
                    f"bert.encoder.layer.{at}.{theirs}.LayerNorm.{kind}"
                ]
    head, bias = found["head.weight"], found["head.bias"]
    assert head.shape == (START_ROWS, HIDDEN)
    found["head.weight"] = np.concatenate([head, np.zeros((len(ADDED), HIDDEN), np.float32)])
    found["head.bias"] = np.concatenate([bias, np.full(len(ADDED), NEW_BIAS, np.float32)])
    return {name: np.ascontiguousarray(value, dtype=np.float32).copy() for name, value in found.items()}


def name_of(source: str) -> str:
    """Return our name of a part that the ONNX file calls `source`."""
    if source == "classifier":
        return "head"
    at = source.split(".")[3]
    kinds = {
        "attention.self.query": "query",
        "attention.self.key": "key",
        "attention.self.value": "value",
        "attention.output.dense": "out",
        "intermediate.dense": "inner",
        "output.dense": "outer",
    }
    return f"layers.{at}.{kinds[source.split('.', 4)[4]]}"
