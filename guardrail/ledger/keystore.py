"""The keys of sealed bodies: a SQLite file of its own, every key wrapped (docs/spec/ledger.md §8).

Used by one thread in its turn: the ledger's lock is held whenever something is
written here. A key is on the disk before a body that needs it, and gone from
the file and its log before anything says so.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.faults import of_sqlite
from guardrail.ledger.kek import Kek, kek_file, replace_secret
from guardrail.ledger.publish import beside, sync_folder
from guardrail.ledger.sealed import KID, Locks, blind_index, epoch_day
from guardrail.ledger.sqlite_source import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

__all__ = ["Epoch", "KeyStore"]

_APPLICATION: Final = 0x70676B31  # "pgk1"
_CACHED: Final = 4096
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


class Epoch(NamedTuple):
    """An epoch's key: of which tenant and class, for the bodies that expire on which UTC day."""

    kid: bytes
    tenant: str
    retention: str
    day: int


class KeyStore:
    """Subject, epoch, hold and index keys. Nothing it returns outlives a turn in its callers' hands."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, kek: Kek) -> None:
        self._connection = connection
        self._path = path.absolute() if path else None
        self._kek = kek
        self._writing = False
        self._version = -1
        self._by_kid: dict[bytes, bytes] = {}
        self._by_name: dict[tuple[str, str, str | bytes, int], bytes] = {}

    @classmethod
    def open(cls, path: Path | None, *, make: bool = True) -> KeyStore:
        """Open or make the keys of the ledger at `path`; None keeps them in memory. Making needs the turn.

        Raises:
            LedgerError: the key-encryption key is missing or open to others; the file cannot be
                opened, or is not one of keys.
        """
        file = beside(path, ".keys") if path else None
        there = file is not None and file.exists()
        if file is not None and not there and not make:
            raise LedgerError(
                "this ledger has no keys of sealed bodies beside it",
                advice="name the ledger where it is written; copies for auditors have no keys",
            )
        kek = kek_file(beside(path, ".kek"), make=make and not there) if path else Kek.fresh()
        if file is not None and not there:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with faults():
            connection = sqlite3.connect(
                file or ":memory:", timeout=5, isolation_level=None, check_same_thread=False
            )
        store = cls(connection, path, kek)
        try:
            store._prepare(file)
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def begin(self) -> None:
        """Begin a turn: forget keys that another process may have destroyed since."""
        with faults():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._forget()
            self._version = version
            if self._path:
                self._kek = kek_file(beside(self._path, ".kek"), make=False)

    def flush(self) -> None:
        """Put new keys on the disk; called before what needs them is committed."""
        if self._writing:
            self._writing = False
            with faults():
                self._connection.execute("COMMIT")

    def undo(self) -> None:
        """Forget keys that are not on the disk: what needed them was not written."""
        self._writing = False
        self._forget()
        with suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    # -- keys by what they are for

    def locks(self, tenant: str, subject: str, retention: str, expires: int) -> Locks:
        """Return the two keys of a record, made where they are new."""
        kid_s = self._subject(tenant, subject)
        kid_e = self._named("epoch", tenant, retention, epoch_day(expires))
        return Locks(kid_s, kid_e, self.key(kid_s), self.key(kid_e))

    def blind(self, tenant: str, kind: str, name: str) -> bytes:
        """Return the blind index of an id."""
        return blind_index(self.key(self._named("index", tenant, "", 0)), kind, name)

    def find_subject(self, tenant: str, subject: str) -> bytes | None:
        """Return the id of the subject's present key, None where there is none."""
        if not self._rows("SELECT 1 FROM key WHERE kind = 'index' AND tenant = ? AND gone = 0", tenant):
            return None
        found = self._rows(
            "SELECT kid FROM subject WHERE tenant = ? AND h = ?",
            tenant,
            self.blind(tenant, "subject", subject),
        )
        return bytes(found[0][0]) if found else None

    def key(self, kid: bytes) -> bytes:
        """Return a key by its id.

        Raises:
            LedgerError: it is destroyed, or was never here.
        """
        found = self._by_kid.get(kid)
        if found is None:
            rows = self._rows("SELECT kek, wrapped FROM key WHERE kid = ? AND gone = 0", kid)
            if not rows:
                raise LedgerError(
                    "a key of this body is destroyed, or not in this key store",
                    advice="nothing opens it any more; guardrail ledger show tells when it went",
                )
            found = self._unwrap(*rows[0])
            self._keep(kid, found)
        return found

    def new_hold(self) -> bytes:
        """Make a hold's key; return its id."""
        return self._new("hold", "", "", 0)

    def live(self, kid: bytes) -> bool:
        """Tell whether a key is there."""
        return bool(self._rows("SELECT 1 FROM key WHERE kid = ? AND gone = 0", kid))

    def epochs(self, before: int | None = None) -> Iterator[Epoch]:
        """Yield the epochs whose keys are there, oldest first; `before` is a day."""
        bound = 2**62 if before is None else before
        for kid, tenant, name, day in self._rows(
            "SELECT kid, tenant, class, day FROM key WHERE kind = 'epoch' AND gone = 0 AND day < ? "
            "ORDER BY day, tenant, class",
            bound,
        ):
            yield Epoch(bytes(kid), tenant, name, day)

    def destroyed(self, kind: str) -> list[bytes]:
        """Return the ids of destroyed keys of a kind."""
        return [bytes(kid) for (kid,) in self._rows("SELECT kid FROM key WHERE kind = ? AND gone > 0", kind)]

    def count(self) -> dict[str, int]:
        """Return how many keys of each kind there are, and how many are destroyed."""
        return dict(
            self._rows(
                "SELECT CASE WHEN gone THEN 'gone' ELSE kind END AS what, count(*) FROM key GROUP BY what"
            )
        )

    @property
    def kek_number(self) -> int:
        """Return the version of the key-encryption key."""
        return self._kek.number

    # -- the end of keys

    def destroy(self, kids: Sequence[bytes], now: int) -> None:
        """Overwrite keys, unlink their subjects, and empty the write-ahead log; durable when it returns.

        Their rows stay as tombstones: an id never comes back. `now` is in s.
        """
        self.flush()
        with faults():
            run = self._connection.executemany
            self._connection.execute("BEGIN IMMEDIATE")
            run(
                "UPDATE key SET wrapped = x'', gone = ? WHERE kid = ? AND gone = 0",
                [(now, kid) for kid in kids],
            )
            run("DELETE FROM subject WHERE kid = ?", [(kid,) for kid in kids])
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._forget()

    def rotate(self, told: Callable[[int, int], None] | None = None) -> int:
        """Wrap every key under a new key-encryption key and destroy the old one; return how many.

        Bodies are not touched. Killed at any point, it is finished by the next call.
        """
        self.flush()
        if not self._path:
            self._kek, before = Kek.fresh(self._kek.number + 1), self._kek
            return self._rewrap(before, told)
        file = beside(self._path, ".kek")
        now = kek_file(file, make=False)
        if not now.old:
            now = Kek.fresh(now.number + 1, old=now.key)
            replace_secret(file, now.format())
        self._kek = now
        count = self._rewrap(Kek(now.number - 1, now.old), told)
        self._kek = Kek(now.number, now.key)
        replace_secret(file, self._kek.format())
        return count

    # -- inside

    def _rewrap(self, before: Kek, told: Callable[[int, int], None] | None) -> int:
        rows = self._rows("SELECT kid, wrapped FROM key WHERE gone = 0 AND kek = ?", before.number)
        with faults():
            self._connection.execute("BEGIN IMMEDIATE")
            for done, (kid, wrapped) in enumerate(rows, 1):
                new = self._kek.wrap(before.unwrap(before.number, bytes(wrapped)))
                self._connection.execute(
                    "UPDATE key SET wrapped = ?, kek = ? WHERE kid = ?", (new, self._kek.number, kid)
                )
                if told:
                    told(done, len(rows))
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(rows)

    def _subject(self, tenant: str, subject: str) -> bytes:
        # Without a subject the tenant's own key: such records go by their epochs alone.
        h = self.blind(tenant, "subject", subject) if subject else b""
        name = ("subject", tenant, h, 0)
        kid = self._by_name.get(name)
        if kid is None:
            found = self._rows("SELECT kid FROM subject WHERE tenant = ? AND h = ?", tenant, h)
            if found:
                kid = bytes(found[0][0])
            else:
                kid = self._new("subject", tenant, "", 0)
                self._run("INSERT INTO subject(tenant, h, kid) VALUES (?, ?, ?)", tenant, h, kid)
            self._by_name[name] = kid
        return kid

    def _named(self, kind: str, tenant: str, retention: str, day: int) -> bytes:
        name = (kind, tenant, retention, day)
        kid = self._by_name.get(name)
        if kid is None:
            found = self._rows(
                "SELECT kid FROM key WHERE kind = ? AND tenant = ? AND class = ? AND day = ? AND gone = 0",
                *name,
            )
            kid = self._by_name[name] = bytes(found[0][0]) if found else self._new(*name)
        return kid

    def _new(self, kind: str, tenant: str, retention: str, day: int) -> bytes:
        kid, key = random_bytes(KID), random_bytes(32)
        self._run(
            "INSERT INTO key(kid, kind, kek, wrapped, tenant, class, day, gone) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            *(kid, kind, self._kek.number, self._kek.wrap(key), tenant, retention, day),
        )
        self._keep(kid, key)
        return kid

    def _keep(self, kid: bytes, key: bytes) -> None:
        if len(self._by_kid) >= _CACHED:
            self._by_kid.clear()
            self._by_name.clear()
        self._by_kid[kid] = key

    def _forget(self) -> None:
        self._by_kid.clear()
        self._by_name.clear()

    def _unwrap(self, number: int, wrapped: bytes) -> bytes:
        if number > self._kek.number and self._path:  # another process has rotated
            self._kek = kek_file(beside(self._path, ".kek"), make=False)
        return self._kek.unwrap(number, bytes(wrapped))

    def _run(self, statement: str, *values: object) -> None:
        with faults():
            if not self._writing:
                self._connection.execute("BEGIN IMMEDIATE")
                self._writing = True
            self._connection.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with faults():
            return self._connection.execute(statement, values).fetchall()

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
