"""The ledger's SQLite file as its writer sees it: turns, transactions, and the rows of one turn.

WAL with `synchronous=FULL`: a commit returns when the log of the transaction
has reached the disk. Everything that belongs to an append is in one transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.lock import FileLock
from guardrail.ledger.merkle import HASH_SIZE
from guardrail.ledger.place import refuse_network
from guardrail.ledger.publish import beside, sync_folder
from guardrail.ledger.rows import Head
from guardrail.ledger.schema import APPLICATION_ID, FORMAT, SCHEMA, upgrade
from guardrail.ledger.sealed import HEAD
from guardrail.ledger.sqlite_source import SqliteSource, bare, check_kind, faults
from guardrail.ledger.tiles import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from guardrail.ledger.inbox import Post
    from guardrail.ledger.rows import Body, Rows, Source

__all__ = ["SqliteStore", "bare", "check_kind", "faults"]

_CHECKPOINT_PAGES: Final = 4000
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # NORMAL would answer before the disk has the entry
    "PRAGMA fullfsync=ON",  # macOS: fsync alone leaves it in the drive's cache
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}",
)


class SqliteStore:
    """One connection for one thread; in memory the readers share it under `mutex`."""

    format: Final = FORMAT

    def __init__(self, connection: sqlite3.Connection, path: Path | None, lock: FileLock | None) -> None:
        self.connection = connection
        self.mutex = threading.RLock()
        self._path = path.absolute() if path else None  # the process may change its folder
        self._lock = lock
        self._tried: dict[bytes, tuple[int, bytes, bytes]] = {}
        self._file: tuple[int, int] | None = None  # device and inode, once the file is known to be ours

    @classmethod
    def open(cls, path: Path | None, *, patience: float) -> SqliteStore:
        """Connect, without writing yet; `patience` bounds the wait for foreign programs, in seconds."""
        if path:
            refuse_network(path)
        lock = FileLock.open(beside(path, ".lock")) if path else None
        try:
            with faults():
                # Readers of an in-memory ledger are in other threads; `mutex` makes that safe.
                connection = sqlite3.connect(
                    path or ":memory:", timeout=patience, isolation_level=None, check_same_thread=False
                )
        except LedgerError:
            if lock:
                lock.close()
            raise
        return cls(connection, path, lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold this process's turn: no other writer, and in memory no reader, comes in between."""
        with self.mutex, self._lock.held() if self._lock else nullcontext():
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes, durably, or roll all of it back and raise `LedgerError`."""
        with faults():
            try:
                self._still_there()
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what the block has written if it raises, inside a transaction."""
        self.connection.execute("SAVEPOINT work")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO work")
            raise
        finally:
            self.connection.execute("RELEASE work")

    def prepare(
        self, vkey_of: Callable[[str], str], cosigner_of: Callable[[str], str], *, origin: str, created: int
    ) -> str:
        """Make the tables in an empty file, or check that the file is this key's ledger; return its origin.

        A ledger of an older format gets the tables of this one. `origin` may be empty: then
        it is the ledger's own, or a random one for a new ledger.
        """
        with faults():
            if not self._identify():
                self._create(origin or f"guardrail.local/{random_bytes(4).hex()}", vkey_of, created)
            for pragma in _PRAGMAS:
                self.connection.execute(pragma)
            meta = {key: bytes(value) for key, value in self.connection.execute("SELECT k, v FROM meta")}
            self._file = self._inode()
        own = meta["origin"].decode("utf-8")
        if origin not in ("", own):
            raise LedgerError(
                "the ledger has another origin than the one given",
                advice="leave the origin out, or name the ledger that has it",
            )
        if meta["vkey"] != vkey_of(own).encode("utf-8"):
            raise LedgerError(
                "the key given is not the one that this ledger is signed with",
                advice="put the ledger's own key file back; a ledger never changes its key",
            )
        if int(meta["format"]) < FORMAT:
            self._upgrade(int(meta["format"]))
        if "cosigner" not in meta:
            with self.transaction():
                self.connection.execute(
                    "INSERT INTO meta(k, v) VALUES ('cosigner', ?)", (cosigner_of(own).encode("ascii"),)
                )
        return own

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        return self.connection.execute(bare(statement), values).fetchall()

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""
        self.connection.execute(bare(statement), values)

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        self.connection.executemany(bare(statement), values)

    def head(self) -> Head:
        """Return the head, inside a transaction."""
        size, peaks, last_ts = self.connection.execute("SELECT n, peaks, last_ts FROM head").fetchone()
        return Head(size, tuple(split(peaks)), last_ts)

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile's hashes, empty if there is none yet."""
        row = self.connection.execute("SELECT h FROM tile WHERE l = ? AND n = ?", (level, n)).fetchone()
        return bytes(row[0]) if row else b""

    def has(self, rid: bytes) -> bool:
        """Tell whether an entry of this id is written, of those that this store has tried to write."""
        index, _, header = self._tried.get(rid, (-1, rid, b""))
        row = self.connection.execute("SELECT hdr FROM entry WHERE idx = ?", (index,)).fetchone()
        return row is not None and bytes(row[0]) == header

    def write(self, rows: Rows) -> None:
        """Write the rows of one turn, inside a transaction."""
        run, run_many = self.connection.execute, self.connection.executemany
        self._tried = {entry[1]: entry for entry in rows.entries[:1]}
        run_many("INSERT INTO entry(idx, hdr) VALUES (?1, ?3)", rows.entries)
        run_many(
            "INSERT INTO policy(sha, doc, idx) VALUES (?, ?, ?) ON CONFLICT(sha) DO NOTHING", rows.documents
        )
        run_many(
            "INSERT INTO tile(l, n, w, h) VALUES (?, ?, ?, ?) "
            "ON CONFLICT(l, n) DO UPDATE SET w = excluded.w, h = excluded.h",
            ((level, n, len(tile) // HASH_SIZE, tile) for (level, n), tile in rows.tiles.items()),
        )
        self._put_bodies(rows.bodies)
        run_many("INSERT INTO act(idx, kind) VALUES (?, ?)", (act[:2] for act in rows.acts))
        run_many(
            "INSERT INTO act_key(id, kind, idx) VALUES (?, ?, ?)",
            ((kid, kind, index) for index, kind, kids in rows.acts for kid in kids),
        )
        for index, kind, kids in rows.acts:
            if kind == "hold.placed":
                run_many("INSERT INTO hold(id, placed) VALUES (?, ?)", ((kid, index) for kid in kids))
            elif kind == "hold.released":
                run_many("UPDATE hold SET released = ? WHERE id = ?", ((index, kid) for kid in kids))
        head = rows.head
        run("UPDATE head SET n = ?, peaks = ?, last_ts = ?", (head.size, b"".join(head.peaks), head.last_ts))

    def _put_bodies(self, bodies: Sequence[Body]) -> None:
        kids = {kid for body in bodies for kid in body[2:4]}
        self.connection.executemany(
            "INSERT INTO kid(id) VALUES (?) ON CONFLICT(id) DO NOTHING", [(kid,) for kid in kids]
        )
        self.connection.executemany(
            "INSERT INTO body(idx, env, s, e) "
            "VALUES (?, ?, (SELECT n FROM kid WHERE id = ?), (SELECT n FROM kid WHERE id = ?))",
            [(body.index, body.envelope[HEAD:], body.kid_s, body.kid_e) for body in bodies],
        )

    def keep_checkpoint(self, size: int, note: bytes, *, instead_of: int | None = None) -> None:
        """Store a checkpoint, inside a transaction; `instead_of` is the size of one that it replaces."""
        self.connection.execute("DELETE FROM checkpoint WHERE size = ?", (instead_of,))
        self.connection.execute("INSERT OR REPLACE INTO checkpoint(size, note) VALUES (?, ?)", (size, note))

    def has_bodies(self) -> bool:
        """Tell whether there is a sealed body."""
        return self.connection.execute("SELECT 1 FROM body LIMIT 1").fetchone() is not None

    def newest_checkpoints(self) -> Iterator[bytes]:
        """Yield the stored checkpoints, newest first."""
        for (note,) in self.connection.execute("SELECT note FROM checkpoint ORDER BY size DESC"):
            yield bytes(note)

    def truncate(self) -> bool:
        """Empty the write-ahead log, where removed rows still stand; tell whether no reader was in it."""
        with faults():
            (busy, _, _) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def inbox(self, writer: str, post: Post) -> None:
        """Return nothing: whoever appends takes a turn."""

    def source(self) -> Source:
        """Return read access: a connection of its own, or in memory the only one there is."""
        if self._path:
            return SqliteSource.open(self._path)
        return SqliteSource(self.connection, self.mutex, shared=True)

    def close(self) -> None:
        """Fold the write-ahead log into the file and close; entries are durable before and after."""
        # In memory a reader shares the connection, and SQLite must not be closed by two threads at once.
        with self.mutex:
            with suppress(sqlite3.Error):
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with suppress(sqlite3.Error):
                self.connection.close()
        if self._lock:
            self._lock.close()

    def _inode(self) -> tuple[int, int] | None:
        if not self._path:
            return None
        found = self._path.stat()
        return found.st_dev, found.st_ino

    def _still_there(self) -> None:
        """Refuse to write into a file that nobody can find any more: SQLite would do it without a word."""
        if self._file is None:
            return
        try:
            same = self._inode() == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise LedgerError(
                "the ledger's file was taken away or replaced while it was open",
                advice="put the file back where it was; nothing is recorded until then",
            )

    def _identify(self) -> bool:
        """Tell a ledger (True) from an empty file (False); refuse everything else before touching it."""
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        (objects,) = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not application and not objects:
            return False
        check_kind(self.connection)
        return True

    def _upgrade(self, number: int) -> None:
        with self.transaction():
            for statement in upgrade(number):
                self.connection.execute(statement)
            self.connection.execute("UPDATE meta SET v = ? WHERE k = 'format'", (str(FORMAT).encode(),))

    def _create(self, origin: str, vkey_of: Callable[[str], str], created: int) -> None:
        if self._path and beside(self._path, ".checkpoint").exists():
            # A ledger that vanished must not be replaced by an empty one without a word.
            raise LedgerError(
                "a checkpoint is published for this ledger, but the ledger is gone",
                advice="put the ledger's file back; to give it up, move its .checkpoint and .vkey files away",
            )
        mode = "WAL" if self._path else "MEMORY"
        self.connection.execute(f"PRAGMA journal_mode={mode}")
        with self.transaction():
            for statement in SCHEMA.values():
                self.connection.execute(statement)
            self.connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            meta = {"format": str(FORMAT), "origin": origin, "vkey": vkey_of(origin), "created": str(created)}
            rows = [(key, value.encode("utf-8")) for key, value in meta.items()]
            self.connection.executemany("INSERT INTO meta(k, v) VALUES (?, ?)", rows)
            self.connection.execute("INSERT INTO head(k, n, peaks, last_ts) VALUES (1, 0, x'', 0)")
        if self._path:
            sync_folder(self._path.parent)
