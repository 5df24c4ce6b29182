"""The key document in a file of its own, mode 0600."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.custody.document import LIMIT, Secrets, not_a_document, parse
from guardrail.custody.files import read_secret, replace_secret, write_new
from guardrail.custody.provider import State
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PlainFile"]


class PlainFile:
    """A file that only its owner can read."""

    made_silently = True

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def uri(self) -> str:
        """Return how it is spelled."""
        return f"file:{self.path}"

    def load(self) -> Secrets:
        """Read the file; raise `ConfigError` if it is missing, open to others, or not a key file."""
        name = self.path.name
        try:
            found = read_secret(self.path, LIMIT)
        except OSError as error:
            raise ConfigError(
                f"the key file {name} cannot be read ({error.strerror})",
                advice="restore it from its backup; without it no token can be restored, no log continued",
            ) from None
        if not found.regular:
            raise not_a_document(name)
        if not found.private:
            raise ConfigError(
                f"the key file {name} can be read by others",
                advice=f"run: chmod 600 {name}; and think of its keys as known if others had access",
            )
        document = parse(found.data, name)
        if not isinstance(document, Secrets):
            raise ConfigError(
                f"the key file {name} is wrapped by {document.by}",
                advice="name the service that opens it, such as --keys vault-transit://HOST/MOUNT/KEY",
            )
        return document

    def takes(self) -> bool:
        """Return True: a folder that cannot be written says so when it is."""
        return True

    def keep(self, secrets: Secrets, *, replace: bool = False) -> None:
        """Write the file; raise `ConfigError` if there is one, or it cannot be written."""
        store(self.path, secrets.format() + b"\n", replace=replace)

    def wrapper(self, secrets: Secrets) -> None:
        """Return None: the KEK lies in a file of its own, as this document does."""

    def state(self) -> State:
        """Return what may be told."""
        return State("file", str(self.path))


def store(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a key file, new or in the place of another; raise `ConfigError`."""
    try:
        if replace:
            replace_secret(path, data)
        else:
            write_new(path, data)
    except FileExistsError:
        raise ConfigError(f"the key file {path.name} exists", advice="use it, or name another file") from None
    except OSError as error:
        raise ConfigError(
            f"the key file {path.name} cannot be written ({error.strerror})",
            advice="name a folder that this process may write to",
        ) from None
