"""The turn of a process: a blocking lock on a file beside the ledger.

SQLite's own busy wait starves some writers and serves others; `flock` queues
them in the kernel, and the kernel lets go of it when a process dies.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guardrail.ledger.faults import of_os

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FileLock"]

_OPEN: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """An advisory lock between processes of one host (NFS does not count)."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        _OPEN.add(self)

    @classmethod
    def open(cls, path: Path) -> FileLock:
        """Open or make the lock file, mode 0600; raise `LedgerError` if that is refused."""
        try:
            return cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise of_os(error) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait, without bound, for this process's turn; hold it inside the block."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except OSError as error:
            raise of_os(error) from None
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, which also releases the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _after_fork() -> None:
    # A child inherits the open file, and with it the lock: if the parent were then
    # killed during its turn, the child would hold the turn of everyone for ever.
    for lock in list(_OPEN):
        lock.close()


os.register_at_fork(after_in_child=_after_fork)
