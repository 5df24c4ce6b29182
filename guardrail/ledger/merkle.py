"""The Merkle tree of RFC 6962 and RFC 9162 as pure functions: hashes, roots, proofs, verifiers.

A `Node` answers for the hash of the complete subtree of height `level` whose
leaves are `index * 2**level` and the following ones. Hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "Node",
    "Peaks",
    "complete_root",
    "consistency_proof",
    "fold",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "subtree_root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Node: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 ‖ data), RFC 6962 §2.1."""
    # The prefixes keep an inner node from being passed off as a leaf (second preimage).
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1."""
    return sha256(b"\x01" + left + right).digest()


class Peaks:
    """The roots of the complete subtrees of a growing tree, highest first (a compact range from 0).

    Appending costs one hash on average, and needs nothing of the tree but these.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size.bit_count() != len(self.hashes):
            raise ValueError("the number of peaks does not fit the size of the tree")

    def append(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add a leaf hash; return the (height, root) of every subtree that it completes, lowest first."""
        return self.append_complete(0, leaf)

    def append_complete(self, height: int, node: bytes) -> list[tuple[int, bytes]]:
        """Add a complete subtree of this height, where the size is a multiple of its width; see `append`."""
        completed: list[tuple[int, bytes]] = []
        rest = self.size >> height
        self.size += 1 << height
        while rest & 1:
            height += 1
            node = node_hash(self.hashes.pop(), node)
            completed.append((height, node))
            rest >>= 1
        self.hashes.append(node)
        return completed

    def root(self) -> bytes:
        """Return the root of the tree."""
        return fold(self.hashes)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over peaks, highest first; of no peaks that of the empty tree."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes."""
    peaks = Peaks()
    for leaf in leaves:
        peaks.append(leaf)
    return peaks.root()


def complete_root(nodes: Sequence[bytes]) -> bytes:
    """Return the root over 1, 2, 4, 8 … nodes of one level, faster than `root`."""
    hashed = sha256
    while len(nodes) > 1:
        nodes = [hashed(b"\x01" + nodes[at] + nodes[at + 1]).digest() for at in range(0, len(nodes), 2)]
    return nodes[0]


def subtree_root(start: int, end: int, node: Node) -> bytes:
    """Return MTH(D[start:end]), where `start` is a multiple of every power of two that fits in the width."""
    peaks, at, rest = [], start, end - start
    while rest:
        level = rest.bit_length() - 1
        peaks.append(node(level, at >> level))
        at += 1 << level
        rest -= 1 << level
    return fold(peaks)


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Return the path from leaf `index` to the root of the tree of `size` leaves (RFC 9162 §2.1.3.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the index is not in the tree")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, node))
            end = middle
        else:
            path.append(subtree_root(start, middle, node))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `new` (RFC 9162 §2.1.4.1).

    Raises:
        ValueError: `old` is 0 or larger than `new`.
    """
    if not 0 < old <= new:
        raise ValueError("no consistency proof between these sizes")
    path, start, end = [], 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree_root(middle, end, node))
            end = middle
        else:
            path.append(subtree_root(start, middle, node))
            start = middle
    if start:  # otherwise the old root is itself the first node, and the verifier has it
        path.append(subtree_root(start, end, node))
    return tuple(reversed(path))


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether the path leads from the leaf hash to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or not _hashes(leaf, root, *proof):
        return False
    at, last, node = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(other, node)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            node = node_hash(node, other)
        at >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the proof shows the old tree to be a prefix of the new one (RFC 9162 §2.1.4.2).

    `old` = 0 is refused: an empty proof would "show" that any tree follows from nothing.
    """
    if not 0 < old <= new or not _hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old_node = new_node = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_node, new_node = node_hash(other, old_node), node_hash(other, new_node)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, other)
        at >>= 1
        last >>= 1
    return last == 0 and old_node == old_root and new_node == new_root


def _split(width: int) -> int:
    """Return the largest power of two below `width` (RFC 6962 §2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def _hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
