"""A part of the rows in which every kind of text keeps its share; the same rows every time."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

from guardrail.evaluate.style import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.evaluate.rows import Row

__all__ = ["draw"]

Stratum = tuple[str, str, int]


def draw(rows: Sequence[Row], n: int) -> list[Row]:
    """Return `n` rows, or all where there are fewer, in their order.

    Strata are language, style and length. Each gets its share, and one row at
    least while rows last. Inside a stratum the
    SHA-256 of the text and its line decides: no seed, and a file that grows
    keeps most of its sample.
    """
    if n >= len(rows):
        return list(rows)
    strata: defaultdict[Stratum, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        strata[_stratum(row)].append(at)
    chosen: list[int] = []
    for key, share in _shares({key: len(places) for key, places in strata.items()}, n).items():
        chosen += sorted(strata[key], key=lambda at: _lot(rows[at]))[:share]
    return [rows[at] for at in sorted(chosen)]


def _stratum(row: Row) -> Stratum:
    length = len(row.text)
    return row.language, style(row.text), (length >= 80) + (length >= 400) + (length >= 2000)


def _shares(sizes: dict[Stratum, int], n: int) -> dict[Stratum, int]:
    """Share out `n`, less than there are rows: one to each stratum, the rest by Sainte-Laguë's divisors.

    No stratum gets more than it has: a full one has a lower quotient than every other.
    """
    order = sorted(sizes, key=lambda key: (-sizes[key], key))
    shares = dict.fromkeys(order[:n], 1)
    queue = [(-sizes[key] / 3, key) for key in shares]
    heapify(queue)
    for _ in range(n - len(shares)):
        _, key = queue[0]
        shares[key] += 1
        heapreplace(queue, (-sizes[key] / (2 * shares[key] + 1), key))
    return shares


def _lot(row: Row) -> bytes:
    return sha256(f"{row.line}\0{row.text}".encode("utf-8", "surrogatepass")).digest()
