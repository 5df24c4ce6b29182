"""The key document: two independent secrets of 32 bytes, in one spelling (docs/spec/keys.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from guardrail.canonical import Canonical, b64u, canonical, parse_canonical, unb64u
from guardrail.crypto import random_bytes
from guardrail.errors import ConfigError

__all__ = ["LIMIT", "SIZE", "Secrets", "Wrapping", "not_a_document", "parse"]

LIMIT: Final = 4096  # bytes: a document is about 120
SIZE: Final = 32
_PLAIN: Final = 1
_WRAPPED: Final = 2


@dataclass(frozen=True, slots=True)
class Secrets:
    """The root of everything that is derived, and the seed that signs the ledger; neither has a repr."""

    root: bytes = field(repr=False)
    log: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> Secrets:
        """Return new random secrets."""
        return cls(random_bytes(SIZE), random_bytes(SIZE))

    def format(self) -> bytes:
        """Return the document's bytes, version 1, without a newline."""
        return canonical({"log": b64u(self.log), "root": b64u(self.root), "v": _PLAIN})


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A document that the key of a service has wrapped; no secret."""

    by: str
    key: bytes

    def format(self) -> bytes:
        """Return the file's bytes, version 2."""
        return canonical({"by": self.by, "key": b64u(self.key), "v": _WRAPPED}) + b"\n"


def parse(data: bytes, name: str) -> Secrets | Wrapping:
    """Read a document of either version; `name` is how messages call its place.

    Raises:
        ConfigError: cut short, altered, or of a version that is not known; its content is never told.
    """
    if not data.strip():
        raise ConfigError(
            f"{name} is empty: it is not a guardrail key file",
            advice="restore it from its backup; nothing else has the key",
        )
    try:
        body = parse_canonical(data.removesuffix(b"\n"))
    except ValueError:
        body = ""
    fields = set(body) if isinstance(body, dict) else set()
    if not isinstance(body, dict) or fields not in ({"log", "root", "v"}, {"by", "key", "v"}):
        raise not_a_document(name)
    plain = "log" in fields
    if body["v"] is True or body["v"] != (_PLAIN if plain else _WRAPPED):  # in Python, True equals 1
        raise ConfigError(
            f"the key file {name} has a format that this version does not know",
            advice="upgrade guardrail, or name a key file of version 1 or 2",
        )
    return _plain(body, name) if plain else _wrapped(body, name)


def not_a_document(name: str) -> ConfigError:
    """Return the error for what is no key document."""
    return ConfigError(
        f"{name} is not a guardrail key file, or is cut short",
        advice="name what guardrail made, or restore it whole; a part of a key cannot be mended",
    )


def _plain(body: dict[str, Canonical], name: str) -> Secrets:
    try:
        root, log = unb64u(str(body["root"])), unb64u(str(body["log"]))
    except ValueError:
        raise not_a_document(name) from None
    if len(root) != SIZE or len(log) != SIZE:
        raise not_a_document(name)
    return Secrets(root, log)


def _wrapped(body: dict[str, Canonical], name: str) -> Wrapping:
    try:
        key = unb64u(str(body["key"]))
    except ValueError:
        raise not_a_document(name) from None
    by = str(body["by"])
    # It stands in messages: no control characters, nothing long.
    if not key or not by.isascii() or not by.isprintable() or len(by) > 256:
        raise not_a_document(name)
    return Wrapping(by, key)
