"""The secrets of one installation: a root key for everything reversible, and the log's signing seed.

Key file, version 1: canonical JSON `{"log": b64u(32 bytes), "root": b64u(32
bytes), "v": 1}` and a newline, readable by its owner alone. The two secrets are
independent: a new log key must not change a single token.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.canonical import b64u, canonical, parse_canonical, unb64u
from guardrail.crypto import derive, random_bytes
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Keys"]

VERSION: Final = 1
SIZE: Final = 32
_LIMIT: Final = 4096  # bytes: a key file is about 120


@dataclass(frozen=True, slots=True)
class Keys:
    """Two independent secrets of 32 bytes; neither has a repr."""

    root: bytes = field(repr=False)
    log_seed: bytes = field(repr=False)

    @classmethod
    def ephemeral(cls) -> Keys:
        """Return keys that live as long as the process: tokens of it cannot be restored by another."""
        return cls(root=random_bytes(SIZE), log_seed=random_bytes(SIZE))

    @classmethod
    def create(cls, path: Path) -> Keys:
        """Write a new key file, mode 0600, that did not exist before; raise `ConfigError` if it did."""
        keys = cls.ephemeral()
        body = canonical({"log": b64u(keys.log_seed), "root": b64u(keys.root), "v": VERSION})
        try:
            _write_new(path, body + b"\n")
        except FileExistsError:
            raise ConfigError(
                f"the key file {path.name} exists", advice="use it, or name another file"
            ) from None
        except OSError as error:
            raise ConfigError(
                f"the key file {path.name} cannot be written ({error.strerror})",
                advice="name a folder that this process may write to",
            ) from None
        return keys

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read a key file; raise `ConfigError` if it is missing, open to others, or not a key file."""
        try:
            # Without O_NONBLOCK a named pipe would hold the start up for ever.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(_LIMIT)
        except OSError as error:
            raise ConfigError(
                f"the key file {path.name} cannot be read ({error.strerror})",
                advice="restore it from its backup; without it no token can be restored, no log continued",
            ) from None
        if not stat.S_ISREG(mode):
            raise _not_a_key_file(path.name)
        if mode & 0o077:
            raise ConfigError(
                f"the key file {path.name} can be read by others",
                advice=f"run: chmod 600 {path.name}; and think of its keys as known if others had access",
            )
        return cls._parse(data, path.name)

    @classmethod
    def load_or_create(cls, path: Path) -> Keys:
        """Read the key file, or make it where there is none (first use)."""
        if not path.exists():
            try:
                return cls.create(path)
            except ConfigError:
                if not path.exists():
                    raise
        return cls.load(path)

    def derive(self, purpose: str, *context: str, length: int = SIZE) -> bytes:
        """Return the key for one purpose, e.g. `derive("token", "tenant", tenant, "")`."""
        return derive(self.root, purpose, *context, length=length)

    @classmethod
    def _parse(cls, data: bytes, name: str) -> Keys:
        try:
            body = parse_canonical(data.removesuffix(b"\n"))
        except ValueError:
            body = ""
        if not isinstance(body, dict) or set(body) != {"log", "root", "v"}:
            raise _not_a_key_file(name)
        if body["v"] is True or body["v"] != VERSION:  # in Python, True equals 1
            raise ConfigError(
                f"the key file {name} has a format that this version does not know",
                advice="upgrade guardrail, or name a key file of version 1",
            )
        try:
            root, log_seed = unb64u(str(body["root"])), unb64u(str(body["log"]))
        except ValueError:
            raise _not_a_key_file(name) from None
        if len(root) != SIZE or len(log_seed) != SIZE:
            raise _not_a_key_file(name)
        return cls(root=root, log_seed=log_seed)


def _write_new(path: Path, body: bytes) -> None:
    """Write a file that did not exist before, whole or not at all, and durable before it is used.

    Workers that start together all find no key: one makes it, and none may
    read half of it. A link, unlike a renaming, never replaces an existing file:
    a lost root key loses every token.
    """
    draft = path.with_name(f".{path.name}.{random_bytes(8).hex()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _not_a_key_file(name: str) -> ConfigError:
    return ConfigError(
        f"{name} is not a guardrail key file", advice="name the file that guardrail made, or restore it"
    )
