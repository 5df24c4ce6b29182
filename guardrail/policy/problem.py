"""One thing that is wrong with a policy, in words for the person who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem", "Severity"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do: `where` is "rule 'names' (line 31, column 12)".

    An error makes the policy do something other than it says, or breaks a clause
    that it names; a warning is doubtful; a note only tells.
    """

    file: str
    where: str
    message: str
    advice: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where and not self.where.startswith("(") else self.file
        if self.where.startswith("("):
            place = f"{self.file} {self.where}"
        return f"{place}: {self.message}"
