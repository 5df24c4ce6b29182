"""The entries of one turn, in order: each gets its index, time, id, sequence number and sealed body."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from guardrail.canonical import b64u
from guardrail.crypto import digest, random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.entry import new_id
from guardrail.ledger.merkle import leaf_hash
from guardrail.ledger.rows import Body, Head, Rows
from guardrail.ledger.sealed import seal_body
from guardrail.types import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.canonical import Canonical
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.queued import Queued
    from guardrail.ledger.sealed import Sealed
    from guardrail.ledger.tiles import Edge

__all__ = ["Line", "Pen", "seal_who"]


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
        self.sequence = pen.sequence
        self.added: list[bytes] = []  # ids of this writer's entries
        self._documents: list[tuple[bytes, bytes, int]] = []
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
            name, ts=self.last_ts, writer=self._pen.writer, sequence=self.sequence, sealed=sealed
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
        self.sequence += 1
        self.added.append(rid)
        return Entry(index, name, kind, self.last_ts, header, leaf)

    def place(self, row: Queued) -> Entry:
        """Place what was queued at the end.

        Raises:
            ValueError: it is not of the form of an entry; it is not placed.
        """
        ts, index = max(self.last_ts + 1, self.now), self.edge.size
        header = row.header(ts)
        parsed = row.checked(header)
        body = row.body(index, parsed)
        leaf = leaf_hash(header)
        self.edge.append(leaf)
        self.last_ts = ts
        self._entries.append((index, row.rid, header))
        if body:
            self._bodies.append(body)
        self._documents += [(digest(document), document, index) for document in row.documents]
        return Entry(index, parsed.id, parsed.type, ts, header, leaf)

    def note(self, documents: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep documents by their digests, with the entry that comes next."""
        self._documents += [(sha, source, self.edge.size) for sha, source in documents]

    def rows(self) -> Rows:
        """Return what is to be written."""
        head = Head(self.edge.size, tuple(self.edge.peaks.hashes), self.last_ts)
        return Rows(
            tuple(self._entries),
            self.edge.changed,
            head,
            tuple(self._documents),
            tuple(self._bodies),
            tuple(self._acts),
        )

    def _seal(self, item: Draft, rid: bytes) -> Sealed | None:
        if self._keys is None:
            return None
        return seal_who(
            item, rid, expires=item.expires(self.last_ts), keys=self._keys, origin=self._pen.origin
        )

    def _random(self, count: int) -> bytes:
        """Return random bytes; the system is asked for many at a time, since each call costs µs."""
        if len(self._pool) < count:
            self._pool = random_bytes(1344)
        taken, self._pool = self._pool[:count], self._pool[count:]
        return taken


def seal_who(item: Draft, rid: bytes, *, expires: int, keys: KeyStore, origin: str) -> Sealed:
    """Seal who is concerned, under keys that are made where they are new.

    Raises:
        LedgerError: the ids are too long.
    """
    # A person who acts is a subject as well, and can ask for erasure of what they did.
    owner = item.who.get("subject") or item.who.get("actor", "")
    locks = keys.locks(item.tenant, owner, str(item.fields["ret"]), expires)
    who: dict[str, Canonical] = {
        kind: b64u(keys.blind(item.tenant, kind, name)) for kind, name in item.who.items()
    }
    try:
        return seal_body({"who": who}, locks, origin=origin, rid=rid, salt=random_bytes(32))
    except ValueError:
        raise LedgerError(
            "the sealed body of an entry cannot be made", advice="give shorter ids of who is concerned"
        ) from None
