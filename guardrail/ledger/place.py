"""Where a ledger may lie: on a disk of this host. Turns and write-ahead logs do not work over a network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from guardrail.errors import LedgerError

__all__ = ["file_system", "refuse_network"]

_MOUNTS: Final = Path("/proc/self/mountinfo")
# FUSE mostly does not keep locks between processes either.
_FOREIGN: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "beegfs"}
)


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


def refuse_network(path: Path) -> None:
    """Refuse a ledger on a network file system; where the system does not tell, take it."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return
    kind = file_system(path, mounts)
    if kind in _FOREIGN or kind.startswith("fuse."):
        raise LedgerError(
            f"the ledger's folder is on a network file system ({kind})",
            advice="put it on a disk of this host: several hosts cannot take turns by a file lock",
        )
