"""The values of an `application/x-www-form-urlencoded` body; and the body with some replaced.

Source: WHATWG URL, "application/x-www-form-urlencoded". Pairs that do not
change keep their bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote_plus

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["read", "write"]


def read(body: str, *, charset: str = "utf-8") -> list[tuple[str, str]]:
    """Return the (name, value) pairs of the body, decoded, in order; empty pairs included.

    Raises:
        BodyError: a percent-encoded byte is not of the charset (400).
    """
    try:
        pairs = (pair.partition("=") for pair in body.split("&"))
        return [
            (unquote_plus(name, charset, "strict"), unquote_plus(value, charset, "strict"))
            for name, _, value in pairs
        ]
    except UnicodeDecodeError:
        raise BodyError("the form is not of its charset", advice="percent-encode the form as UTF-8") from None


def write(body: str, new: Sequence[tuple[str, str] | None], *, charset: str = "utf-8") -> str:
    """Return the body; where `new` has a pair, it stands in place of the old one.

    A character that the charset lacks becomes a question mark.
    """
    pairs = body.split("&")
    return "&".join(
        pair if change is None else "=".join(quote_plus(part, "", charset, "replace") for part in change)
        for pair, change in zip(pairs, new, strict=True)
    )
