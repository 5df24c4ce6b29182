"""The sealed body of an entry: its bytes, its commitment, and the two locks on it (docs/spec/ledger.md §8).

The key of a record follows from two keys, the subject's and the epoch's: when
either is destroyed, nobody can read the body any more, and no row needs to be
touched for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.canonical import Canonical, canonical, parse_canonical
from guardrail.crypto import digest, expand, extract, length_prefixed, mac, open_gcm, seal_gcm

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DAY",
    "HEAD",
    "KID",
    "MAX_BODY",
    "PREFIX",
    "Locks",
    "Sealed",
    "blind_index",
    "commitment",
    "due_at",
    "envelope_kids",
    "envelope_of",
    "epoch_day",
    "open_body",
    "open_with",
    "record_key",
    "seal_body",
]

DAY: Final = 86_400
KID: Final = 8
SALT: Final = 32
MAX_BODY: Final = 32_768
PREFIX: Final = b"\x01\x01"  # version 1, suite 1: AES-256-GCM under two locks
HEAD: Final = len(PREFIX) + 2 * KID
_NONCE: Final = bytes(12)  # one key, one record
_LEAST: Final = HEAD + SALT + 16


@dataclass(frozen=True, slots=True)
class Locks:
    """The two keys of a record and their ids: the subject's, and the epoch's."""

    kid_s: bytes
    kid_e: bytes
    subject: bytes = field(repr=False)
    epoch: bytes = field(repr=False)
    drawn: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Of both keys, once for all records under them: without either, nothing follows.
        object.__setattr__(self, "drawn", extract(self.subject, salt=self.epoch))


class Sealed(NamedTuple):
    """An envelope and the commitment to what is in it, each for its place: the body's row, the header."""

    envelope: bytes
    commitment: bytes
    locks: Locks

    @property
    def hash(self) -> bytes:
        """Return SHA-256 of the envelope: who has no keys checks the stored bytes by it."""
        return digest(self.envelope)


def record_key(locks: Locks, rid: bytes) -> bytes:
    """Return the key of one record."""
    return expand(locks.drawn, b"pgl/v1/record-dek\0" + rid)


def commitment(salt: bytes, body: bytes) -> bytes:
    """Return what binds one body and shows nothing of it: GCM alone opens to two texts under two keys."""
    return digest(b"pgl/v1/body\0" + salt + body)


def seal_body(body: Mapping[str, Canonical], locks: Locks, *, origin: str, rid: bytes, salt: bytes) -> Sealed:
    """Seal a body under both locks; `salt` is 32 random bytes.

    Raises:
        ValueError: the body is too long, or not canonical.
    """
    plain = canonical(dict(body))
    if len(plain) > MAX_BODY:
        raise ValueError("the body is too long")
    head = PREFIX + locks.kid_s + locks.kid_e
    text = seal_gcm(record_key(locks, rid), _NONCE, salt + plain, _associated(head, origin, rid))
    return Sealed(head + text, commitment(salt, plain), locks)


def open_body(
    envelope: bytes, locks: Locks, *, origin: str, rid: bytes, bound: bytes
) -> Mapping[str, Canonical]:
    """Open a body with both keys; see `open_with`."""
    if envelope_kids(envelope) != (locks.kid_s, locks.kid_e):
        raise ValueError("the body is sealed under other keys")
    return open_with(record_key(locks, rid), envelope, origin=origin, rid=rid, bound=bound)


def open_with(
    key: bytes, envelope: bytes, *, origin: str, rid: bytes, bound: bytes
) -> Mapping[str, Canonical]:
    """Open a body with its record's key, and hold it against the commitment `bound` of the header.

    Raises:
        ValueError: another key, another record, or not what was committed to.
    """
    envelope_kids(envelope)
    plain = open_gcm(key, _NONCE, envelope[HEAD:], _associated(envelope[:HEAD], origin, rid))
    if plain is None:
        raise ValueError("the body does not open with its keys")
    salt, body = plain[:SALT], plain[SALT:]
    if commitment(salt, body) != bound:
        raise ValueError("the body is not the one that its entry is committed to")
    value = parse_canonical(body)
    if not isinstance(value, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004 - one error for callers
    return value


def envelope_kids(envelope: bytes) -> tuple[bytes, bytes]:
    """Return the ids of the subject's and the epoch's key.

    Raises:
        ValueError: not an envelope of version 1.
    """
    if len(envelope) < _LEAST or not envelope.startswith(PREFIX):
        raise ValueError("not an envelope of version 1")
    at = len(PREFIX)
    return envelope[at : at + KID], envelope[at + KID : HEAD]


def envelope_of(kid_s: bytes, kid_e: bytes, text: bytes) -> bytes:
    """Return the envelope of which the ledger stores the ids of the keys apart, and `text`."""
    return PREFIX + kid_s + kid_e + text


def blind_index(key: bytes, kind: str, name: str) -> bytes:
    """Return what stands for an id in bodies and in the key store: 16 bytes, nothing without the key."""
    return mac(key, kind.encode(), name.encode("utf-8", "surrogatepass"))[:16]


def epoch_day(expires: int) -> int:
    """Return the UTC day of an expiry, as days since 1970."""
    return expires // DAY


def due_at(day: int) -> int:
    """Return the second at which everything of this day has expired."""
    return (day + 1) * DAY


def _associated(head: bytes, origin: str, rid: bytes) -> bytes:
    return _named(origin, len(head)) % (head, len(rid).to_bytes(4, "big"), rid)


@lru_cache(maxsize=16)
def _named(origin: str, size: int) -> bytes:
    """Return what stands around head and record id; a ledger has one origin, and heads of one length."""
    whole = length_prefixed(b"pgl/v1/env", bytes(size), origin.encode("ascii"))
    at = len(length_prefixed(b"pgl/v1/env")) + 4
    return whole[:at].replace(b"%", b"%%") + b"%b" + whole[at + size :].replace(b"%", b"%%") + b"%b%b"
