"""Which store a vault is, by how it is named: nothing is memory, a path a file, an address PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError
from guardrail.vault.conversations import Conversations
from guardrail.vault.kek import KekFile

if TYPE_CHECKING:
    from guardrail.vault.database import Database
    from guardrail.vault.keys import Keys
    from guardrail.vault.sealed import SealedStore

__all__ = ["PATIENCE", "is_address", "open_sealed", "open_store", "vault_file"]

PATIENCE: Final = 10.0  # seconds that anything waits for the vault before it is refused
_FILE_URL: Final = "sqlite:///"


def open_store(
    where: str | Path | None, keys: Keys, *, beside: Path | None = None
) -> Conversations | SealedStore:
    """Return the store that is named; see `open_sealed`."""
    return Conversations() if where is None else open_sealed(where, keys, beside=beside)


def open_sealed(
    where: str | Path, keys: Keys, *, beside: Path | None = None, make: bool = True
) -> SealedStore:
    """Open a vault that outlives the process; with `make`, one that is not there is made.

    A file has its key-encryption key beside it (`PATH.kek`); one in PostgreSQL in
    `BESIDE.vault.kek`, beside the ledger or the key file.

    Raises:
        VaultError: it cannot be opened, or its keys are another's.
        ConfigError: it is not named as a vault is.
    """
    from guardrail.vault.sealed import SealedStore  # noqa: PLC0415 - a guard without one needs no database

    file = vault_file(where)
    kek = _kek_of(file, beside)
    new = make and (file is None or not file.exists() or file.stat().st_size == 0)
    if file is not None and not make and not file.exists():
        raise ConfigError("there is no vault of this name", advice="name the one that the guard uses")
    wrapper = getattr(keys, "wrapper", None)
    opened = KekFile.open(kek, wrapper=wrapper, make=new)
    store = SealedStore(_database(where, file), opened, keys)
    try:
        store.check()
    except BaseException:
        store.close()
        raise
    return store


def vault_file(where: str | Path) -> Path | None:
    """Return the file of a vault, None where it is in PostgreSQL.

    Raises:
        ConfigError: an address of another database.
    """
    if isinstance(where, Path):
        return where
    if is_address(where):
        return None
    if where.startswith(_FILE_URL):
        return Path(where.removeprefix(_FILE_URL))
    if "://" in where:
        raise ConfigError(
            "a vault is a file, or lives in PostgreSQL",
            advice="name a path such as vault.db, or postgresql://user@host/database",
        )
    return Path(where)


def is_address(text: str) -> bool:
    """Tell whether a vault is named by an address of PostgreSQL."""
    return text.startswith(("postgresql://", "postgres://"))


def _database(where: str | Path, file: Path | None) -> Database:
    if file is not None:
        from guardrail.vault.sqlite import SqliteFile  # noqa: PLC0415 - one database is loaded

        return SqliteFile.open(file, patience=PATIENCE)
    from guardrail.vault.postgres import PostgresVault  # noqa: PLC0415 - as above

    return PostgresVault.open(str(where), patience=PATIENCE)


def _kek_of(file: Path | None, beside: Path | None) -> Path:
    if file is not None:
        return file.with_name(f"{file.name}.kek")
    if beside is None:
        raise ConfigError(
            "a vault in PostgreSQL needs a ledger or a key file, beside which its key-encryption key lies",
            advice="name them: --ledger ledger.db, or --keys FILE",
        )
    return beside.with_name(f"{beside.name}.vault.kek")
