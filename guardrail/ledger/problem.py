"""One thing that `verify` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where it is known with the index of the entry; the message holds no data of an entry."""

    kind: Literal["overdue", "diverged", "early", "missing", "altered", "unusable"]
    index: int | None
    message: str
