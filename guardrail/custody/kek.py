"""The key-encryption key and the form of its file, in clear or wrapped (docs/spec/keys.md §4): no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.canonical import Canonical, b64u, canonical, parse_canonical, unb64u
from guardrail.crypto import random_bytes, unwrap_key, wrap_key
from guardrail.custody import provider

if TYPE_CHECKING:
    from guardrail.custody.provider import Wrapper

__all__ = ["LIMIT", "Kek", "by_of"]

LIMIT: Final = 16_384  # bytes: what a service has wrapped is longer than what it wraps
_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Kek:
    """The key of version `number`, and the one before it while a rotation is under way."""

    number: int
    key: bytes = field(repr=False)
    old: bytes = field(default=b"", repr=False)

    @classmethod
    def fresh(cls, number: int = 1, *, old: bytes = b"") -> Kek:
        """Return a new random key."""
        return cls(number, random_bytes(_SIZE), old)

    def following(self) -> Kek:
        """Return the next version, which still opens what this one has wrapped."""
        return self.fresh(self.number + 1, old=self.key)

    def settled(self) -> Kek:
        """Return this version alone: the one before it is destroyed."""
        return Kek(self.number, self.key)

    def wrap(self, key: bytes) -> bytes:
        """Return a key as it is stored: AES-KWP (RFC 5649)."""
        return wrap_key(self.key, key)

    def unwrap(self, number: int, wrapped: bytes) -> bytes | None:
        """Return a key that was wrapped under version `number`; None if that is gone, or another's."""
        kek = self.key if number == self.number else self.old if number == self.number - 1 else b""
        return unwrap_key(kek, wrapped) if kek else None

    def format(self, wrapper: Wrapper | None = None) -> bytes:
        """Return the file's bytes; raise `ConfigError` if the wrapper is away."""
        plain: dict[str, Canonical] = {"kek": b64u(self.key), "n": self.number, "v": 1}
        if wrapper is None:
            return canonical(plain | ({"old": b64u(self.old)} if self.old else {})) + b"\n"
        wrapped = wrapper.wrap(canonical(plain), provider.KEK)
        body: dict[str, Canonical] = {"by": wrapper.name, "kek": b64u(wrapped), "n": self.number, "v": 2}
        if self.old:
            body["old"] = b64u(wrap_key(self.key, self.old))
        return canonical(body) + b"\n"

    @classmethod
    def parse(cls, data: bytes, wrapper: Wrapper | None = None) -> Kek:
        """Read the file's bytes: in clear under any custody, wrapped only by the key that they name.

        Raises:
            ValueError: they are not such a key.
            ConfigError: another key wrapped them, or the service refuses or is away.
        """
        body = parse_canonical(data.removesuffix(b"\n"))
        if not isinstance(body, dict):
            raise _not_a_kek()
        old = body.pop("old", "")
        if body.keys() == {"by", "kek", "n", "v"} and body["v"] == 2 and body["v"] is not True:
            return cls._unwrapped(body, str(old), wrapper)
        return cls._plain(body, unb64u(str(old)))

    @classmethod
    def _unwrapped(cls, body: dict[str, Canonical], old: str, wrapper: Wrapper | None) -> Kek:
        by, wrapped = str(body["by"]), unb64u(str(body["kek"]))
        if not by.isascii() or not by.isprintable() or len(by) > 256:  # it stands in messages
            raise _not_a_kek()
        if wrapper is None:
            raise provider.other_wrapper(by, "a file in clear")
        inside = parse_canonical(wrapper.unwrap(wrapped, provider.KEK, by))
        if not isinstance(inside, dict) or inside.get("n") != body["n"]:
            raise _not_a_kek()
        kek = cls._plain(inside, b"")
        before = unwrap_key(kek.key, unb64u(old)) if old else b""
        if before is None:
            raise _not_a_kek()
        return cls._checked(kek.number, kek.key, before)

    @classmethod
    def _plain(cls, body: dict[str, Canonical], old: bytes) -> Kek:
        if body.keys() != {"kek", "n", "v"} or body["v"] is True or body["v"] != 1:
            raise _not_a_kek()
        return cls._checked(body["n"], unb64u(str(body["kek"])), old)

    @classmethod
    def _checked(cls, number: Canonical, key: bytes, old: bytes) -> Kek:
        if type(number) is not int or number < 1 or len(key) != _SIZE or len(old) not in (0, _SIZE):
            raise _not_a_kek()
        return cls(number, key, old)


def by_of(data: bytes) -> str:
    """Return the name of what wrapped the key in a file's bytes; empty where it lies in clear."""
    try:
        body = parse_canonical(data.removesuffix(b"\n"))
    except ValueError:
        return ""
    return str(body.get("by", "")) if isinstance(body, dict) else ""


def _not_a_kek() -> ValueError:
    return ValueError("not a key-encryption key")
