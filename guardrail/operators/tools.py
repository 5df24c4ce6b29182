"""What operators need from outside: tokens, keys and today's date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tools"]


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of one exchange.

    `issue` gives the token of (entity, value); `key` gives 64 secret bytes for a
    purpose ("siv", "siv:NAME", "hash:NAME"); `scope` is bound into what `encrypt`
    seals; `today` decides which years of birth are too old to be told.
    """

    issue: Callable[[str, str], str] = field(repr=False)
    key: Callable[[str], bytes] = field(repr=False)
    scope: str = ""
    today: Callable[[], date] = field(default=date.today, repr=False)
