"""The key-encryption key of a vault, in a file of its own: its form is that of docs/spec/keys.md §4."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.canonical import Canonical, b64u, canonical, parse_canonical, unb64u
from guardrail.crypto import random_bytes, unwrap_key, wrap_key
from guardrail.custody.files import read_secret, replace_secret, write_new
from guardrail.errors import VaultError

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.custody import Wrapper

__all__ = ["KekFile"]

_LIMIT: Final = 16_384  # bytes; what a service has wrapped is longer than what it wraps
_SIZE: Final = 32
_PURPOSE: Final = "kek"


@dataclass(frozen=True, slots=True)
class _Keys:
    """Version `number`, and the one before it while a rotation is under way."""

    number: int
    key: bytes = field(repr=False)
    old: bytes = field(default=b"", repr=False)


class KekFile:
    """The key in a file, readable by its owner alone, or in memory. Thread-safe."""

    def __init__(self, path: Path | None, wrapper: Wrapper | None) -> None:
        """Take the file, None for memory, and what wraps the key in it, None for nothing."""
        self._path = path
        self._wrapper = wrapper
        self._lock = threading.Lock()
        self._keys = _Keys(1, random_bytes(_SIZE))

    @classmethod
    def open(cls, path: Path | None, *, wrapper: Wrapper | None = None, make: bool) -> KekFile:
        """Read the file, or make it where `make` allows that there is none yet.

        Raises:
            VaultError: missing, open to others, or not such a file.
            ConfigError: the service that wrapped it is away.
        """
        found = cls(path, wrapper)
        if path and make and not path.exists():
            try:
                write_new(path, found._format())
            except FileExistsError:  # another process was first
                pass
            except OSError as error:
                raise _unwritten(path, error) from None
        found.reload()
        return found

    @property
    def number(self) -> int:
        """Return the version that wraps now."""
        return self._keys.number

    def wrap(self, key: bytes) -> bytes:
        """Return a key as it is stored: AES-KWP (RFC 5649)."""
        return wrap_key(self._keys.key, key)

    def unwrap(self, number: int, wrapped: bytes) -> bytes:
        """Return a key that was wrapped under version `number`.

        Raises:
            VaultError: that version is gone, or this is another vault's.
        """
        keys = self._keys
        kek = keys.key if number == keys.number else keys.old if number == keys.number - 1 else b""
        found = unwrap_key(kek, wrapped) if kek else None
        if found is None:
            raise VaultError(
                "a key of the vault does not open with the key-encryption key that is there",
                advice="put back the .kek file that belongs to this vault; older copies do not fit",
            )
        return found

    def reload(self) -> None:
        """Read the file anew."""
        if self._path is None:
            return
        try:
            found = read_secret(self._path, _LIMIT)
        except FileNotFoundError:
            raise VaultError(
                f"the vault's key-encryption key {self._path.name} is missing",
                advice="restore it: without it nothing in the vault can be read; "
                "to give the vault up, move its file away too",
            ) from None
        except OSError as error:
            raise VaultError(
                f"the key file {self._path.name} cannot be read ({error.strerror})",
                advice="give this process, and nobody else, the right to read it",
            ) from None
        if not found.regular or not found.private:
            raise VaultError(
                f"the key file {self._path.name} can be read by others, or is no file",
                advice=f"run: chmod 600 {self._path.name}; and rotate the key if others had access",
            )
        keys = self._parse(found.data)
        if keys is None:
            raise VaultError(
                f"{self._path.name} is not a guardrail key-encryption key",
                advice="restore the file that guardrail made",
            )
        with self._lock:
            self._keys = keys

    def advance(self) -> None:
        """Wrap by a new version from now on; what was cut short is gone on with."""
        self.reload()
        if not self._keys.old:
            self._replace(_Keys(self._keys.number + 1, random_bytes(_SIZE), self._keys.key))

    def settle(self) -> None:
        """Destroy the version before."""
        self._replace(_Keys(self._keys.number, self._keys.key))

    def _replace(self, keys: _Keys) -> None:
        with self._lock:
            before, self._keys = self._keys, keys
        if self._path is None:
            return
        try:
            replace_secret(self._path, self._format())
        except OSError as error:
            self._keys = before
            raise _unwritten(self._path, error) from None

    def _format(self) -> bytes:
        keys = self._keys
        plain: dict[str, Canonical] = {"kek": b64u(keys.key), "n": keys.number, "v": 1}
        if self._wrapper is None:
            body = plain | ({"old": b64u(keys.old)} if keys.old else {})
        else:
            wrapped = self._wrapper.wrap(canonical(plain), _PURPOSE)
            body = {"by": self._wrapper.name, "kek": b64u(wrapped), "n": keys.number, "v": 2}
            if keys.old:
                body["old"] = b64u(wrap_key(keys.key, keys.old))
        return canonical(body) + b"\n"

    def _parse(self, data: bytes) -> _Keys | None:
        """Read the file's bytes; None if they are not such a key."""
        try:
            body = parse_canonical(data.removesuffix(b"\n"))
            if not isinstance(body, dict):
                return None
            old = unb64u(str(body.pop("old", "")))
            if body.keys() == {"by", "kek", "n", "v"} and body["v"] == 2 and self._wrapper:
                inside = self._wrapper.unwrap(unb64u(str(body["kek"])), _PURPOSE, str(body["by"]))
                plain = parse_canonical(inside)
                if not isinstance(plain, dict) or plain.get("n") != body["n"]:
                    return None
                opened = unwrap_key(unb64u(str(plain.get("kek", ""))), old) if old else b""
                return None if opened is None else _keys(plain, opened)
            return _keys(body, old)
        except ValueError:
            return None


def _keys(body: dict[str, Canonical], old: bytes) -> _Keys | None:
    if body.keys() != {"kek", "n", "v"} or body["v"] != 1:
        return None
    number, key = body["n"], unb64u(str(body["kek"]))
    if type(number) is not int or number < 1 or len(key) != _SIZE or len(old) not in (0, _SIZE):
        return None
    return _Keys(number, key, old)


def _unwritten(path: Path, error: OSError) -> VaultError:
    return VaultError(
        f"the key file {path.name} cannot be written ({error.strerror})",
        advice="name a folder that this process may write to; nothing is lost",
    )
