"""Inline forms: a hash that can be joined, and a sealed value that a key opens again.

    <EMAIL_ADDRESS:h1:PAYLOAD>    base64url(key id[4] || HMAC-SHA256[:16])
    <EMAIL_ADDRESS:1PAYLOAD>      base64url(0x01 || key id[4] || AES-SIV output)
    <EMAIL_ADDRESS:e1:PAYLOAD>    base64url(key id[4] || salt[16] || AES-256-GCM output)

The first two are deterministic under one key: the same value of the same entity gives
the same form, and reveals that. The envelope is new each time. Spec and vectors:
docs/spec/inline.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail import crypto
from guardrail.canonical import b64u, unb64u
from guardrail.errors import OperatorError
from guardrail.operators.normal import joinable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["SEALED", "decrypt", "encrypt", "hash_value", "sealed_forms"]

VERSION: Final = b"\x01"
TAG: Final = 16
MAX_FORM: Final = 100_000
SALT: Final = 16
# One key for each envelope (HKDF of its salt): with it, GCM's nonce is used once.
_NONCE: Final = bytes(12)
SEALED: Final = re.compile(r"<([A-Z][A-Z0-9_]{1,39}):1([A-Za-z0-9_-]{28,})>")
ENVELOPE: Final = re.compile(r"<([A-Z][A-Z0-9_]{1,39}):e1:([A-Za-z0-9_-]{48,})>")


def hash_value(value: str, decision: Decision, tools: Tools) -> str:
    """Return the keyed hash of `value`: equal values give equal hashes under one key.

    HMAC-SHA256 (RFC 2104), truncated to 128 bits, over the entity and the joinable
    form of the value. Without the key it cannot be tried against a list of names.
    """
    entity = decision.finding.entity
    key = tools.key(f"hash:{decision.action.option('key', 'default')}")
    text = joinable(entity, value).encode("utf-8", "surrogatepass")
    tag = crypto.mac(key, b"pgl/v1/hash", entity.encode(), text)[:TAG]
    return f"<{entity}:h1:{b64u(_key_id(key) + tag)}>"


def encrypt(value: str, decision: Decision, tools: Tools) -> str:
    """Return `value` sealed with AES-SIV (RFC 5297), bound to its entity and the scope.

    With `form = "envelope"`, sealed with AES-256-GCM under a key of its own: equal values
    do not look alike then.
    """
    entity = decision.finding.entity
    name, text = str(decision.action.option("key")), value.encode("utf-8", "surrogatepass")
    if decision.action.option("form") == "envelope":
        key, salt = tools.key(_purpose("env", name)), tools.random(SALT)
        sealed = crypto.seal_gcm(_once(key, salt), _NONCE, text, _bound(b"env", entity, tools.scope))
        return f"<{entity}:e1:{b64u(_key_id(key) + salt + sealed)}>"
    key = tools.key(_purpose("siv", name))
    sealed = crypto.seal_siv(key, text, _bound(b"siv", entity, tools.scope))
    return f"<{entity}:1{b64u(VERSION + _key_id(key) + sealed)}>"


def decrypt(form: str, tools: Tools, *, key: str = "") -> str:
    """Open one sealed form or envelope; `key` is the name that the policy gave, if any.

    Raises:
        OperatorError: not a sealed form, made with another key, in another scope, for
            another entity, or altered since.
    """
    short = form if len(form) <= MAX_FORM else ""
    envelope = ENVELOPE.fullmatch(short)
    match = envelope or SEALED.fullmatch(short)
    if match is None:
        raise OperatorError("this is not a sealed value", advice="a sealed value looks like <PERSON:1…>")
    try:
        data = unb64u(match[2])
    except ValueError:
        raise OperatorError(
            "the sealed value is damaged", advice="copy it whole, brackets included"
        ) from None
    if not envelope and data[:1] != VERSION:
        raise OperatorError("the sealed value has an unknown version", advice="install a newer guardrail")
    data = data if envelope else data[1:]
    secret = tools.key(_purpose("env" if envelope else "siv", key))
    if not crypto.equal(data[:4], _key_id(secret)):
        raise OperatorError("the sealed value was made with another key", advice="open it with that key")
    if envelope:
        salt, sealed = data[4 : 4 + SALT], data[4 + SALT :]
        bound = _bound(b"env", match[1], tools.scope)
        opened = crypto.open_gcm(_once(secret, salt), _NONCE, sealed, bound)
    else:
        opened = crypto.open_siv(secret, data[4:], _bound(b"siv", match[1], tools.scope))
    if opened is None:
        raise OperatorError(
            "the sealed value does not open", advice="it was altered, or sealed in another scope"
        )
    return opened.decode("utf-8", "surrogatepass")


def sealed_forms(text: str) -> Iterator[tuple[int, int]]:
    """Yield the span of everything in `text` that looks like a sealed value, for `decrypt`."""
    yield from sorted(match.span() for form in (SEALED, ENVELOPE) for match in form.finditer(text))


def _purpose(use: str, name: str) -> str:
    return f"{use}:{name}" if name else use


def _once(key: bytes, salt: bytes) -> bytes:
    """Return the key of one envelope."""
    return crypto.derive_salted(key, salt=salt, info=crypto.length_prefixed(b"pgl/v1/env-dek"))


def _key_id(key: bytes) -> bytes:
    """Return four bytes that tell keys apart and say nothing about them."""
    return crypto.mac(key, b"pgl/v1/kid")[:4]


def _bound(use: bytes, entity: str, scope: str) -> bytes:
    """Return the associated data: a form cannot be moved to another kind or scope."""
    text = scope.encode("utf-8", "surrogatepass")
    return crypto.length_prefixed(b"pgl/v1/" + use, entity.encode(), text)
