"""What went wrong with the ledger's files, in our words and with advice.

Foreign messages are not passed on: they hold paths, and may hold more.
"""

from __future__ import annotations

import errno
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["of_os", "of_sqlite"]

_FULL: Final = (
    "the disk is full",
    "free some space; nothing is lost, and writing goes on once there is room",
)
_READ_ONLY: Final = (
    "the ledger cannot be written here",
    "give this process write access to the file and its folder, or name another path",
)
_LOCKED: Final = (
    "the ledger is locked by another program",
    "close database tools that have it open; guardrail's own processes take turns by themselves",
)
_NO_FILE: Final = (
    "the ledger cannot be opened",
    "make its folder, and give this process read and write access to it",
)
_DAMAGED: Final = (
    "the ledger's file is damaged",
    "stop writing, keep a copy, and run: guardrail ledger verify",
)
_DISK: Final = ("the disk answered with an error", "check the disk and the system's log; then try again")

# Primary result codes, https://sqlite.org/rescode.html
_SQLITE: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        3: _READ_ONLY,  # PERM
        5: _LOCKED,  # BUSY
        6: _LOCKED,  # LOCKED
        8: _READ_ONLY,  # READONLY
        10: _DISK,  # IOERR
        11: _DAMAGED,  # CORRUPT
        13: _FULL,  # FULL
        14: _NO_FILE,  # CANTOPEN
        23: _READ_ONLY,  # AUTH
        26: ("this file is not a ledger", "name a ledger that guardrail made, or a path where nothing is"),
    }
)
_OS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        errno.ENOSPC: _FULL,
        errno.EDQUOT: _FULL,
        errno.EFBIG: _FULL,
        errno.EROFS: _READ_ONLY,
        errno.EACCES: _READ_ONLY,
        errno.EPERM: _READ_ONLY,
        errno.ENOENT: _NO_FILE,
        errno.ENOTDIR: _NO_FILE,
        errno.EISDIR: _NO_FILE,
        errno.EIO: _DISK,
    }
)
_OTHER: Final = ("the ledger's storage failed", "check the disk and its rights; then try again")


def of_sqlite(code: int | None) -> LedgerError:
    """Return the error for an SQLite result code (extended codes are reduced to their primary one)."""
    message, advice = _SQLITE.get((code or 0) & 0xFF, _OTHER)
    return LedgerError(message, advice=advice)


def of_os(error: OSError) -> LedgerError:
    """Return the error for a failed call of the operating system."""
    message, advice = _OS.get(error.errno or 0, _OTHER)
    return LedgerError(message, advice=advice)
