"""A ledger in PostgreSQL as its writer sees it: one turn at a time among all processes of all hosts.

A turn is a transaction that holds an advisory lock, and that moves the head on
from the size that it has read: were the lock ever to fail, only one would commit.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.inbox import Inbox
from guardrail.ledger.merkle import HASH_SIZE
from guardrail.ledger.postgres_schema import TABLES
from guardrail.ledger.postgres_source import PostgresSource, exists
from guardrail.ledger.publish import beside
from guardrail.ledger.queued import Queued
from guardrail.ledger.rows import Head
from guardrail.ledger.schema import known_format
from guardrail.ledger.tiles import WIDTH, split
from guardrail.postgres import Link, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from guardrail.ledger.inbox import Post
    from guardrail.ledger.remote import Remote
    from guardrail.ledger.rows import Rows
    from guardrail.postgres import Session

__all__ = ["PostgresStore"]

TURN: Final = 1  # kinds of advisory locks: a turn,
LEAD: Final = 2  # who takes what is queued
_LONG: Final = "600s"  # that a piece of work may rest on its keys, with the turn held


class PostgresStore:
    """One connection for one thread."""

    format: Final = 2  # of `layout.LAYOUTS`: the ids of a body's keys in its row

    def __init__(self, place: Remote, *, patience: float) -> None:
        self.mutex = threading.RLock()
        self._place = place
        self._link = Link(place.address, patience=patience, fault=LedgerError)
        self._patience = patience
        self._session: Session | None = None
        self._size = -1  # of the tree that `_tiles` and `_sequences` belong to
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._sequences: dict[str, int] = {}
        self._before = 0

    # -- turns

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold this process's turn; that of all processes begins with the transaction."""
        with self.mutex:
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Wait for the turn; commit what the block writes, durably, or roll all of it back."""
        session = self._link.begin()
        try:
            # A connection that was lost in its turn still holds the lock until its end is certain.
            session.run("SELECT pg_advisory_xact_lock(?, ?)", *self._place.lock(TURN))
            self._session = session
            yield
            session.run("COMMIT")
        except BaseException:
            self._size = -1
            with suppress(LedgerError):
                session.run("ROLLBACK")
            raise
        finally:
            self._session = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what the block has written if it raises, inside a transaction."""
        session = self._live()
        session.run(f"SET LOCAL idle_in_transaction_session_timeout = '{_LONG}'")
        session.run("SAVEPOINT work")
        try:
            yield
        except BaseException:
            with suppress(LedgerError):
                session.run("ROLLBACK TO SAVEPOINT work")
            raise
        session.run("RELEASE SAVEPOINT work")

    # -- statements

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        return self._live().rows(statement, *values)

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""
        self._live().run(statement, *values)

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        self._live().run_many(statement, values)

    def prepare(
        self, vkey_of: Callable[[str], str], cosigner_of: Callable[[str], str], *, origin: str, created: int
    ) -> str:
        """Make the tables in an empty schema, or check that they are this key's; return the origin."""
        with self.transaction():
            session = self._live()
            if not exists(session):
                self._create(session, origin or f"guardrail.local/{random_bytes(4).hex()}", vkey_of, created)
            meta = {key: bytes(value) for key, value in session.rows("SELECT k, v FROM @meta")}
            known_format(meta.get("format"))
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
            if "cosigner" not in meta:
                session.run(
                    "INSERT INTO @meta(k, v) VALUES ('cosigner', ?)", cosigner_of(own).encode("ascii")
                )
        return own

    def head(self) -> Head:
        """Return the head, inside a transaction."""
        ((size, peaks, last_ts),) = self.rows("SELECT n, peaks, last_ts FROM @head") or [(-1, b"", 0)]
        if size < 0:
            raise LedgerError("the ledger is damaged: it has no head", advice="run: guardrail ledger verify")
        if size != self._size:
            self._size, self._tiles, self._sequences = size, {}, {}
        self._before = size
        return Head(size, tuple(split(peaks)), last_ts)

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile's hashes, empty if there is none yet."""
        found = self._tiles.get((level, n)) if self._size == self._before else None
        if found is None:
            rows = self.rows("SELECT h FROM @tile WHERE l = ? AND n = ?", level, n)
            found = bytes(rows[0][0]) if rows else b""
        return found

    def has(self, rid: bytes) -> bool:
        """Tell whether an entry of this id is written."""
        return bool(self.rows("SELECT 1 FROM @entry WHERE rid = ?", rid))

    def write(self, rows: Rows) -> None:
        """Write the rows of one turn, inside a transaction, in one round trip."""
        session = self._live()
        with faults(LedgerError), session.connection.pipeline():
            _put(session, _ENTRIES, rows.entries)
            tiles = [(l, n, len(h) // HASH_SIZE, bytes(h)) for (l, n), h in rows.tiles.items()]  # noqa: E741 - as in tlog-tiles
            _put(session, _TILES, tiles)
            if rows.documents:
                session.run_many(
                    "INSERT INTO @policy(sha, doc, idx) VALUES (?, ?, ?) ON CONFLICT(sha) DO NOTHING",
                    rows.documents,
                )
            bodies = [(one.index, one.envelope, one.kid_s, one.kid_e, one.expires) for one in rows.bodies]
            _put(session, _BODIES, bodies)
            self._write_acts(session, rows)
            head = rows.head
            moved = session.connection.execute(
                _HEAD.replace(b"@head", f'"{session.schema}".head'.encode()),
                (head.size, b"".join(head.peaks), head.last_ts, self._before),
            )
        if moved.rowcount != 1:
            raise LedgerError(
                "two turns of the ledger met: nothing of this one is written",
                advice="connect to the server itself, or by a pool that keeps sessions apart",
            )
        self._keep(rows)

    def keep_checkpoint(self, size: int, note: bytes, *, instead_of: int | None = None) -> None:
        """Store a checkpoint, inside a transaction; `instead_of` is the size of one that it replaces."""
        if instead_of is not None:
            self.run("DELETE FROM @checkpoint WHERE size = ?", instead_of)
        self.run(
            "INSERT INTO @checkpoint(size, note) VALUES (?, ?) "
            "ON CONFLICT(size) DO UPDATE SET note = excluded.note",
            size,
            note,
        )

    def has_bodies(self) -> bool:
        """Tell whether there is a sealed body."""
        with self._reading() as session:
            return bool(session.rows("SELECT 1 FROM @body LIMIT 1"))

    def newest_checkpoints(self) -> Iterator[bytes]:
        """Yield the stored checkpoints, newest first: the last that there are reasons to look at."""
        for (note,) in self.rows("SELECT note FROM @checkpoint ORDER BY size DESC LIMIT 64"):
            yield bytes(note)

    def truncate(self) -> bool:
        """Answer that the server's log cannot be emptied from here (docs/operating.md)."""
        return False

    def inbox(self, writer: str, post: Post) -> Inbox:
        """Return the queue as this writer's turns see it."""
        return Inbox(self, writer, post)

    def source(self) -> PostgresSource:
        """Return read access, on a connection of its own."""
        return PostgresSource.open(self._place, patience=self._patience)

    def close(self) -> None:
        """Close the connection."""
        with self.mutex:
            self._link.close()

    # -- the queue

    def waiting(self, writer: str, limit: int) -> list[Queued]:
        """Return what is queued: all of one writer first, then what came first of the others."""
        rows = self.rows(
            "(SELECT id, w, ws, rid, fields, env, docs FROM @queue WHERE w = ? ORDER BY id) UNION ALL "
            "(SELECT id, w, ws, rid, fields, env, docs FROM @queue WHERE w <> ? ORDER BY id LIMIT ?)",
            *(writer, writer, limit),
        )
        return [Queued(*row) for row in rows]

    def sequences(self, writers: Iterable[str]) -> Mapping[str, int]:
        """Return the next sequence number of each writer; 0 for one that has not begun."""
        unknown = [name for name in writers if name not in self._sequences]
        if unknown:
            self._sequences |= dict.fromkeys(unknown, 0)
            self._sequences |= dict(self.rows("SELECT w, ws FROM @writer WHERE w = ANY(?)", unknown))
        return self._sequences

    def written(self, rids: Sequence[bytes]) -> set[bytes]:
        """Return which of these ids are entries already."""
        return {bytes(rid) for (rid,) in self.rows("SELECT rid FROM @entry WHERE rid = ANY(!)", list(rids))}

    def settle(self, places: Sequence[int], sequences: Mapping[str, int], *, told: bool) -> None:
        """Take rows off the queue, and keep the sequence numbers that come next; `told` wakes the others."""
        session = self._live()
        with faults(LedgerError), session.connection.pipeline():
            if places:
                session.run("DELETE FROM @queue WHERE id = ANY(!)", list(places))
            if sequences:
                _put(session, _WRITERS, list(sequences.items()))
            if told:
                session.run("SELECT pg_notify(?, 'd')", self._place.channel)
        self._sequences |= sequences

    # -- inside

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        if self._session:
            yield self._session
            return
        session = self._link.begin()
        yield session
        session.run("COMMIT")

    def _keep(self, rows: Rows) -> None:
        """Remember the right edge of the tree: where its size is still the same, nobody else has written."""
        self._size = self._before = rows.head.size
        edge = {key: bytes(tile) for key, tile in rows.tiles.items() if len(tile) < WIDTH * HASH_SIZE}
        self._tiles = {**self._tiles, **edge}
        for level, n in [key for key in self._tiles if key[1] < (self._size >> (8 * (key[0] + 1)))]:
            del self._tiles[level, n]

    @staticmethod
    def _write_acts(session: Session, rows: Rows) -> None:
        if not rows.acts:
            return
        session.run_many("INSERT INTO @act(idx, kind) VALUES (?, ?)", [act[:2] for act in rows.acts])
        session.run_many(
            "INSERT INTO @act_key(id, kind, idx) VALUES (?, ?, ?)",
            [(kid, kind, index) for index, kind, kids in rows.acts for kid in kids],
        )
        for index, kind, kids in rows.acts:
            if kind == "hold.placed":
                session.run_many(
                    "INSERT INTO @hold(id, placed) VALUES (?, ?)", [(kid, index) for kid in kids]
                )
            elif kind == "hold.released":
                session.run_many("UPDATE @hold SET released = ? WHERE id = ?", [(index, kid) for kid in kids])

    def _live(self) -> Session:
        if self._session is None:
            raise LedgerError("the ledger is not in a turn", advice="report this: it is a fault of guardrail")
        return self._session

    def _create(self, session: Session, origin: str, vkey_of: Callable[[str], str], created: int) -> None:
        if beside(self._place, ".checkpoint").exists():
            # A ledger that vanished must not be replaced by an empty one without a word.
            raise LedgerError(
                "a checkpoint is published for this ledger, but the ledger is gone",
                advice="restore the database; to give it up, move the .checkpoint and .vkey files away",
            )
        session.run(f'CREATE SCHEMA IF NOT EXISTS "{session.schema}"')
        for statement in TABLES:
            session.run(statement)
        meta = {
            "format": str(self.format),
            "origin": origin,
            "vkey": vkey_of(origin),
            "created": str(created),
        }
        rows = [(key, value.encode("utf-8")) for key, value in meta.items()]
        session.run_many("INSERT INTO @meta(k, v) VALUES (?, ?)", rows)


_ENTRIES: Final = (
    "INSERT INTO @entry(idx, rid, hdr) SELECT * FROM unnest(!::bigint[], !::bytea[], !::bytea[])"
)
_TILES: Final = (
    "INSERT INTO @tile(l, n, w, h) SELECT * FROM unnest(!::integer[], !::bigint[], !::integer[], !::bytea[]) "
    "ON CONFLICT(l, n) DO UPDATE SET w = excluded.w, h = excluded.h"
)
_BODIES: Final = (
    "INSERT INTO @body(idx, env, kid_s, kid_e, exp) "
    "SELECT * FROM unnest(!::bigint[], !::bytea[], !::bytea[], !::bytea[], !::bigint[])"
)
_WRITERS: Final = (
    "INSERT INTO @writer(w, ws) SELECT * FROM unnest(!::text[], !::bigint[]) "
    "ON CONFLICT(w) DO UPDATE SET ws = excluded.ws"
)
_HEAD: Final = b"UPDATE @head SET n = %s, peaks = %s, last_ts = %s WHERE n = %s"


def _put(session: Session, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows as columns: one statement, whatever their number."""
    if rows:
        session.run(statement, *(list(column) for column in zip(*rows, strict=True)))
