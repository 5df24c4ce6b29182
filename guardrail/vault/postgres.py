"""The vault in PostgreSQL, for several hosts. What is removed leaves copies there: keys are what goes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from guardrail.errors import VaultError
from guardrail.postgres import Address, Database
from guardrail.vault.database import FORMAT, INDEXES, TABLES, check_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from guardrail.postgres import Session

__all__ = ["PostgresVault"]

_FILLED: Final = {"blob": "bytea", "big": "bigint", "end": "", "rows": ""}
_MAKING: Final = 0x70676C7661756C74  # "pglvault": who makes the tables is alone


class PostgresVault:
    """Tables in one schema. Thread-safe, and safe after a fork."""

    far = True

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, patience: float) -> PostgresVault:
        """Connect, and make the tables where there are none; `patience` bounds every wait, in seconds.

        Raises:
            VaultError: the server cannot be reached or refuses; a newer format.
            ConfigError: psycopg is not installed, or this is not an address.
        """
        database = Database(Address.parse(url), patience=patience, fault=VaultError)
        try:
            found = _format(database)
            if not found:
                _create(database)
                found = _format(database)
            check_format(found)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @contextmanager
    def transaction(self) -> Iterator[_Session]:
        """Commit what the block does, durably, or roll all of it back and raise `VaultError`."""
        with self._database.transaction() as session:
            yield _Session(session)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds in what is committed."""
        return self._database.rows(statement, *values)

    def scour(self) -> bool:
        """Do nothing: heap, write-ahead log and backups keep what was removed, until its key is gone."""
        return True

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


class _Session:
    """Statements inside one transaction."""

    share = " FOR SHARE"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.rows = session.rows
        self.run = session.run
        self.run_many = session.run_many

    def claim(self, names: Iterable[bytes]) -> None:
        """Keep others from changing these conversations; in one order, so that nobody waits in a ring."""
        for number in sorted({int.from_bytes(name[:8], "big", signed=True) for name in names}):
            self.rows("SELECT pg_advisory_xact_lock(?)", number)

    def found(self, s: bytes, names: Sequence[bytes]) -> list[Any]:
        return self.rows(
            "SELECT n, b, kind, env, exp, kid_s, kid_e FROM @vault_row WHERE s = ? AND n = ANY(?)",
            *(s, list(names)),
        )


def _format(database: Database) -> bytes:
    """Return the format of the vault that is there, b"" where there is none."""
    ((there,),) = database.rows("SELECT to_regclass(?) IS NOT NULL", f'"{database.schema}".vault_meta')
    if not there:
        return b""
    found = database.rows("SELECT v FROM @vault_meta WHERE k = 'format'")
    return bytes(found[0][0]) if found else b"?"


def _create(database: Database) -> None:
    with database.transaction() as session:
        session.rows("SELECT pg_advisory_xact_lock(?)", _MAKING)
        if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", database.schema):
            session.run(f'CREATE SCHEMA "{database.schema}"')
        ((there,),) = session.rows(
            "SELECT to_regclass(?) IS NOT NULL", f'"{database.schema}".vault_meta'
        )  # another host may have been first
        if not there:
            for statement in (*TABLES.values(), *INDEXES):
                session.run(statement.format_map(_FILLED))
            session.run("INSERT INTO @vault_meta(k, v) VALUES ('format', ?)", str(FORMAT).encode())
