"""The turn of a process: a blocking lock on a file beside the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.disk import Turn
from guardrail.disk import after_fork as _after_fork
from guardrail.ledger.faults import of_os

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

__all__ = ["FileLock", "_after_fork"]


class FileLock(Turn):
    """An advisory lock between processes of one host (NFS does not count)."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the lock file, mode 0600; raise `LedgerError` if that is refused."""
        return cls(cls.handle(path, of_os), of_os)
