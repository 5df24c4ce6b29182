"""The keys of sealed bodies in a SQLite file of their own, `PATH.keys`, mode 0600."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from guardrail.ledger.faults import of_sqlite
from guardrail.ledger.publish import beside, sync_folder
from guardrail.ledger.sqlite_source import bare, faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["SqliteKeys"]

_APPLICATION: Final = 0x70676B31  # "pgk1"
_TABLES: Final = (
    (
        "CREATE TABLE key(kid BLOB PRIMARY KEY, kind TEXT NOT NULL, kek INTEGER NOT NULL, "
        "wrapped BLOB NOT NULL, tenant TEXT NOT NULL, class TEXT NOT NULL, day INTEGER NOT NULL, "
        "gone INTEGER NOT NULL) STRICT"
    ),
    (
        "CREATE UNIQUE INDEX key_of ON key(kind, tenant, class, day) "
        "WHERE gone = 0 AND kind IN ('epoch', 'index')"
    ),
    (
        "CREATE TABLE subject(tenant TEXT NOT NULL, h BLOB NOT NULL, kid BLOB NOT NULL, "
        "PRIMARY KEY(tenant, h)) STRICT, WITHOUT ROWID"
    ),
    "CREATE INDEX subject_kid ON subject(kid)",
)
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=ON",
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA secure_delete=ON",  # a destroyed key is overwritten, not unlinked
    "PRAGMA trusted_schema=OFF",
)


class SqliteKeys:
    """The tables of a key store; `there` tells whether they were made before."""

    def __init__(self, path: Path | None) -> None:
        self._file = beside(path, ".keys") if path else None
        self.there = self._file is not None and self._file.exists()

    def open(self) -> SqliteKeys:
        """Open the file, or make it; raise `LedgerError` if it is not one of keys."""
        file = self._file
        with faults():
            if file is not None and not self.there:
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(
                file or ":memory:", timeout=5, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare(file)
        except BaseException:
            self._connection.close()
            raise
        return self

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        with faults():
            return self._connection.execute(bare(statement), values).fetchall()

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""
        with faults():
            self._connection.execute(bare(statement), values)

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        with faults():
            self._connection.executemany(bare(statement), values)

    def version(self) -> int:
        """Return a number that is another one after other connections have written."""
        with faults():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def begin(self) -> None:
        """Begin to write."""
        with faults():
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self, *, changed: bool = False) -> None:
        """Make what was written durable; what was `changed` is gone from the write-ahead log as well."""
        with faults():
            self._connection.execute("COMMIT")
            if changed:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rollback(self) -> None:
        """Take back what was written since `begin`, if anything."""
        with suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self, file: Path | None) -> None:
        with faults():
            (application,) = self._connection.execute("PRAGMA application_id").fetchone()
            (objects,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if application != _APPLICATION and objects:
                raise of_sqlite(sqlite3.SQLITE_NOTADB)
            self._connection.execute(f"PRAGMA journal_mode={'WAL' if file else 'MEMORY'}")
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
            if not objects:
                self._create()
                if file:
                    sync_folder(file.parent)

    def _create(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            for statement in _TABLES:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id={_APPLICATION}")
        self._connection.execute("COMMIT")
