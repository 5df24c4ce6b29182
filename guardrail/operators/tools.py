"""What operators need from outside: tokens, stand-ins, keys, randomness and today's date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from guardrail.crypto import random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Kind", "Stands", "Tools", "first_free"]

Kind: TypeAlias = Literal["surrogate", "name", "date"]
"""What a stand-in is: a whole surrogate, a word of a name that stands for a word, a date that was moved."""


class Stands(Protocol):
    """Who remembers what stands for what in a scope."""

    def __call__(self, entity: str, value: str, candidates: Iterable[str], *, kind: Kind) -> str:
        """Return the first candidate that may stand for `value` from now on; "" where none is free."""
        ...


def first_free(entity: str, value: str, candidates: Iterable[str], *, kind: Kind) -> str:
    """Return the first candidate that is not the value; nothing is remembered."""
    del entity, kind
    own = value.casefold()
    return next((one for one in candidates if one.casefold() != own), "")


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of one exchange.

    `issue` gives the token of (entity, value); `key` gives 64 secret bytes for a
    purpose ("siv", "siv:NAME", "hash:NAME"); `scope` is bound into what `encrypt`
    seals; `today` decides which years of birth are too old to be told. `stand`
    remembers stand-ins; `near` gives secret bytes of the scope in which they are
    consistent, and `whose` those of the person whose dates are moved: without them, `key` does.
    """

    issue: Callable[[str, str], str] = field(repr=False)
    key: Callable[[str], bytes] = field(repr=False)
    scope: str = ""
    today: Callable[[], date] = field(default=date.today, repr=False)
    stand: Stands = field(default=first_free, repr=False)
    near: Callable[[str], bytes] | None = field(default=None, repr=False)
    whose: Callable[[str], bytes] | None = field(default=None, repr=False)
    random: Callable[[int], bytes] = field(default=random_bytes, repr=False)
