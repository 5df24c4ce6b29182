"""The ledger's SQLite file as its readers see it, and what both sides of it share."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from guardrail.errors import LedgerError
from guardrail.ledger.faults import of_os, of_sqlite
from guardrail.ledger.publish import beside
from guardrail.ledger.schema import APPLICATION_ID, SCHEMA, known_format, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SqliteSource", "bare", "check_kind", "faults"]

_PRAGMAS: Final = (
    "PRAGMA query_only=ON",
    "PRAGMA trusted_schema=OFF",  # the file may come from a stranger
    "PRAGMA cell_size_check=ON",
)


@lru_cache(maxsize=512)
def bare(statement: str) -> str:
    """Return a statement as SQLite reads it: a table is its name."""
    return statement.replace("@", "")


@contextmanager
def faults() -> Iterator[None]:
    """Turn SQLite's and the system's errors into `LedgerError`s without their text."""
    try:
        yield
    except sqlite3.Error as error:
        raise of_sqlite(getattr(error, "sqlite_errorcode", None)) from None
    except OSError as error:
        raise of_os(error) from None


class SqliteSource:
    """Read-only access to a ledger's file, for threads too."""

    def __init__(
        self, connection: sqlite3.Connection, mutex: threading.RLock, *, shared: bool = False
    ) -> None:
        """Read through a connection; a `shared` one is the writer's, and stays open."""
        self._connection = connection
        self._mutex = mutex
        self._shared = shared

    @classmethod
    def open(cls, path: Path) -> SqliteSource:
        """Open a ledger's file without writing to it or its folder more than SQLite's shared memory.

        Raises:
            LedgerError: missing, not a ledger, a newer format, unreadable.
        """
        if not path.is_file():
            raise LedgerError("there is no ledger at this path", advice="name its file, such as ledger.db")
        with faults():
            connection = _connect(path)
            try:
                for pragma in _PRAGMAS:
                    connection.execute(pragma)
                check_kind(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection, threading.RLock())

    def close(self) -> None:
        """Close the file."""
        if not self._shared:
            with self._mutex:
                self._connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the ledger inside the block, whatever is written meanwhile."""
        with self._mutex, faults():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        with self._mutex, faults():
            return self._connection.execute(bare(statement), values).fetchall()

    def last(self, part: bytes) -> int | None:
        """Return the index of the last entry whose header has these bytes."""
        found = self.rows("SELECT idx FROM @entry WHERE instr(hdr, ?) ORDER BY idx DESC LIMIT 1", part)
        return int(found[0][0]) if found else None

    def foreign(self, number: int) -> list[str]:
        """Return what is not as the format says."""
        found = dict(self.rows("SELECT name, sql FROM sqlite_schema"))
        triggers = {name for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
        # A trigger of somebody else's could undo in the transaction what the writer writes. Its name is not
        # told.
        others = ["the trigger of another program stands in the ledger"] if triggers - SCHEMA.keys() else []
        return others + [
            f"the {sql.split(' ')[1].lower()} '{name}' is not that of its format"
            for name, sql in tables(number).items()
            if found.get(name) != sql
        ]


def check_kind(connection: sqlite3.Connection) -> int:
    """Return the format; refuse a file that is not a ledger, or one of a format that is not known."""
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
        raise of_sqlite(sqlite3.SQLITE_NOTADB)
    row = connection.execute("SELECT v FROM meta WHERE k = 'format'").fetchone()
    return known_format(row[0] if row else None)


def _connect(path: Path) -> sqlite3.Connection:
    address = path.absolute().as_uri()
    connection = _connect_to(f"{address}?mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        log = beside(path, "-wal")
        # On read-only media SQLite cannot make its shared memory. That is harmless where no
        # write-ahead log waits; with one, the newest entries would be silently left out.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or (log.exists() and log.stat().st_size):
            raise
        connection = _connect_to(f"{address}?mode=ro&immutable=1")
    return connection


def _connect_to(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
