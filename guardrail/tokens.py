"""The token syntax: the only module that knows it (docs/spec/tokens.md, version 1).

A token is `<TYPE_PAYLOADC>`: a keyed digest of the value in Crockford's base32
and a check character. This module makes and recognises the form; which tokens
were issued, and what they stand for, is the vault's knowledge. What a model
makes of a token is read by `guardrail.spelling`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from guardrail.crypto import digest, mac
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ALPHABET",
    "BODIES",
    "CONVERSATION",
    "LONGEST",
    "MAX_LENGTH",
    "STEP",
    "TENANT",
    "Mention",
    "body_of",
    "make",
    "mentions",
    "well_formed",
]

CONVERSATION: Final = 6  # characters of payload in conversation scope
TENANT: Final = 9  # in tenant scope
STEP: Final = 3  # added after a collision
MAX_LENGTH: Final = 24
_LENGTHS: Final = range(CONVERSATION, MAX_LENGTH + 1, STEP)
BODIES: Final = tuple(length + 1 for length in _LENGTHS)
"""How long payload and check can be together."""
LONGEST: Final = 68  # characters of the longest token: < + 40 + _ + 24 + check + >

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_POLYNOMIAL: Final = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)

_ENTITY: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
# A maximal run of word characters that ends like a token. The look-arounds keep
# a token that is glued to other ASCII letters from being taken for one; scripts
# that set no spaces put their letters beside it.
_INNER: Final = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z][A-Za-z0-9_]{0,39})_([0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{7,25})(?![A-Za-z0-9_])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text that reads as a token.

    `inner` is its canonical name (`PERSON_7Q9NXQV`); `start` and `end` take in
    the brackets that are there; `exact` tells whether it is spelt canonically.
    """

    start: int
    end: int
    inner: str
    exact: bool

    @property
    def digits(self) -> bool:
        """Tell whether the payload is a number: few tokens, and every number that poses as one."""
        return body_of(self.inner)[:-1].isdigit()


def make(key: bytes, entity: str, value: str, *, length: int = TENANT) -> str:
    """Return the inner form of the token for `value` (no brackets), `length` characters of payload.

    Raises:
        ConfigError: `entity` cannot name a token: what nobody recognises, nobody restores.
    """
    if not _ENTITY.fullmatch(entity):
        raise ConfigError(
            f"an entity named {entity!r} cannot have tokens",
            advice="name it with 1 to 40 capital letters, digits and underscores, a letter first",
        )
    normal = unicodedata.normalize("NFC", value).encode("utf-8", "surrogatepass")
    bits = int.from_bytes(mac(key, entity.encode(), normal), "big")
    payload = "".join(ALPHABET[(bits >> (251 - 5 * place)) & 31] for place in range(length))
    return f"{entity}_{payload}{_check(entity, payload)}"


def body_of(inner: str) -> str:
    """Return payload and check of a canonical name: what is left when the type is translated."""
    return inner.rpartition("_")[2]


def well_formed(inner: str) -> bool:
    """Tell whether `inner` is a canonical token name whose check character holds."""
    entity, _, rest = inner.rpartition("_")
    if not _ENTITY.fullmatch(entity) or any(character not in _VALUES for character in rest):
        return False
    return len(rest) in BODIES and _check(entity, rest[:-1]) == rest[-1]


def mentions(text: str) -> Iterator[Mention]:
    """Yield, in order, every place that reads as a token and whose check character holds.

    Only another case and lost brackets are borne here: nothing has to be known
    of what was issued. Time is linear in the text: a run of word characters is
    looked at once.
    """
    if "_" not in text:
        return
    for match in _INNER.finditer(text):
        inner = match[0].upper()
        if not well_formed(inner):
            continue
        opened = text[match.start() - 1 : match.start()] == "<"
        closed = text[match.end() : match.end() + 1] == ">"
        exact = opened and closed and inner == match[0]
        yield Mention(match.start() - opened, match.end() + closed, inner, exact)


@lru_cache(maxsize=256)
def _type_value(entity: str) -> int:
    return digest(b"pgl/v1/token-check" + entity.encode())[0] >> 3


def _check(entity: str, payload: str) -> str:
    """Return the check character: a polynomial over GF(32), by Horner's rule from the end."""
    total = 0
    for character in reversed(payload):
        total = _times_alpha(total ^ _VALUES[character])
    return ALPHABET[total ^ _type_value(entity)]


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 32 else value
