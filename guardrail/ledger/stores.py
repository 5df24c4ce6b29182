"""Which store a ledger lives in, by where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.ledger.sqlite import SqliteStore
from guardrail.ledger.sqlite_keys import SqliteKeys
from guardrail.ledger.sqlite_source import SqliteSource

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.ledger.rows import Source, Store

__all__ = ["open_keys", "open_source", "open_store"]


def open_store(path: Path | None, *, patience: float) -> Store:
    """Connect a writer, without writing yet; None is in memory. `patience` bounds its waits, in seconds."""
    return SqliteStore.open(path, patience=patience)


def open_source(path: Path) -> Source:
    """Connect a reader.

    Raises:
        LedgerError: missing, not a ledger, a newer format, unreadable.
    """
    return SqliteSource.open(path)


def open_keys(path: Path | None) -> SqliteKeys:
    """Return the tables of a ledger's key store, before they are opened; None is in memory."""
    return SqliteKeys(path)
