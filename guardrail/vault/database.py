"""What the vault needs of a database, and its tables: the same statements for SQLite and PostgreSQL.

In statements `@name` is a table and `?` a value. Types are those of SQLite; `PostgreSQL` has others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from guardrail.canonical import parse_int
from guardrail.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["FORMAT", "INDEXES", "TABLES", "Database", "Session", "check_format"]

FORMAT: Final = 1

# {blob}, {big} and {end} are filled in by each database.
TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "meta": "CREATE TABLE @vault_meta(k TEXT PRIMARY KEY, v {blob} NOT NULL){end}",
        "key": (
            "CREATE TABLE @vault_key(kid {blob} PRIMARY KEY, kind TEXT NOT NULL, kek {big} NOT NULL, "
            "wrapped {blob} NOT NULL, day {big} NOT NULL, gone {big} NOT NULL){end}"
        ),
        "subject": "CREATE TABLE @vault_subject(h {blob} PRIMARY KEY, kid {blob} NOT NULL){end}",
        "row": (
            "CREATE TABLE @vault_row(s {blob} NOT NULL, n {blob} NOT NULL, b {blob} NOT NULL, "
            "kind TEXT NOT NULL, env {blob} NOT NULL, kid_s {blob} NOT NULL, kid_e {blob} NOT NULL, "
            "exp {big} NOT NULL, PRIMARY KEY(s, n)){rows}"
        ),
    }
)
INDEXES: Final[Sequence[str]] = (
    "CREATE UNIQUE INDEX vault_key_day ON @vault_key(day) WHERE kind = 'epoch' AND gone = 0",
    "CREATE INDEX vault_key_gone ON @vault_key(gone)",
    "CREATE INDEX vault_subject_kid ON @vault_subject(kid)",
    "CREATE INDEX vault_row_body ON @vault_row(s, b)",
    "CREATE INDEX vault_row_end ON @vault_row(exp)",
    "CREATE INDEX vault_row_subject ON @vault_row(kid_s)",
    "CREATE INDEX vault_row_epoch ON @vault_row(kid_e)",
)


class Session(Protocol):
    """Statements inside one transaction."""

    share: str  # behind a query: what it finds stays as it is until the transaction ends

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        ...

    def run(self, statement: str, *values: object) -> int:
        """Run a statement; return how many rows it touched."""
        ...

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each of several rows."""
        ...

    def claim(self, names: Iterable[bytes]) -> None:
        """Keep others from changing what is called by these names until the transaction ends."""
        ...

    def found(self, s: bytes, names: Sequence[bytes]) -> list[Any]:
        """Return (n, b, kind, env, exp, kid_s, kid_e) of the rows of these names, whatever their keys."""
        ...


class Database(Protocol):
    """A place of rows that several processes share. Thread-safe, and safe after a fork."""

    far: bool  # a round trip is dear: a conversation is fetched whole

    def transaction(self) -> AbstractContextManager[Session]:
        """Commit what the block does, durably, or roll all of it back and raise `VaultError`."""
        ...

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds in what is committed."""
        ...

    def scour(self) -> bool:
        """Remove what deleted rows have left where that can be done; tell whether it was."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def check_format(found: bytes) -> None:
    """Refuse a vault of a format that is not known."""
    try:
        number = parse_int(found)
    except ValueError:
        raise VaultError("the vault's format cannot be read", advice="restore it from its backup") from None
    if number != FORMAT:
        raise VaultError(
            f"the vault has format {number}; this version knows format {FORMAT}",
            advice="upgrade guardrail to the version that wrote it, or newer",
        )
