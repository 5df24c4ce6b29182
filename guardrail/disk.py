"""Files that several processes of one host share: turns by `flock`, and what went wrong, in our words.

Foreign messages are not passed on: they hold paths, and may hold more.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
import weakref
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.errors import GuardrailError

__all__ = ["Faults", "Turn", "after_fork", "file_system", "network_of", "sync_folder"]

_MOUNTS: Final = Path("/proc/self/mountinfo")
# FUSE mostly does not keep locks between processes either.
_FOREIGN: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "beegfs"}
)
_STEP: Final = 0.0005  # seconds between two tries of a turn that is not waited for without bound

_FULL: Final = (
    "the disk is full",
    "free some space; nothing is lost, and writing goes on once there is room",
)
_READ_ONLY: Final = (
    "the {it} cannot be written here",
    "give this process write access to the file and its folder, or name another path",
)
_LOCKED: Final = (
    "the {it} is locked by another program",
    "close database tools that have it open; guardrail's own processes take turns by themselves",
)
_NO_FILE: Final = (
    "the {it} cannot be opened",
    "make its folder, and give this process read and write access to it",
)
_DAMAGED: Final = ("the {it}'s file is damaged", "{damaged}")
_DISK: Final = ("the disk answered with an error", "check the disk and the system's log; then try again")
_NOT_ONE: Final = (
    "this file is not a {it}",
    "name a {it} that guardrail made, or a path where nothing is",
)
_OTHER: Final = ("the {it}'s storage failed", "check the disk and its rights; then try again")

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
        26: _NOT_ONE,  # NOTADB
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


class Faults(NamedTuple):
    """How faults of one kind of file are told: its name in a sentence, the error, what mends damage."""

    it: str
    error: type[GuardrailError]
    damaged: str

    def of_sqlite(self, code: int | None) -> GuardrailError:
        """Return the error for an SQLite result code (extended codes are reduced to their primary one)."""
        return self._told(_SQLITE.get((code or 0) & 0xFF, _OTHER))

    def of_os(self, error: OSError) -> GuardrailError:
        """Return the error for a failed call of the operating system."""
        return self._told(_OS.get(error.errno or 0, _OTHER))

    def _told(self, words: tuple[str, str]) -> GuardrailError:
        message, advice = (text.format(it=self.it, damaged=self.damaged) for text in words)
        return self.error(message, advice=advice)


_OPEN: weakref.WeakSet[Turn] = weakref.WeakSet()


class Turn:
    """The turn of a process: an advisory lock on a file, between processes of one host (NFS does not count).

    SQLite's own busy wait starves some writers and serves others; `flock` queues
    them in the kernel, and the kernel lets go of it when a process dies.
    """

    def __init__(self, handle: int, told: Callable[[OSError], GuardrailError]) -> None:
        self._handle = handle
        self._told = told
        _OPEN.add(self)

    @staticmethod
    def handle(path: Path, told: Callable[[OSError], GuardrailError]) -> int:
        """Open or make the lock file, mode 0600; raise what `told` makes of a refusal."""
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise told(error) from None

    @contextmanager
    def held(self, patience: float | None = None) -> Iterator[None]:
        """Wait for this process's turn, and hold it inside the block.

        Without `patience` (seconds) the wait has no bound; with it, `TimeoutError` ends it.
        """
        try:
            self._take(patience)
        except TimeoutError:
            raise
        except OSError as error:
            raise self._told(error) from None
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _take(self, patience: float | None) -> None:
        if patience is None:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            return
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise TimeoutError from None
                time.sleep(_STEP)
            else:
                return

    def close(self) -> None:
        """Close the file, which also releases the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def after_fork() -> None:
    """Let go, in a child, of every turn."""
    # A child inherits the open file, and with it the lock: if the parent were then
    # killed during its turn, the child would hold the turn of everyone for ever.
    for turn in list(_OPEN):
        turn.close()


os.register_at_fork(after_in_child=after_fork)


def network_of(path: Path) -> str:
    """Return the type of a network's file system that `path` is on; empty on a disk of this host.

    Where the system does not tell, it is taken for one.
    """
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    kind = file_system(path, mounts)
    return kind if kind in _FOREIGN or kind.startswith("fuse.") else ""


def file_system(path: Path, mounts: str) -> str:
    """Return the type of the file system that `path` is on, by the text of `mountinfo`; empty if unknown."""
    folder = str(path.absolute().parent.resolve())
    found, longest = "", -1
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) < 5 or not rest:
            continue
        # The kernel writes a space in a name as \\040.
        point = parts[4].encode("latin-1", "backslashreplace").decode("unicode_escape")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= longest:
            found, longest = rest.split(" ")[0], len(point)
    return found


def sync_folder(folder: Path) -> None:
    """Make new names in the folder survive a loss of power; raise `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
