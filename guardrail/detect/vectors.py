"""spaCy's token vectors without the price of its layers: the same sums, a half of the time for short texts.

The network (hash embeddings, then four layers that look one token to each side)
is a tree of some sixty Python objects that each wrap one product. Here are the
products alone, in the same order and by the same library, so that the vectors
are the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Vectors"]

EMBEDDED: Final = ("extract_features", "list2ragged", "with_array", "with_array", "ragged2list", "with_array")


@dataclass(frozen=True, slots=True)
class Layer:
    """A maxout layer and the normalization behind it."""

    weights: NDArray[np.float32]  # (outputs * pieces, inputs)
    bias: NDArray[np.float32]
    outputs: int
    gain: NDArray[np.float32]
    shift: NDArray[np.float32]

    def apply(self, ops: Any, values: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ANN401 - thinc's types are partial
        """Return the layer's output for rows of values."""
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        product = ops.gemm(values, self.weights, trans2=True)
        product += self.bias
        best, _ = ops.maxout(product.reshape(len(values), self.outputs, -1))
        count = np.float32(self.outputs)
        best -= np.add.reduce(best, axis=1, keepdims=True) / count
        spread = np.add.reduce(best * best, axis=1, keepdims=True) / count + np.float32(1e-08)
        best *= spread ** (-1.0 / 2.0)
        best *= self.gain
        best += self.shift
        result: NDArray[np.float32] = best
        return result


@dataclass(frozen=True, slots=True)
class Vectors:
    """A token-vector network of spaCy's usual shape."""

    ops: Any
    columns: Any
    tables: tuple[tuple[int, int, NDArray[np.float32]], ...]  # column, seed, rows
    mixed: Layer
    layers: tuple[Layer, ...]
    pad: int

    @classmethod
    def of(cls, model: Any) -> Vectors | None:  # noqa: ANN401 - thinc's types are partial
        """Return the network of `model`, or None where it has another shape."""
        try:
            return cls._read(model)
        except (AttributeError, KeyError, ValueError, TypeError):
            return None

    @classmethod
    def _read(cls, model: Any) -> Vectors | None:  # noqa: ANN401 - thinc's types are partial
        parts = list(_leaves(model))
        if (
            tuple(part.name.partition("(")[0] for part in parts) != EMBEDDED
            or type(model.ops).__name__ == "CupyOps"
        ):
            return None
        features, _, embedded, mixed, _, encoded = parts
        tables = []
        for branch in embedded.layers[0].layers:
            _, table = _leaves(branch)
            tables.append((int(table.attrs["column"]), int(table.attrs["seed"]), table.get_param("E")))
        layers = []
        for residual in _leaves(encoded.layers[0]):
            window, *rest = _leaves(residual.layers[0])
            if not residual.name.startswith("residual") or window.attrs["window_size"] != 1:
                return None
            layers.append(_layer(rest))
        first = _layer(list(_leaves(mixed.layers[0])))
        return cls(
            model.ops, features.attrs["columns"], tuple(tables), first, tuple(layers), encoded.attrs["pad"]
        )

    def predict(self, docs: Sequence[Any]) -> list[NDArray[np.float32]]:
        """Return the vectors of each document's tokens."""
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        ops = self.ops
        ids = np.concatenate([doc.to_array(self.columns) for doc in docs]).astype("uint64", copy=False)
        embedded = [
            ops.gather_add(rows, ops.hash(np.ascontiguousarray(ids[:, column]), seed) % len(rows))
            for column, seed, rows in self.tables
        ]
        mixed = self.mixed.apply(ops, np.hstack(embedded))
        lengths = [len(doc) for doc in docs]
        # Rows of zeros between the documents, as many as a token sees: they do not see each other.
        padded = ops.flatten(np.split(mixed, np.cumsum(lengths)[:-1]), pad=self.pad)
        for layer in self.layers:
            padded = padded + layer.apply(ops, ops.seq2col(padded, 1))
        found: list[NDArray[np.float32]] = ops.unflatten(padded, np.array(lengths, "i"), pad=self.pad)
        return found


def _layer(parts: list[Any]) -> Layer:
    """Return the layer of a maxout, a normalization and a dropout (of which a loaded model has none)."""
    maxout, norm = parts[:2]
    if maxout.name != "maxout" or norm.name != "layernorm" or any(p.name != "dropout" for p in parts[2:]):
        raise ValueError("another kind of layer")
    weights, bias = maxout.get_param("W"), maxout.get_param("b")
    outputs = weights.shape[0]
    return Layer(
        weights.reshape(-1, weights.shape[-1]),
        bias.reshape(-1),
        outputs,
        norm.get_param("G"),
        norm.get_param("b"),
    )


def _leaves(model: Any) -> Iterator[Any]:  # noqa: ANN401 - thinc's types are partial
    """Yield the layers of a chain, chains within it included; a layer that is none is its own."""
    chain = ">>" in model.name.partition("(")[0]
    if chain or (model.name.startswith("residual") and len(model.layers) > 1):
        for layer in model.layers:
            yield from _leaves(layer)
    else:
        yield model
