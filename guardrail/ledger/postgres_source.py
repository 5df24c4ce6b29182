"""A ledger in PostgreSQL as its readers see it."""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from guardrail.errors import LedgerError
from guardrail.ledger.postgres_schema import CATALOGUE, listed
from guardrail.ledger.schema import known_format
from guardrail.postgres import Link, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.ledger.remote import Remote
    from guardrail.postgres import Session

__all__ = ["PostgresSource", "exists", "has_table", "is_there"]

PATIENCE: Final = 60.0  # s: an auditor reads everything
_BEGIN: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def exists(session: Session) -> bool:
    """Tell whether there is a ledger in the schema."""
    return has_table(session, "meta")


def has_table(session: Session, name: str) -> bool:
    """Tell whether the schema has a table, as of now: `to_regclass` may remember that it had none."""
    return bool(
        session.rows(
            "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = ? AND c.relname = ?",
            session.schema,
            name,
        )
    )


def is_there(place: Remote) -> bool:
    """Tell whether there is a ledger at an address; raise `LedgerError` if that cannot be found out."""
    link = Link(place.address, patience=PATIENCE, fault=LedgerError)
    try:
        return exists(link.session())
    finally:
        link.close()


def _need_ledger(session: Session) -> None:
    if not exists(session):
        raise LedgerError(
            "there is no ledger in this schema of the database",
            advice="name it in the address: ?schema=…; or make one with: guardrail ledger init",
        )


class PostgresSource:
    """Read-only access to a ledger's schema, for threads too."""

    def __init__(self, place: Remote, *, patience: float = PATIENCE) -> None:
        self._link = Link(place.address, patience=patience, fault=LedgerError)
        self._mutex = threading.RLock()
        self._snapshot: Session | None = None
        self._closed = False

    @classmethod
    def open(cls, place: Remote, *, patience: float = PATIENCE) -> PostgresSource:
        """Connect; see `open_source` for what is raised."""
        source = cls(place, patience=patience)
        try:
            session = source._link.session()
            _need_ledger(session)
            rows = session.rows("SELECT v FROM @meta WHERE k = ?", "format")
            known_format(rows[0][0] if rows else None)
        except BaseException:
            source.close()
            raise
        return source

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the ledger inside the block, whatever is written meanwhile."""
        with self._mutex, self._begun() as session:
            self._snapshot = session
            try:
                yield
            finally:
                self._snapshot = None

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds; on a new connection if the server had ended the old one."""
        with self._mutex, nullcontext(self._snapshot) if self._snapshot else self._begun() as session:
            return session.rows(statement, *values)

    def last(self, part: bytes) -> int | None:
        """Return the index of the last entry whose header has these bytes."""
        found = self.rows(
            "SELECT idx FROM @entry WHERE position(?::bytea IN hdr) > 0 ORDER BY idx DESC LIMIT 1", part
        )
        return int(found[0][0]) if found else None

    def foreign(self, number: int) -> list[str]:  # noqa: ARG002 - there is one format here
        """Return what is not as the format says."""
        with self._mutex, nullcontext(self._snapshot) if self._snapshot else self._begun() as session:
            found = listed(session)
        told = []
        # Names of others are not told: whoever makes a table can call it after somebody.
        more = found - CATALOGUE
        if any(line.startswith("trigger ") for line in more):
            told.append("the trigger of another program stands in the ledger")
        if any(not line.startswith("trigger ") for line in more):
            told.append("a table, column or constraint of another program stands in the ledger")
        for line in CATALOGUE - found:
            kind, name = ("trigger", line.split(" ")[2]) if line.startswith("trigger ") else ("table", line)
            told.append(f"the {kind} '{name.split(' ')[0].split('.')[0]}' is not that of its format")
        return sorted(set(told))

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        with self._mutex:
            self._link.close()

    @contextmanager
    def _begun(self) -> Iterator[Session]:
        if self._closed:
            raise LedgerError("the ledger is closed", advice="open it again to read")
        session = self._link.begin(_BEGIN)
        try:
            yield session
        except BaseException:
            self._link.close()  # in whatever state it is
            raise
        with faults(LedgerError):
            session.connection.execute(b"ROLLBACK")
