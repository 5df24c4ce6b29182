"""The name of a ledger, which is also its key's name (docs/spec/ledger.md §4)."""

from __future__ import annotations

import re
from typing import Final

from guardrail.errors import LedgerError

__all__ = ["check_origin"]

_ORIGIN: Final = re.compile(r"(?:[a-z0-9][a-z0-9./_-]{0,127})?")


def check_origin(origin: str) -> None:
    """Refuse an origin that is not of the form; an empty one stands for "the ledger's own"."""
    if not _ORIGIN.fullmatch(origin):
        raise LedgerError(
            "the origin is not one",
            advice="use a name such as example.com/guard: lower case, digits, . / _ -",
        )
