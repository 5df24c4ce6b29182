"""A ledger as a folder that other tools read: C2SP tlog-tiles, as of its latest checkpoint (§11).

Headers go out, bodies do not: what is exported never has to be taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.merkle import HASH_SIZE, leaf_hash
from guardrail.ledger.note import NoteError
from guardrail.ledger.tiles import WIDTH, Edge, bundle_path, tile_path, width_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.reader import Reader

__all__ = ["check_tiles", "tiles"]

_HEADER: int = 2  # bytes before each entry of a bundle: its length


def tiles(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file of the folder, the checkpoint last.

    The checkpoint comes last so that a folder which is written in this order never
    has one that its tiles do not bear out.

    Raises:
        LedgerError: there is no checkpoint yet, or a tile is damaged.
    """
    with reader.snapshot():
        notes = reader.checkpoints()
        size = max(notes, default=0)
        if not size:
            raise LedgerError(
                "there is no checkpoint to export by", advice="make one with: guardrail ledger checkpoint"
            )
        level = 0
        while size >> (8 * level):
            for n in range((size >> (8 * level)) // WIDTH + 1):
                width = width_at(size, level, n)
                if width:
                    yield tile_path(level, n, width % WIDTH), _tile(reader, level, n, width)
            level += 1
        for n in range((size + WIDTH - 1) // WIDTH):
            width = width_at(size, 0, n)
            yield bundle_path(n, width % WIDTH), _bundle(reader, n * WIDTH, width)
        yield "checkpoint", notes[size]


def check_tiles(folder: Path, *, vkey: str, told: Callable[[float], None] = lambda _part: None) -> Checkpoint:
    """Rebuild every tile of a folder from its entries, up to the signed root; return the checkpoint.

    Raises:
        LedgerError: a file is missing or another than the entries give, or the signature does not hold.
    """
    try:
        checkpoint = open_checkpoint((folder / "checkpoint").read_bytes(), vkey)
        edge = Edge(0, (), lambda _level, _n: b"")
        for n in range((checkpoint.size + WIDTH - 1) // WIDTH):
            width = width_at(checkpoint.size, 0, n)
            for entry in _entries((folder / bundle_path(n, width % WIDTH)).read_bytes(), width):
                edge.append(leaf_hash(entry))
            told(edge.size / checkpoint.size)
        differ = any(
            (folder / tile_path(level, n, len(tile) // HASH_SIZE % WIDTH)).read_bytes() != tile
            for (level, n), tile in edge.changed.items()
        )
    except OSError:
        raise LedgerError(
            "a file of the folder is missing", advice="copy the whole folder, the checkpoint last"
        ) from None
    except (NoteError, ValueError) as fault:
        raise LedgerError(f"the folder does not hold: {fault}", advice="compare it with the ledger") from None
    if differ or edge.peaks.root() != checkpoint.root:
        raise LedgerError(
            "the entries of the folder do not lead to its tiles and the signed root",
            advice="compare it with the ledger",
        )
    return checkpoint


def _tile(reader: Reader, level: int, n: int, width: int) -> bytes:
    found = reader.tile(level, n)[: width * HASH_SIZE]
    if len(found) != width * HASH_SIZE:
        raise LedgerError("the ledger is damaged", advice="run: guardrail ledger verify")
    return found


def _bundle(reader: Reader, start: int, width: int) -> bytes:
    headers = [header for _, header in reader.stored(start, start + width)]
    if len(headers) != width:
        raise LedgerError("the ledger is damaged", advice="run: guardrail ledger verify")
    return b"".join(len(header).to_bytes(_HEADER, "big") + header for header in headers)


def _entries(bundle: bytes, count: int) -> Iterator[bytes]:
    at = 0
    for _ in range(count):
        size = int.from_bytes(bundle[at : at + _HEADER], "big")
        entry = bundle[at + _HEADER : at + _HEADER + size]
        if at + _HEADER > len(bundle) or len(entry) != size:
            raise ValueError("a bundle of entries is cut")
        yield entry
        at += _HEADER + size
    if at != len(bundle):
        raise ValueError("a bundle holds more than its entries")
