"""A run of consecutive leaves, proved by two inclusion proofs (docs/spec/evidence.md).

The left siblings on the way from leaf `a` to the root are the roots of the
complete subtrees over the leaves 0 … a-1: the peaks. Whoever appends the leaves
a, a+1, … to these peaks must arrive at the left siblings of the last leaf, which
leads to the signed root. So two proofs show every leaf between, and that none is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.ledger.merkle import Peaks, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.proof import Proof

__all__ = ["Run", "left_siblings"]


def left_siblings(index: int, size: int, path: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the hashes of `path` that stand left of leaf `index`, the largest subtree first.

    Walks as RFC 9162 §2.1.3.2 does. What it returns is worth as much as the path.
    """
    at, last = index, size - 1
    left = []
    for sibling in path:
        if at & 1 or at == last:
            left.append(sibling)
            while not at & 1 and at:  # on the right border the tree skips the levels without a sibling
                at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return tuple(reversed(left))


class Run:
    """Follow leaves from the first proof to the last; `append` each, then ask `holds`.

    `known` are sizes and roots that others vouch for; those that the run passes are
    compared, see `differing` and `passed`.
    """

    def __init__(self, first: Proof, last: Proof, tree: Checkpoint, known: Mapping[int, bytes]) -> None:
        """Begin before the leaf `first.index`.

        Raises:
            ValueError: the proofs do not belong to one run in this tree.
        """
        if not 0 <= first.index <= last.index < tree.size:
            raise ValueError("the proofs are not of the first and the last entry")
        self._last, self._tree, self._known = last, tree, known
        self._peaks = Peaks(first.index, left_siblings(first.index, tree.size, first.path))
        self._first = first
        self._before_last: tuple[bytes, ...] = ()
        self._first_leaf = self._last_leaf = b""
        self.passed: set[int] = set()
        self.differing: set[int] = set()
        self._compare()

    def append(self, leaf: bytes) -> None:
        """Take the hash of the next leaf."""
        if self._peaks.size == self._first.index:
            self._first_leaf = leaf
        if self._peaks.size == self._last.index:
            self._before_last = tuple(self._peaks.hashes)
            self._last_leaf = leaf
        self._peaks.append(leaf)
        self._compare()

    def holds(self) -> bool:
        """Tell whether exactly the leaves from the first to the last proof came, and lead to the root."""
        first, last, tree = self._first, self._last, self._tree
        return (
            self._peaks.size == last.index + 1
            and verify_inclusion(first.index, tree.size, self._first_leaf, first.path, tree.root)
            and verify_inclusion(last.index, tree.size, self._last_leaf, last.path, tree.root)
            and left_siblings(last.index, tree.size, last.path) == self._before_last
        )

    def _compare(self) -> None:
        size = self._peaks.size
        if size in self._known:
            self.passed.add(size)
            if self._peaks.root() != self._known[size]:
                self.differing.add(size)
