"""Inline forms: a hash that can be joined, and a sealed value that a key opens again.

    <EMAIL_ADDRESS:h1:PAYLOAD>    base64url(key id[4] || HMAC-SHA256[:16])
    <EMAIL_ADDRESS:1PAYLOAD>      base64url(0x01 || key id[4] || AES-SIV output)

Both are deterministic under one key: the same value of the same entity gives the
same form, and reveals that. Spec and vectors: docs/spec/inline.md.
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
SEALED: Final = re.compile(r"<([A-Z][A-Z0-9_]{1,39}):1([A-Za-z0-9_-]{28,})>")


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
    """Return `value` sealed with AES-SIV (RFC 5297), bound to its entity and the scope."""
    entity = decision.finding.entity
    key = _sealing_key(tools, str(decision.action.option("key")))
    sealed = crypto.seal_siv(key, value.encode("utf-8", "surrogatepass"), _bound(entity, tools.scope))
    return f"<{entity}:1{b64u(VERSION + _key_id(key) + sealed)}>"


def decrypt(form: str, tools: Tools, *, key: str = "") -> str:
    """Open one sealed form; `key` is the name that the policy gave, if any.

    Raises:
        OperatorError: not a sealed form, made with another key, in another scope, for
            another entity, or altered since.
    """
    match = SEALED.fullmatch(form) if len(form) <= MAX_FORM else None
    if match is None:
        raise OperatorError("this is not a sealed value", advice="a sealed value looks like <PERSON:1…>")
    try:
        data = unb64u(match[2])
    except ValueError:
        raise OperatorError(
            "the sealed value is damaged", advice="copy it whole, brackets included"
        ) from None
    if data[:1] != VERSION:
        raise OperatorError("the sealed value has an unknown version", advice="install a newer guardrail")
    secret = _sealing_key(tools, key)
    if not crypto.equal(data[1:5], _key_id(secret)):
        raise OperatorError("the sealed value was made with another key", advice="open it with that key")
    opened = crypto.open_siv(secret, data[5:], _bound(match[1], tools.scope))
    if opened is None:
        raise OperatorError(
            "the sealed value does not open", advice="it was altered, or sealed in another scope"
        )
    return opened.decode("utf-8", "surrogatepass")


def sealed_forms(text: str) -> Iterator[tuple[int, int]]:
    """Yield the span of everything in `text` that looks like a sealed value, for `decrypt`."""
    for match in SEALED.finditer(text):
        yield match.span()


def _sealing_key(tools: Tools, name: str) -> bytes:
    return tools.key(f"siv:{name}" if name else "siv")


def _key_id(key: bytes) -> bytes:
    """Return four bytes that tell keys apart and say nothing about them."""
    return crypto.mac(key, b"pgl/v1/kid")[:4]


def _bound(entity: str, scope: str) -> bytes:
    """Return the associated data: a form cannot be moved to another kind or scope."""
    return crypto.length_prefixed(b"pgl/v1/siv", entity.encode(), scope.encode("utf-8", "surrogatepass"))
