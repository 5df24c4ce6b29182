"""The key document in a file, wrapped by the key of a service that alone can open it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from guardrail.crypto import digest, random_bytes
from guardrail.custody.document import LIMIT, Secrets, Wrapping, not_a_document, parse
from guardrail.custody.files import read_secret
from guardrail.custody.plain import store
from guardrail.custody.provider import DOCUMENT, State, Wrapper
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Remembered", "Service", "Wrapped"]


class Service(Wrapper, Protocol):
    """A key in a service."""

    kind: str
    uri: str

    def ask(self) -> tuple[str, str]:
        """Return the newest version of the key and what is amiss with it; raise `ConfigError`."""
        ...

    def version_of(self, wrapped: bytes) -> str:
        """Return the version that wrapped it, as far as that can be seen without asking."""
        ...

    def renew(self) -> None:
        """Make a new version, which wraps from now on; raise `ConfigError`."""
        ...

    def retire(self) -> str:
        """Let older versions open nothing any more; return the newest; raise `ConfigError`."""
        ...


class Wrapped:
    """A wrapped document, and the service's key."""

    made_silently = False

    def __init__(self, service: Service, path: Path) -> None:
        self.service = service
        self.path = path

    @property
    def uri(self) -> str:
        """Return how it is spelled."""
        return f"{self.service.uri}#{self.path}"

    def load(self) -> Secrets:
        """Read the file and have it opened.

        Raises:
            ConfigError: no file, another kind of file, another key's, or the service refuses or is away.
        """
        document = parse(
            self.service.unwrap(*self._wrapping()), f"what {self.path.name} holds, once it is opened,"
        )
        if not isinstance(document, Secrets):
            raise not_a_document(self.path.name)
        return document

    def takes(self) -> bool:
        """Return True: as far as its service lets us."""
        return True

    def keep(self, secrets: Secrets, *, replace: bool = False) -> None:
        """Have the document wrapped, see that it opens again, and write it."""
        if not replace and self.path.exists():
            raise ConfigError(
                f"the key file {self.path.name} exists", advice="use it, or name another file: URI#FILE"
            )
        name = self.service.name
        plain = secrets.format()
        wrapped = self.service.wrap(plain, DOCUMENT)
        # What cannot be opened again is lost: a key that may encrypt and not decrypt is told before.
        if self.service.unwrap(wrapped, DOCUMENT, name) != plain:
            raise ConfigError("the service gave back other keys than it was given", advice="use another key")
        store(self.path, Wrapping(name, wrapped).format(), replace=replace)

    def wrapper(self, secrets: Secrets) -> Wrapper:  # noqa: ARG002 - as every custody
        """Return the service's key, which is asked once for each KEK."""
        return Remembered(self.service)

    def state(self) -> State:
        """Return what may be told: which version wrapped the document, which is the newest."""
        wrapped = self._wrapping()[0]
        newest, note = self.service.ask()
        mine = self.service.version_of(wrapped)
        version = f"{mine} of {newest}" if mine and newest else newest or mine
        return State(self.service.kind, self.uri, version, note)

    def renew(self) -> None:
        """Make a new version of the service's key, unless there is one that has not wrapped the document yet.

        So whatever else the key wraps can be wrapped anew in between, and a retirement that was cut short
        makes no further version.
        """
        mine = self.service.version_of(self._wrapping()[0])
        if not mine or mine == self.service.ask()[0]:
            self.service.renew()

    def try_out(self) -> None:
        """See that the service wraps and opens, before anything is changed; raise `ConfigError`."""
        probe = random_bytes(32)
        if self.service.unwrap(self.service.wrap(probe, DOCUMENT), DOCUMENT, self.service.name) != probe:
            raise ConfigError("the service gave back other keys than it was given", advice="use another key")

    def _wrapping(self) -> tuple[bytes, str, str]:
        name = self.path.name
        try:
            found = read_secret(self.path, LIMIT)
        except OSError as error:
            raise ConfigError(
                f"the wrapped key file {name} cannot be read ({error.strerror})",
                advice=f"restore it from its backup; a first one is made by: guardrail keys init {self.uri}",
            ) from None
        if not found.regular:
            raise not_a_document(name)
        document = parse(found.data, name)
        if isinstance(document, Secrets):
            raise ConfigError(
                f"the key file {name} is not wrapped: it lies there in clear",
                advice=f"name it as it is (--keys {name}), or move it: guardrail keys rotate LEDGER "
                f"--keys {name} --to {self.service.uri}",
            )
        return document.key, DOCUMENT, document.by


class Remembered:
    """A service's key that is asked once for each wrapped KEK: it may be away while a guard works.

    One secret for each purpose is kept: a new KEK displaces the one before it.
    """

    def __init__(self, service: Wrapper) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[bytes, bytes]] = {}

    @property
    def name(self) -> str:
        """Return the name of the service's key."""
        return self._service.name

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Have a key wrapped, and remember it."""
        wrapped = self._service.wrap(secret, purpose)
        with self._lock:
            self._kept[purpose] = digest(wrapped), secret
        return wrapped

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Return what was wrapped; the service is asked for what is new."""
        mark = digest(wrapped)
        with self._lock:
            kept = self._kept.get(purpose)
        if by == self.name and kept and kept[0] == mark:
            return kept[1]
        secret = self._service.unwrap(wrapped, purpose, by)
        with self._lock:
            self._kept[purpose] = mark, secret
        return secret

    def __repr__(self) -> str:
        return f"<Remembered {self.name}>"
