"""Files beside the ledger: written whole or not at all, and on the disk before anyone relies on them."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import open_checkpoint, parse_body
from guardrail.ledger.faults import of_os
from guardrail.ledger.lock import FileLock
from guardrail.ledger.note import NoteError, parse_note
from guardrail.ledger.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.remote import Place

__all__ = ["beside", "publish", "published", "replace_file", "sync_folder", "write_vkey"]

_LIMIT = 1_000_001  # bytes


def beside(path: Place, suffix: str) -> Path:
    """Return the path of a file that belongs to the ledger: `ledger.db` → `ledger.db.checkpoint`."""
    base = path.files if isinstance(path, Remote) else path
    return base.with_name(base.name + suffix)


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically: written beside, synced, renamed, folder synced.

    Callers take turns (the ledger's lock), so one name for the new file is enough.
    """
    new = beside(path, ".new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise of_os(error) from None


def publish(place: Place, note: bytes) -> None:
    """Replace the published checkpoint by a newer one.

    The processes of a ledger in PostgreSQL publish after their turn: whichever comes
    late must not put an older checkpoint back.
    """
    file = beside(place, ".checkpoint")
    if not isinstance(place, Remote):
        replace_file(file, note)
        return
    with _alone(place):
        found = _read(file)
        if found is None or _size(found) < _size(note):
            replace_file(file, note)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Keep other processes of this host out, where the ledger's own turn does not."""
    if not isinstance(place, Remote):
        yield
        return
    lock = FileLock.open(beside(place, ".lock"))
    try:
        with lock.held():
            yield
    finally:
        lock.close()


def _size(note: bytes) -> int:
    try:
        return parse_body(parse_note(note).text).size
    except NoteError:
        return -1


def sync_folder(folder: Path) -> None:
    """Make new names in the folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_vkey(path: Place, vkey: str) -> None:
    """Write the public key beside the ledger, once; refuse to replace another one."""
    data = vkey.encode("utf-8") + b"\n"
    file = beside(path, ".vkey")
    with _alone(path):
        found = _read(file)
        if found is None:
            replace_file(file, data)
    if found not in (None, data):
        # Auditors may have the old key: a silent change would make them distrust the log, or trust a new one.
        raise LedgerError(
            f"{file.name} holds another public key than this ledger's",
            advice="find out who changed it; if the ledger was made anew on purpose, move the old file away",
        )


def published(path: Place, vkey: str) -> Checkpoint | None:
    """Return the checkpoint that this ledger has published last, None if it has none.

    Raises:
        LedgerError: there is one that the ledger's key has not signed.
    """
    file = beside(path, ".checkpoint")
    data = _read(file)
    if data is None:
        return None
    try:
        return open_checkpoint(data, vkey)
    except NoteError:
        raise LedgerError(
            f"{file.name} is not a checkpoint of this ledger",
            advice="put the ledger that belongs to it back, or move the file away if that ledger is given up",
        ) from None


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as handle:
            return handle.read(_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise of_os(error) from None
