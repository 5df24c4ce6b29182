"""Where a ledger may lie: on a disk of this host. Turns and write-ahead logs do not work over a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.disk import file_system, network_of
from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["file_system", "refuse_network"]


def refuse_network(path: Path) -> None:
    """Refuse a ledger on a network file system; where the system does not tell, take it."""
    kind = network_of(path)
    if kind:
        raise LedgerError(
            f"the ledger's folder is on a network file system ({kind})",
            advice="put it on a disk of this host: several hosts cannot take turns by a file lock",
        )
