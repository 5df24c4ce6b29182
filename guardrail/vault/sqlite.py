"""The vault's SQLite file: turns, transactions, and no copy of a removed row in the file or its log."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from guardrail.disk import Faults, Turn, network_of, sync_folder
from guardrail.errors import VaultError
from guardrail.vault.database import FORMAT, INDEXES, TABLES, check_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["APPLICATION_ID", "SqliteFile"]

APPLICATION_ID: Final = 0x70677631  # "pgv1"
_FAULTS: Final = Faults(
    "vault", VaultError, "move it away and restore it from its backup; without one a new vault begins empty"
)
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # NORMAL would answer before the disk has the row
    "PRAGMA fullfsync=ON",  # macOS: fsync alone leaves it in the drive's cache
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA secure_delete=ON",  # a removed row is overwritten, not unlinked
    "PRAGMA trusted_schema=OFF",
)
_FILLED: Final = {"blob": "BLOB", "big": "INTEGER", "end": " STRICT", "rows": " STRICT, WITHOUT ROWID"}


class _Pair(NamedTuple):
    """Two connections of one process: a commit that waits for the disk holds up nobody who reads."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection


class SqliteFile:
    """One file, mode 0600, for the processes of one host. Thread-safe, and safe after a fork."""

    far = False

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path.absolute()  # the process may change its folder
        self._patience = patience
        self._closed = False
        self._pair: _Pair | None = None
        self._turn: Turn | None = None
        self._file = (0, 0)
        self._begin_anew()
        _OPEN.add(self)

    @classmethod
    def open(cls, path: Path, *, patience: float) -> SqliteFile:
        """Open or make the file; `patience` bounds every wait, in seconds.

        Raises:
            VaultError: on a network file system, open to others, not a vault, a newer format,
                damaged, read-only, or the disk is full.
        """
        if kind := network_of(path):
            raise VaultError(
                f"the vault's folder is on a network file system ({kind})",
                advice="put it on a disk of this host, or share a vault in PostgreSQL",
            )
        _private(path)
        found = cls(path, patience)
        try:
            found._connect()
        except BaseException:
            found.close()
            raise
        return found

    @contextmanager
    def transaction(self) -> Iterator[_Session]:
        """Commit what the block does, durably, or roll all of it back and raise `VaultError`."""
        with self._writing, self._our_turn(), _told():
            connection = self._connections().writer
            self._still_there()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Session(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds in what is committed."""
        with self._reading, _told():
            return self._connections().reader.execute(_placed(statement), values).fetchall()

    def scour(self) -> bool:
        """Empty the write-ahead log, where removed rows still stand; tell whether nobody was in it."""
        with self._writing, self._our_turn(), self._reading, _told():
            row = self._connections().writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not row[0]

    def close(self) -> None:
        """Fold the write-ahead log into the file and close; rows are durable before and after."""
        with self._writing, self._reading:
            self._closed = True
            pair, self._pair = self._pair, None
            for connection in pair or ():
                with suppress(sqlite3.Error):
                    connection.close()
            if self._turn:
                self._turn.close()

    # -- inside

    def _begin_anew(self) -> None:
        """Hold no connection; in a child, the parent's is left alone: to close it would end the parent's."""
        self._writing, self._reading = threading.RLock(), threading.RLock()
        self._gate = threading.Lock()
        self._pair, self._turn = None, None

    def _connections(self) -> _Pair:
        """Return the reader's and the writer's connection of this process."""
        if self._closed:
            raise VaultError("the vault is closed", advice="open it again")
        return self._pair or self._connect()

    def _connect(self) -> _Pair:
        with self._gate, _told():
            if self._pair:
                return self._pair
            # Every use is under a lock of ours: one of the two, for each connection.
            writer = sqlite3.connect(
                self._path, timeout=self._patience, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(writer)
                reader = sqlite3.connect(
                    f"{self._path.as_uri()}?mode=ro",
                    uri=True,
                    timeout=self._patience,
                    isolation_level=None,
                    check_same_thread=False,
                )
                reader.execute("PRAGMA trusted_schema=OFF")
            except BaseException:
                writer.close()
                raise
            found = self._path.stat()
            self._file = found.st_dev, found.st_ino
            self._pair = _Pair(reader, writer)
            return self._pair

    @contextmanager
    def _our_turn(self) -> Iterator[None]:
        if self._turn is None:
            lock = self._path.with_name(f"{self._path.name}.lock")
            self._turn = Turn(Turn.handle(lock, _FAULTS.of_os), _FAULTS.of_os)
        try:
            with self._turn.held(self._patience):
                yield
        except TimeoutError:
            raise VaultError(
                "the vault did not answer in time",
                advice="another process holds its lock, or the disk stalls: look for a stopped process",
            ) from None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if objects and application != APPLICATION_ID:
            raise _FAULTS.of_sqlite(sqlite3.SQLITE_NOTADB)
        connection.execute("PRAGMA journal_mode=WAL")
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not objects:
            self._create(connection)
        row = connection.execute("SELECT v FROM vault_meta WHERE k = 'format'").fetchone()
        check_format(bytes(row[0]) if row else b"")

    def _create(self, connection: sqlite3.Connection) -> None:
        with self._our_turn():
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                for statement in (*TABLES.values(), *INDEXES):
                    connection.execute(_placed(statement.format_map(_FILLED)))
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(
                    "INSERT INTO vault_meta(k, v) VALUES ('format', ?)", (str(FORMAT).encode(),)
                )
            connection.execute("COMMIT")
        sync_folder(self._path.parent)

    def _still_there(self) -> None:
        """Refuse to write into a file that nobody can find any more: SQLite would do it without a word."""
        try:
            found = self._path.stat()
            same = (found.st_dev, found.st_ino) == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise VaultError(
                "the vault's file was taken away or replaced while it was open",
                advice="put the file back where it was, or start again; nothing is kept until then",
            )


class _Session:
    """Statements of the writer."""

    share = ""  # a writer is alone

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, *values: object) -> list[Any]:
        return self._connection.execute(_placed(statement), values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        return self._connection.execute(_placed(statement), values).rowcount

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(_placed(statement), values)

    def claim(self, names: Iterable[bytes]) -> None:
        """Do nothing: a writer is alone."""

    def found(self, s: bytes, names: Sequence[bytes]) -> list[Any]:
        query = "SELECT n, b, kind, env, exp, kid_s, kid_e FROM vault_row WHERE s = ? AND n = ?"
        return [row for name in names for row in self._connection.execute(query, (s, name))]


def _private(path: Path) -> None:
    """Make the file where there is none, mode 0600; refuse one that others can read or write."""
    try:
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        found = path.stat()
    except OSError as error:
        raise _FAULTS.of_os(error) from None
    if not stat.S_ISREG(found.st_mode):
        raise _FAULTS.of_sqlite(sqlite3.SQLITE_CANTOPEN)
    if found.st_mode & 0o077:
        raise VaultError(
            f"the vault {path.name} can be read or written by others",
            advice=f"run: chmod 600 {path.name}; and rotate its keys if others had access",
        )


@contextmanager
def _told() -> Iterator[None]:
    """Turn SQLite's and the system's errors into `VaultError`s without their text."""
    try:
        yield
    except sqlite3.Error as error:
        raise _FAULTS.of_sqlite(getattr(error, "sqlite_errorcode", None)) from None
    except OSError as error:
        raise _FAULTS.of_os(error) from None


def _placed(statement: str) -> str:
    return statement.replace("@", "")


_OPEN: weakref.WeakSet[SqliteFile] = weakref.WeakSet()
_INHERITED: list[object] = []


def _after_fork() -> None:
    # A lock that another thread of the parent held would be held for ever, and a connection of the
    # parent's must neither be used nor closed here: SQLite would let go of the parent's locks.
    for file in list(_OPEN):
        _INHERITED.append(file._pair)  # noqa: SLF001 - the same noun
        file._begin_anew()  # noqa: SLF001 - the same noun


os.register_at_fork(after_in_child=_after_fork)
