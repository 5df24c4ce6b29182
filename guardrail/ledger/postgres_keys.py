"""The keys of sealed bodies in PostgreSQL: in a schema of their own beside the ledger's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from guardrail.errors import LedgerError
from guardrail.ledger.postgres_schema import KEYS, SUFFIX
from guardrail.ledger.postgres_source import has_table
from guardrail.postgres import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.ledger.remote import Remote
    from guardrail.postgres import Session

__all__ = ["PostgresKeys"]

_PATIENCE: Final = 10.0  # s


class PostgresKeys:
    """The tables of a key store, for one thread; `there` tells whether they were made before."""

    def __init__(self, place: Remote) -> None:
        address = replace(place.address, schema=place.address.schema + SUFFIX)
        self._lock = place.lock(3)
        self._link = Link(address, patience=_PATIENCE, fault=LedgerError)
        self._writing: Session | None = None
        self.there = _is_there(self._link.session())

    def open(self) -> PostgresKeys:
        """Make the tables where there are none."""
        if not self.there:
            self.begin()
            try:
                session = self._held()
                if not _is_there(session):
                    session.run(f'CREATE SCHEMA IF NOT EXISTS "{session.schema}"')
                    for statement in KEYS:
                        session.run(statement)
                self.commit()
            except BaseException:
                self.rollback()
                raise
        return self

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds; on a new connection if the old one was lost, outside of `begin`."""
        if self._writing:
            return self._writing.rows(statement, *values)
        session = self._link.begin()
        found = session.rows(statement, *values)
        session.run("COMMIT")
        return found

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""
        self._held().run(statement, *values)

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        self._held().run_many(statement, values)

    def version(self) -> int:
        """Return a number that grows whenever somebody destroys or rewraps keys."""
        return int(self.rows("SELECT version FROM @state")[0][0])

    def begin(self) -> None:
        """Begin to write: one process at a time."""
        session = self._link.begin()
        try:
            session.run("SELECT pg_advisory_xact_lock(?, ?)", *self._lock)
        except BaseException:
            self._link.close()
            raise
        self._writing = session

    def commit(self, *, changed: bool = False) -> None:
        """Make what was written durable; where keys were `changed`, all processes forget theirs."""
        session = self._held()
        if changed:
            session.run("UPDATE @state SET version = version + 1")
        session.run("COMMIT")
        self._writing = None

    def rollback(self) -> None:
        """Take back what was written since `begin`, if anything."""
        session, self._writing = self._writing, None
        if session:
            with suppress(LedgerError):
                session.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _held(self) -> Session:
        if self._writing is None:
            raise LedgerError(
                "the keys are not open for writing", advice="report this: it is a fault of guardrail"
            )
        return self._writing


def _is_there(session: Session) -> bool:
    return has_table(session, "state")
