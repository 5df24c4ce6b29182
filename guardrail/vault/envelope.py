"""One row of the vault as it is stored: blind indexes to find it by, its sealed bytes (docs/spec/vault.md).

The key of a row follows from two keys, its subject's and its epoch's: when
either is destroyed, nobody can read the row any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.crypto import derive_salted, length_prefixed, mac, open_siv, seal_siv
from guardrail.tokens import body_of
from guardrail.vault.store import TOKEN, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.vault.store import Scope

__all__ = ["DAY", "KID", "MOST", "Address", "Blinds", "open_row", "row_key", "seal_row"]

DAY: Final = 86_400
KID: Final = 8
MOST: Final = 65_536  # characters of a value; a longer one is not kept
_INDEX: Final = 16
_PREFIX: Final = b"\x01\x03"  # version 1, suite 3: AES-SIV under two locks
_HEAD: Final = len(_PREFIX) + 2 * KID
_PAD: Final = 64  # bytes: the length of what is sealed tells little


class Address(NamedTuple):
    """Where a row stands: blind indexes of its scope, its name and a token's body; its kind; its end (s)."""

    s: bytes
    n: bytes
    b: bytes
    kind: str
    expires: int


@dataclass(frozen=True, slots=True)
class Blinds:
    """The blind indexes of one tenant: 16 bytes each, nothing without the key."""

    key: bytes = field(repr=False)

    def scope(self, scope: Scope) -> bytes:
        """Return what stands for a conversation."""
        return self._of("scope", _utf8(scope.conversation))

    def name(self, s: bytes, kind: str, name: str) -> bytes:
        """Return what stands for a row's name in its scope."""
        return self._of("name", s, kind.encode(), _utf8(name))

    def body(self, s: bytes, body: str) -> bytes:
        """Return what stands for the payload and check of a token."""
        return self._of("body", s, _utf8(body))

    def subject(self, subject: str) -> bytes:
        """Return what stands for a subject; of "", for the tenant's own key."""
        return self._of("subject", _utf8(subject))

    def address(self, s: bytes, name: str, kind: str, expires: int) -> Address:
        """Return where a row stands."""
        body = self.body(s, body_of(name)) if kind == TOKEN else b""
        return Address(s, self.name(s, kind, name), body, kind, expires)

    def _of(self, what: str, *parts: bytes) -> bytes:
        return mac(self.key, b"pgl/v1/vault", what.encode(), *parts)[:_INDEX]


def row_key(subject: bytes, epoch: bytes) -> bytes:
    """Return the key of all rows under a subject's and an epoch's key, 64 bytes."""
    return derive_salted(subject, salt=epoch, info=b"pgl/v1/vault-row\0", blocks=2)


def seal_row(key: bytes, kids: bytes, address: Address, name: str, row: Row) -> bytes:
    """Return the envelope of a row; `kids` are the ids of its two keys, the subject's first."""
    value = b"" if row.value is None else b"\x01" + _utf8(row.value)
    parts = length_prefixed(
        _utf8(name), row.entity.encode(), row.mark, value, *(one.encode() for one in sorted(row.restore))
    )
    plain = len(parts).to_bytes(4, "big") + parts
    head = _PREFIX + kids
    return head + seal_siv(key, plain + bytes(-len(plain) % _PAD), *_bound(head, address))


def open_row(key: bytes, envelope: bytes, address: Address) -> tuple[str, Row] | None:
    """Return a row and its name; None where a key, the place, the end or a byte is another."""
    if not envelope.startswith(_PREFIX):
        return None
    plain = open_siv(key, envelope[_HEAD:], *_bound(envelope[:_HEAD], address))
    if plain is None:
        return None
    size = int.from_bytes(plain[:4], "big")
    name, entity, mark, value, *restore = _parts(plain[4 : 4 + size])
    row = Row(
        mark,
        _text(value[1:]) if value else None,
        frozenset(one.decode() for one in restore),
        address.kind,
        entity.decode(),
    )
    return _text(name), row


def _bound(head: bytes, address: Address) -> tuple[bytes, ...]:
    """Return what an envelope is bound to: who writes the file can neither move a row nor lengthen it."""
    end = address.expires.to_bytes(8, "big")
    return b"pgl/v1/vault", head, address.s, address.n, address.b, address.kind.encode(), end


def _parts(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : end]
        at = end


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
