"""One value, one encoding: canonical JSON on a restricted schema, and strict base64url.

The restriction (objects with ASCII keys, strings, integers below 2^53 in
magnitude, lists, booleans; no floats, no null) makes the output of a plain
sorted encoder equal to RFC 8785 (JCS). Parsers re-format and compare, so a
signed or hashed value has exactly one spelling.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, TypeAlias

import orjson

__all__ = ["Canonical", "b64u", "canonical", "parse_canonical", "parse_int", "unb64u"]

Canonical: TypeAlias = "str | int | bool | list[Canonical] | dict[str, Canonical]"

MAX_INT: Final = 2**53
MAX_DEPTH: Final = 16
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_DECIMAL: Final = re.compile(rb"0|[1-9][0-9]{0,18}")


def canonical(value: Canonical) -> bytes:
    """Encode `value` as RFC 8785 JSON.

    Raises:
        ValueError: the value leaves the restricted schema; the message names the
            type only, never the content.
    """
    _check(value, 0)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse_canonical(data: bytes) -> Canonical:
    """Decode bytes that `canonical` made; refuse every other spelling of the same value.

    Raises:
        ValueError: not JSON, outside the schema, or not in canonical form.
    """
    try:
        value: Canonical = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("not JSON") from None
    if canonical(value) != data:
        raise ValueError("not in canonical form")
    return value


def b64u(data: bytes) -> str:
    """Encode as base64url without padding (RFC 4648 §5)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def unb64u(text: str) -> bytes:
    """Decode base64url without padding; refuse foreign characters and spare bits."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64url") from None
    if b64u(data) != text:
        raise ValueError("not the canonical base64url of its bytes")
    return data


def parse_int(data: bytes) -> int:
    """Decode a decimal without sign, leading zero or separator, of at most 19 digits.

    Python's own `int()` takes "1_0", " +42" and full-width digits (a signed
    format that accepts two spellings of one number can be forged).
    """
    if not _DECIMAL.fullmatch(data):
        raise ValueError("not a canonical decimal number")
    return int(data)


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep for canonical JSON")
    if type(value) is str and value.isascii():
        return
    if isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise ValueError("object keys must be ASCII strings")
            _check(item, depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate has no UTF-8 form; its error is a ValueError
    elif isinstance(value, int):
        if not -MAX_INT < value < MAX_INT:
            raise ValueError("integer outside ±2^53")
    else:
        raise ValueError(f"canonical JSON has no {type(value).__name__}")  # noqa: TRY004 - one error for callers
