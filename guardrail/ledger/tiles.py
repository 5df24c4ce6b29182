"""Tiles: the tree's hashes in rows of 256, after C2SP tlog-tiles.

The tile (level, n) holds the roots of the complete subtrees of height
8·level with the indexes 256·n … 256·n + 255. A proof reads a few tiles,
however large the tree is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.ledger.merkle import HASH_SIZE, Peaks, complete_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.ledger.merkle import Node

__all__ = [
    "HEIGHT",
    "WIDTH",
    "Edge",
    "ReadTile",
    "bundle_path",
    "node_reader",
    "split",
    "tile_path",
    "width_at",
]

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT

ReadTile: TypeAlias = Callable[[int, int], bytes]


def tile_path(level: int, n: int, width: int = 0) -> str:
    """Return a tile's path in a tlog-tiles folder; `width` 0 is a full one."""
    return f"tile/{level}/{_number(n)}{_partial(width)}"


def bundle_path(n: int, width: int = 0) -> str:
    """Return the path of an entry bundle in a tlog-tiles folder; `width` 0 is a full one."""
    return f"tile/entries/{_number(n)}{_partial(width)}"


def width_at(size: int, level: int, n: int) -> int:
    """Return how many hashes the tile (level, n) of a tree of `size` leaves holds, 0 … 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - n * WIDTH))


def split(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def node_reader(read: ReadTile) -> Node:
    """Return a `Node` over tiles that reads each tile once; make a new one for each proof.

    Raises:
        ValueError: (from the reader) a tile is too short for what is asked of it.
    """
    tile_at = cache(read)

    def node(level: int, index: int) -> bytes:
        height = level % HEIGHT
        n, first = divmod(index << height, WIDTH)
        count = 1 << height
        part = tile_at(level // HEIGHT, n)[first * HASH_SIZE : (first + count) * HASH_SIZE]
        if len(part) != count * HASH_SIZE:
            raise ValueError("a tile is missing or too short")
        return complete_root(split(part))

    return node


class Edge:
    """The right edge of a growing tree: its peaks, and the tiles that the next leaves change.

    `changed` collects these tiles as (level, n) → bytes until the caller takes them.
    """

    __slots__ = ("_read", "changed", "peaks")

    def __init__(self, size: int, peaks: Iterable[bytes], read: ReadTile) -> None:
        self.peaks = Peaks(size, peaks)
        self.changed: dict[tuple[int, int], bytearray] = {}
        self._read = read

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self.peaks.size

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash to the peaks and to its tiles."""
        self._put(0, self.size, leaf)
        self._put_above(self.peaks.append(leaf))

    def append_tile(self, leaves: Sequence[bytes]) -> None:
        """Add the leaf hashes of a full tile where the last one ended; `changed` has only the tiles above."""
        root = complete_root(leaves)
        self._put_above([(HEIGHT, root), *self.peaks.append_complete(HEIGHT, root)])

    def _put_above(self, completed: Iterable[tuple[int, bytes]]) -> None:
        # A subtree of height 8, 16, … is one hash of the tile level above: no need to hash tiles again.
        for height, node in completed:
            if height % HEIGHT == 0:
                self._put(height // HEIGHT, (self.size >> height) - 1, node)

    def _put(self, level: int, index: int, node: bytes) -> None:
        n, at = divmod(index, WIDTH)
        tile = self.changed.get((level, n))
        if tile is None:
            tile = bytearray(self._read(level, n) if at else b"")
            if len(tile) != at * HASH_SIZE:
                raise ValueError("the last tile does not fit the size of the tree")
            self.changed[level, n] = tile
        tile += node


def _number(n: int) -> str:
    """Encode a tile's number in groups of three digits, all but the last marked with an x."""
    groups = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        groups.append(f"x{n % 1000:03d}")
    return "/".join(reversed(groups))


def _partial(width: int) -> str:
    return f".p/{width}" if width else ""
