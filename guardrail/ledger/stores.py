"""Which store a ledger lives in, by where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.ledger.remote import Remote

if TYPE_CHECKING:
    from guardrail.ledger.postgres_keys import PostgresKeys
    from guardrail.ledger.postgres_store import PostgresStore
    from guardrail.ledger.remote import Place
    from guardrail.ledger.rows import Source
    from guardrail.ledger.sqlite import SqliteStore
    from guardrail.ledger.sqlite_keys import SqliteKeys

__all__ = ["is_there", "open_keys", "open_source", "open_store"]


def open_store(place: Place | None, *, patience: float) -> SqliteStore | PostgresStore:
    """Connect a writer, without writing yet; None is in memory. `patience` bounds its waits, in seconds."""
    if isinstance(place, Remote):
        from guardrail.ledger.postgres_store import PostgresStore  # noqa: PLC0415 - only where it is used

        return PostgresStore(place, patience=patience)
    from guardrail.ledger.sqlite import SqliteStore  # noqa: PLC0415 - only where it is used

    return SqliteStore.open(place, patience=patience)


def open_source(place: Place) -> Source:
    """Connect a reader.

    Raises:
        LedgerError: missing, not a ledger, a newer format, unreadable.
    """
    if isinstance(place, Remote):
        from guardrail.ledger.postgres_source import PostgresSource  # noqa: PLC0415 - only where it is used

        return PostgresSource.open(place)
    from guardrail.ledger.sqlite_source import SqliteSource  # noqa: PLC0415 - only where it is used

    return SqliteSource.open(place)


def is_there(place: Place) -> bool:
    """Tell whether there is a ledger; whether it is a good one is for who opens it."""
    if not isinstance(place, Remote):
        return place.exists()
    from guardrail.ledger.postgres_source import is_there as is_in_schema  # noqa: PLC0415 - as above

    return is_in_schema(place)


def open_keys(place: Place | None) -> SqliteKeys | PostgresKeys:
    """Return the tables of a ledger's key store, before they are opened; None is in memory."""
    if isinstance(place, Remote):
        from guardrail.ledger.postgres_keys import PostgresKeys  # noqa: PLC0415 - only where it is used

        return PostgresKeys(place)
    from guardrail.ledger.sqlite_keys import SqliteKeys  # noqa: PLC0415 - only where it is used

    return SqliteKeys(place)
