"""The entries of one turn, in order: each gets its index, time, id, sequence number and sealed body."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from guardrail.canonical import b64u
from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.entry import new_id
from guardrail.ledger.merkle import leaf_hash
from guardrail.ledger.rows import Body, Head, Rows
from guardrail.ledger.sealed import seal_body
from guardrail.types import Entry

if TYPE_CHECKING:
    from guardrail.canonical import Canonical
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.sealed import Sealed
    from guardrail.ledger.tiles import Edge

__all__ = ["Line", "Pen"]


class Pen(NamedTuple):
    """Who writes in this turn: the random name, the next sequence number, the time in µs, the origin."""

    writer: str
    sequence: int
    now: int
    origin: str


class Line:
    """The entries of one turn."""

    def __init__(self, head: Head, edge: Edge, pen: Pen, keys: KeyStore | None) -> None:
        self.edge = edge
        self.now = pen.now
        self.last_ts = head.last_ts
        self._pen = pen
        self._sequence = pen.sequence
        self._keys = keys
        self._entries: list[tuple[int, bytes, bytes]] = []
        self._bodies: list[Body] = []
        self._acts: list[tuple[int, str, tuple[bytes, ...]]] = []
        self._pool = b""

    def add(self, item: Draft) -> Entry:
        """Place a draft at the end."""
        self.last_ts = max(self.last_ts + 1, self.now)
        rid = new_id(self.last_ts, self._random(10))
        name, index = b64u(rid), self.edge.size
        sealed = self._seal(item, rid) if item.who and item.keep and self._keys else None
        header = item.header(
            name, ts=self.last_ts, writer=self._pen.writer, sequence=self._sequence, sealed=sealed
        )
        leaf = leaf_hash(header)
        self.edge.append(leaf)
        self._entries.append((index, rid, header))
        if sealed:
            locks = sealed.locks
            expires = item.expires(self.last_ts)
            self._bodies.append(Body(index, sealed.envelope, locks.kid_s, locks.kid_e, expires))
        kind = str(item.fields["t"])
        if item.act and item.act.kids:
            self._acts.append((index, kind, item.act.kids))
        self._sequence += 1
        return Entry(index, name, kind, self.last_ts, header, leaf)

    def rows(self, documents: tuple[tuple[bytes, bytes, int], ...]) -> Rows:
        """Return what is to be written."""
        head = Head(self.edge.size, tuple(self.edge.peaks.hashes), self.last_ts)
        return Rows(
            tuple(self._entries), self.edge.changed, head, documents, tuple(self._bodies), tuple(self._acts)
        )

    def _seal(self, item: Draft, rid: bytes) -> Sealed | None:
        keys = self._keys
        if keys is None:
            return None
        # A person who acts is a subject as well, and can ask for erasure of what they did.
        owner = item.who.get("subject") or item.who.get("actor", "")
        locks = keys.locks(item.tenant, owner, str(item.fields["ret"]), item.expires(self.last_ts))
        who: dict[str, Canonical] = {
            kind: b64u(keys.blind(item.tenant, kind, name)) for kind, name in item.who.items()
        }
        try:
            return seal_body({"who": who}, locks, origin=self._pen.origin, rid=rid, salt=self._random(32))
        except ValueError:
            raise LedgerError(
                "the sealed body of an entry cannot be made", advice="give shorter ids of who is concerned"
            ) from None

    def _random(self, count: int) -> bytes:
        """Return random bytes; the system is asked for many at a time, since each call costs µs."""
        if len(self._pool) < count:
            self._pool = random_bytes(1344)
        taken, self._pool = self._pool[:count], self._pool[count:]
        return taken
