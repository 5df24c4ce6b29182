"""Draw from a secret: the same labels give the same numbers, and without the secret nobody knows which."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from guardrail import crypto

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Draw"]

T = TypeVar("T")


class Draw:
    """Numbers for one value in one attempt: HMAC-SHA256 over the labels, taken apart from its low end."""

    def __init__(self, secret: bytes, *labels: str, attempt: int = 0) -> None:
        parts = (label.encode("utf-8", "surrogatepass") for label in labels)
        mark = crypto.mac(secret, b"pgl/v1/surrogate", *parts, b"%d" % attempt)
        self._left = int.from_bytes(mark, "big")

    def below(self, count: int) -> int:
        """Return a number from 0 to `count` - 1; together they may use 192 bits or so."""
        self._left, number = divmod(self._left, count)
        return number

    def one(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def digits(self, count: int) -> str:
        """Return so many decimal digits."""
        return f"{self.below(10**count):0{count}}"
