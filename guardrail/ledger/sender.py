"""What a process queues in PostgreSQL: one insert for all that waits, without a lock on anything."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final
from zlib import crc32

from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.entry import new_id
from guardrail.ledger.line import seal_who
from guardrail.ledger.queued import queued
from guardrail.postgres import Link, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.committer import Request
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.inbox import Post
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.remote import Remote
    from guardrail.ledger.sealed import Sealed
    from guardrail.ledger.turn import Identity

__all__ = ["Sender"]

_WRITER: Final = 4  # kind of the lock that a writer's only session holds
_INSERT: Final = (
    "INSERT INTO @queue(w, ws, rid, fields, env, docs) SELECT ?, * "
    "FROM unnest(!::bigint[], !::bytea[], !::bytea[], !::bytea[], !::bytea[])"
)
_THERE: Final = "SELECT 1 FROM @queue WHERE rid = ? UNION ALL SELECT 1 FROM @entry WHERE rid = ?"


class Sender:
    """One writer's connection to the queue, used by whoever holds the gate."""

    def __init__(
        self,
        place: Remote,
        who: Identity,
        post: Post,
        *,
        patience: float,
        keys: Callable[[], KeyStore] | None,
    ) -> None:
        self._who = who
        self._post = post
        self._place = place
        self._open_keys = keys
        self._keys: KeyStore | None = None
        self._origin = ""
        # Set while it is unknown whether an insert, on a connection that was lost, was committed.
        self._unsure: tuple[bytes, int] | None = None
        self._link = Link(place.address, patience=patience, fault=LedgerError, greet=self._greet)

    def insert(self, batch: Sequence[Request], waits: Callable[[Sequence[bytes]], None]) -> None:
        """Queue a batch, durably; `waits` is called with the ids before anybody can place them.

        Raises:
            LedgerError: the batch is not acknowledged.
        """
        with self._post.gate:
            self.settle()
            rows = self._rows(batch)
            waits([row[0] for row in rows])
            try:
                self._put(rows)
            except LedgerError:
                if self._link.live:
                    raise  # refused: nothing is written
                self._unsure = (rows[0][0], len(rows))
                if self.settle():
                    return
                self._put(rows)  # the connection was lost before the server had read of it
            self._post.next += len(rows)

    def settle(self) -> bool:
        """Find out, with the gate held, whether the last insert was committed; tell whether it was."""
        if self._unsure is None:
            return False
        rid, count = self._unsure
        found = bool(self._link.session().rows(_THERE, rid, rid))
        if found:
            self._post.next += count
        self._unsure = None
        return found

    def wake(self) -> None:
        """Tell the leader that something is queued."""
        try:
            self._link.session().run("SELECT pg_notify(?, 'q')", self._place.channel)
        except LedgerError:
            return  # what is queued is found by the next turn, too

    def close(self) -> None:
        """Close the connections."""
        self._link.close()
        if self._keys:
            self._keys.close()

    def _greet(self, session: Session) -> None:
        # Of a connection that was lost nobody knows whether it still commits. Its session holds this
        # lock to its very end: whoever has it may look, and what is not there will never be.
        session.run(
            "SELECT pg_advisory_lock(?, ?)",
            self._place.lock(_WRITER)[0],
            crc32(self._who.writer.encode()) - 2**31,
        )
        if not self._origin:
            self._origin = bytes(session.rows("SELECT v FROM @meta WHERE k = 'origin'")[0][0]).decode()

    def _put(self, rows: Sequence[tuple[bytes, ...]]) -> None:
        session = self._link.session()
        numbers = list(range(self._post.next, self._post.next + len(rows)))
        session.run(_INSERT, self._who.writer, numbers, *(list(column) for column in zip(*rows, strict=True)))

    def _rows(self, batch: Sequence[Request]) -> list[tuple[bytes, bytes, bytes, bytes]]:
        self._link.session()  # which knows the origin
        now, pool = self._who.now(), random_bytes(10 * len(batch))
        if self._open_keys and any(request.draft and request.draft.who for request in batch):
            self._keys = self._keys or self._open_keys()
        rows = []
        with self._keys.turn() if self._keys else nullcontext():
            for at, request in enumerate(batch):
                item = request.draft
                if item is None:
                    continue
                rid = new_id(now, pool[at * 10 : at * 10 + 10])
                expires = item.expires(now)
                sealed = self._seal(item, rid, expires)
                documents = [source for _, source in request.documents]
                rows.append(queued(item, rid, expires=expires, sealed=sealed, documents=documents))
        return rows

    def _seal(self, item: Draft, rid: bytes, expires: int) -> Sealed | None:
        keys = self._keys
        if keys is None or not item.who or not item.keep:
            return None
        return seal_who(item, rid, expires=expires, keys=keys, origin=self._origin)
