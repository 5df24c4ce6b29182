"""Attacks on a ledger, as someone with write access to its file would carry them out.

Each alters a copy through SQLite and leaves it as consistent as the attacker
can: the triggers stand again, and tiles, head and checkpoints fit together.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from guardrail.canonical import canonical, parse_canonical
from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import Checkpoint, sign_checkpoint
from guardrail.ledger.header import parse_header
from guardrail.ledger.merkle import HASH_SIZE, leaf_hash
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.schema import SCHEMA
from guardrail.ledger.tiles import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["cut_tail", "edit", "rewrite"]

_TRIGGERS = ("entry_no_update", "entry_no_delete")


def edit(path: Path) -> int:
    """Take one kind of finding out of an entry; return the entry's index."""
    with _opened(path) as connection:
        return _deny_a_finding(connection)


def cut_tail(path: Path, size: int) -> None:
    """Remove the entries from `size` on, and all that speaks of them."""
    with _opened(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx >= ?", (size,))
        connection.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
        _rebuild(connection)


def rewrite(path: Path, seed: bytes) -> int:
    """Alter an entry, recompute everything above it, and sign it with `seed`; return the entry's index."""
    with _opened(path) as connection:
        index = _deny_a_finding(connection)
        edge = _rebuild(connection)
        ((origin,),) = connection.execute("SELECT v FROM meta WHERE k = 'origin'").fetchall()
        name = bytes(origin).decode()
        note = sign_checkpoint(Checkpoint(name, edge.size, edge.peaks.root()), seed)
        connection.execute("DELETE FROM checkpoint")
        connection.execute("INSERT INTO checkpoint(size, note) VALUES (?, ?)", (edge.size, note))
        connection.execute("UPDATE meta SET v = ? WHERE k = 'vkey'", (vkey_of_seed(name, seed).encode(),))
        return index


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy for one transaction, with the triggers out of the way."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")
        for name in _TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for name in _TRIGGERS:
            connection.execute(SCHEMA[name])


def _deny_a_finding(connection: sqlite3.Connection) -> int:
    """Write into the entry with the most kinds of findings that one of them was never there."""
    stored = connection.execute("SELECT idx, hdr FROM entry ORDER BY idx").fetchall()
    index, header = max(stored, key=lambda row: len(parse_header(bytes(row[1])).findings), default=(0, b"{}"))
    fields = parse_canonical(bytes(header))
    findings = fields.get("f") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(findings, dict):
        raise LedgerError("no entry of the ledger has findings", advice="run the demo again")
    findings.pop(min(findings))
    if not findings:
        del fields["f"]
    connection.execute("UPDATE entry SET hdr = ? WHERE idx = ?", (canonical(fields), index))
    return int(index)


def _rebuild(connection: sqlite3.Connection) -> Edge:
    """Compute tiles and head from the entries that are there."""
    edge = Edge(0, (), lambda _level, _n: b"")
    header = b""
    for (stored,) in connection.execute("SELECT hdr FROM entry ORDER BY idx").fetchall():
        header = bytes(stored)
        edge.append(leaf_hash(header))
    connection.execute("DELETE FROM tile")
    connection.executemany(
        "INSERT INTO tile(l, n, w, h) VALUES (?, ?, ?, ?)",
        [(level, n, len(tile) // HASH_SIZE, bytes(tile)) for (level, n), tile in edge.changed.items()],
    )
    connection.execute(
        "UPDATE head SET n = ?, peaks = ?, last_ts = ?",
        (edge.size, b"".join(edge.peaks.hashes), parse_header(header).time_us),
    )
    return edge
