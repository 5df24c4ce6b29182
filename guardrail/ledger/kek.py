"""The key-encryption key: what the keys of bodies are wrapped under, in a file of its own.

File, version 1: canonical JSON `{"kek": b64u(32 bytes), "n": version, "v": 1}`
and a newline, readable by its owner alone. While the key changes hands, `old`
holds the one before it: a rotation that was killed is finished by the next.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.canonical import Canonical, b64u, canonical, parse_canonical, unb64u
from guardrail.crypto import random_bytes, unwrap_key, wrap_key
from guardrail.errors import LedgerError
from guardrail.ledger.faults import of_os
from guardrail.ledger.publish import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Kek", "kek_file"]

_LIMIT: Final = 4096
_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Kek:
    """The key of version `number`, and the one before it while a rotation is under way."""

    number: int
    key: bytes = field(repr=False)
    old: bytes = field(default=b"", repr=False)

    @classmethod
    def fresh(cls, number: int = 1, *, old: bytes = b"") -> Kek:
        """Return a new random key."""
        return cls(number, random_bytes(_SIZE), old)

    def wrap(self, key: bytes) -> bytes:
        """Return a key as it is stored."""
        return wrap_key(self.key, key)

    def unwrap(self, number: int, wrapped: bytes) -> bytes:
        """Return a key that was wrapped under version `number`.

        Raises:
            LedgerError: that version is gone, or this is another ledger's.
        """
        kek = self.key if number == self.number else self.old if number == self.number - 1 else b""
        found = unwrap_key(kek, wrapped) if kek else None
        if found is None:
            raise LedgerError(
                "a key of the ledger's bodies does not open with the key-encryption key that is there",
                advice="put back the .kek file that belongs to this .keys file; older copies do not fit",
            )
        return found

    def format(self) -> bytes:
        """Return the file's bytes."""
        body: dict[str, Canonical] = {"kek": b64u(self.key), "n": self.number, "v": 1}
        if self.old:
            body["old"] = b64u(self.old)
        return canonical(body) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Kek:
        """Read the file's bytes; raise `ValueError` if they are not such a key."""
        body = parse_canonical(data.removesuffix(b"\n"))
        if not isinstance(body, dict) or not {"kek", "n", "v"} <= body.keys() <= {"kek", "n", "v", "old"}:
            raise ValueError("not a key-encryption key")
        number = body["n"]
        keys = [unb64u(str(body.get(name, ""))) for name in ("kek", "old")]
        if type(number) is not int or number < 1 or body["v"] != 1 or len(keys[0]) != _SIZE:
            raise ValueError("not a key-encryption key")
        if len(keys[1]) not in (0, _SIZE):
            raise ValueError("not a key-encryption key")
        return cls(number, keys[0], keys[1])


def kek_file(path: Path, *, make: bool) -> Kek:
    """Read the key's file, or make it where `make` allows that there is none yet.

    Raises:
        LedgerError: missing, open to others, or not such a file.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(_LIMIT)
    except FileNotFoundError:
        if not make:
            raise LedgerError(
                f"the key-encryption key {path.name} is missing",
                advice="restore it: without it no sealed body opens, and no subject can be found",
            ) from None
        kek = Kek.fresh()
        replace_secret(path, kek.format())
        return kek
    except OSError as error:
        raise LedgerError(
            f"the key file {path.name} cannot be read ({error.strerror})",
            advice="give this process, and nobody else, the right to read it",
        ) from None
    if mode & 0o077 or not stat.S_ISREG(mode):
        raise LedgerError(
            f"the key file {path.name} can be read by others, or is no file",
            advice=f"run: chmod 600 {path.name}; and rotate the key if others had access",
        )
    try:
        return Kek.parse(data)
    except ValueError:
        raise LedgerError(
            f"{path.name} is not a guardrail key-encryption key",
            advice="restore the file that guardrail made",
        ) from None


def replace_secret(path: Path, data: bytes) -> None:
    """Write a secret file, mode 0600, whole or not at all; what stood there before is gone."""
    draft = path.with_name(f".{path.name}.{random_bytes(6).hex()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise of_os(error) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
