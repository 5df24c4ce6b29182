"""What went wrong with the ledger's files, in our words and with advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from guardrail.disk import Faults
from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from guardrail.errors import GuardrailError

__all__ = ["of_os", "of_sqlite"]

_FAULTS: Final = Faults("ledger", LedgerError, "stop writing, keep a copy, and run: guardrail ledger verify")


def of_sqlite(code: int | None) -> LedgerError:
    """Return the error for an SQLite result code (extended codes are reduced to their primary one)."""
    return _ours(_FAULTS.of_sqlite(code))


def of_os(error: OSError) -> LedgerError:
    """Return the error for a failed call of the operating system."""
    return _ours(_FAULTS.of_os(error))


def _ours(fault: GuardrailError) -> LedgerError:
    return cast("LedgerError", fault)
