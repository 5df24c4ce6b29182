"""Secret files: written whole or not at all, their owner's alone, overwritten when they are replaced."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.crypto import random_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SecretFile", "read_secret", "replace_secret", "write_new"]

_TRIES: Final = 5


class SecretFile(NamedTuple):
    """What lies in a file, and whether it is a plain file that only its owner can read or write."""

    data: bytes
    regular: bool
    private: bool


def read_secret(path: Path, limit: int) -> SecretFile:
    """Read at most `limit` bytes; raise `OSError`.

    Mode and content are those of one open file: nothing can be exchanged between.
    """
    for _ in range(_TRIES):
        # Without O_NONBLOCK a named pipe would hold the start up for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(limit) if regular else b""
            found = os.fstat(file.fileno())
        if found.st_nlink:
            break
        # It was replaced while it was read: then it may be overwritten already.
    return SecretFile(data, regular, not found.st_mode & 0o077)


def write_new(path: Path, body: bytes) -> None:
    """Write a file, mode 0600, that did not exist before, durable before it is used; raise `OSError`.

    Workers that start together all find no key: one makes it, and none may
    read half of it. A link, unlike a renaming, never replaces an existing file:
    a lost root key loses every token.
    """
    draft = _draft(path, body)
    try:
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def replace_secret(path: Path, body: bytes) -> None:
    """Replace a file by another, mode 0600, durable when it returns; raise `OSError`.

    The old file's bytes are overwritten where no other name keeps them: a key that
    is gone should not stand in free blocks. File systems that copy on write, journals, snapshots and
    flash memory keep older blocks all the same (docs/spec/ledger.md §10).
    """
    draft = _draft(path, body)
    old = _open_old(path)
    try:
        draft.replace(path)
        _sync_folder(path.parent)
        if old is not None:
            _overwrite(old)
    finally:
        if old is not None:
            os.close(old)
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _draft(path: Path, body: bytes) -> Path:
    """Write a synced file beside the path; return its name."""
    draft = path.with_name(f".{path.name}.{random_bytes(8).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _open_old(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # there is none, or it is a link or read-only: then it is replaced and no more
        return None


def _overwrite(handle: int) -> None:
    """Write zeros over a file that has no name any more; whatever fails, the new one is in its place."""
    with suppress(OSError):
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and not found.st_nlink:
            os.pwrite(handle, bytes(found.st_size), 0)
            os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
