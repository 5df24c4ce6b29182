"""Who holds the keys reads: one entry's body, and everything that went anywhere about one subject."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardrail.canonical import Canonical, unb64u
from guardrail.crypto import unwrap_key
from guardrail.ledger.header import Header, parse_header
from guardrail.ledger.sealed import Locks, open_with, record_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.rows import Body

__all__ = ["Disclosed", "Shown", "body_of", "register"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A body, or why there is none: "none", "removed", "unreadable", "damaged"."""

    state: str
    body: Mapping[str, Canonical] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An entry on a subject: when, and what its header says of where a text went."""

    index: int
    time_us: int
    header: Header


def body_of(reader: Reader, keys: KeyStore, index: int) -> Shown:
    """Return the body of an entry, opened with both its keys or with a hold's."""
    entry = reader.entry(index)
    header, body = parse_header(entry.header), reader.body(index)
    if body is None:
        return Shown("removed" if header.bc else "none")
    key = _record_key(reader, keys, body, unb64u(entry.id))
    if key is None:
        return Shown("unreadable")
    try:
        value = open_with(
            key, body.envelope, origin=reader.origin, rid=unb64u(entry.id), bound=header.commitment
        )
    except ValueError:
        return Shown("damaged")
    return Shown("present", value)


def register(reader: Reader, keys: KeyStore, subject: str, *, tenant: str = "") -> Iterator[Disclosed]:
    """Yield the entries on a subject, oldest first (GDPR Art. 15): where each text went, by which rule.

    Found by the subject's keyed blind index; nothing is found of a subject that was erased.
    """
    kid = keys.find_subject(tenant, subject)
    for index in reader.of_subject(kid) if kid else ():
        entry = reader.entry(index)
        yield Disclosed(index, entry.time_us, parse_header(entry.header))


def _record_key(reader: Reader, keys: KeyStore, body: Body, rid: bytes) -> bytes | None:
    kid_s, kid_e = bytes(body.kid_s), bytes(body.kid_e)
    if keys.live(kid_s) and keys.live(kid_e):
        return record_key(Locks(kid_s, kid_e, keys.key(kid_s), keys.key(kid_e)), rid)
    for hold, wrapped in reader.hold_keys(body.index):
        if keys.live(hold):
            return unwrap_key(keys.key(hold), wrapped)
    return None
