"""What waits in PostgreSQL for its place in the tree: an entry without index, time and header (§12).

A row is made by whoever may only append, so its reader believes nothing of it:
what it becomes is held against the form of a header, and its body against its hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from guardrail.canonical import b64u
from guardrail.crypto import digest, length_prefixed
from guardrail.ledger.header import VERSION, parse_header
from guardrail.ledger.rows import Body
from guardrail.ledger.sealed import envelope_kids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.ledger.entry import Draft
    from guardrail.ledger.header import Header
    from guardrail.ledger.sealed import Sealed

__all__ = ["Queued", "queued"]

# What is said of keys and bodies is said by who changes them, in the same transaction.
_OWN: Final = ("retention", "erasure", "hold", "clock.confirmed")


class Queued(NamedTuple):
    """A row: its place in the queue, its writer and their sequence number, id, fields, body, documents."""

    place: int
    writer: str
    sequence: int
    rid: bytes
    fields: bytes
    envelope: bytes
    packed: bytes

    def header(self, ts: int) -> bytes:
        """Return the header at a time in µs.

        Raises:
            ValueError: it is not one that a row may become.
        """
        fields = orjson.loads(self.fields)
        if not isinstance(fields, dict):
            raise ValueError("the row is not an object")  # noqa: TRY004 - one error for callers
        fields |= {"v": VERSION, "id": b64u(self.rid), "ts": ts, "w": self.writer, "ws": self.sequence}
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)

    def checked(self, header: bytes) -> Header:
        """Return the header, parsed; raise `ValueError` if it is not one that a row may become."""
        parsed = parse_header(header)
        if parsed.type.startswith(_OWN) or (parsed.act and parsed.act.kids):
            raise ValueError("only its own transaction may say this")
        if (parsed.type == "writer.start") != (parsed.sequence == 0):
            raise ValueError("a writer's first entry, and only that, is its start")
        sealed = b64u(digest(self.envelope)) if self.envelope else ""
        if sealed != parsed.eh or (sealed and not parsed.expires):
            raise ValueError("the body is not that of the entry")
        if any(digest(document) not in parsed.documents for document in self.documents):
            raise ValueError("there is a document that the entry does not name")
        return parsed

    def body(self, index: int, header: Header) -> Body | None:
        """Return the row of the sealed body."""
        if not self.envelope:
            return None
        kid_s, kid_e = envelope_kids(self.envelope)
        return Body(index, self.envelope, kid_s, kid_e, header.expires)

    @property
    def documents(self) -> tuple[bytes, ...]:
        """Return the documents that come with the row."""
        found, at = [], 0
        while at < len(self.packed):
            size = int.from_bytes(self.packed[at : at + 4], "big")
            found.append(self.packed[at + 4 : at + 4 + size])
            at += 4 + size
        return tuple(found)


def queued(
    item: Draft, rid: bytes, *, expires: int, sealed: Sealed | None, documents: Sequence[bytes] = ()
) -> tuple[bytes, bytes, bytes, bytes]:
    """Return what a draft's row holds: id, fields, body, documents. `expires` is in s, 0 is never."""
    fields = dict(item.fields)
    if expires:
        fields["exp"] = expires
    if sealed:
        fields["bc"], fields["eh"] = b64u(sealed.commitment), b64u(sealed.hash)
    packed = length_prefixed(*documents)
    return rid, orjson.dumps(fields), sealed.envelope if sealed else b"", packed
