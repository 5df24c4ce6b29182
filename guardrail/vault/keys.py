"""The secrets of one installation: a root key for everything reversible, and the log's signing seed.

Where they rest is the business of `guardrail.custody`; the document's form is in
docs/spec/keys.md §2. The two secrets are independent: a new log key must not
change a single token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardrail.crypto import derive
from guardrail.custody import Secrets, custody_of
from guardrail.custody.document import SIZE
from guardrail.custody.plain import PlainFile
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.custody import Provider, Wrapper

__all__ = ["Keys"]


@dataclass(frozen=True, slots=True)
class Keys:
    """Two independent secrets of 32 bytes, without a repr; and what wraps the ledger's KEK."""

    root: bytes = field(repr=False)
    log_seed: bytes = field(repr=False)
    wrapper: Wrapper | None = field(default=None, repr=False, compare=False)

    @classmethod
    def ephemeral(cls) -> Keys:
        """Return keys that live as long as the process: tokens of it cannot be restored by another."""
        return cls.of(Secrets.fresh())

    @classmethod
    def of(cls, secrets: Secrets, custody: Provider | None = None) -> Keys:
        """Return the keys of a document."""
        return cls(secrets.root, secrets.log, custody.wrapper(secrets) if custody else None)

    @classmethod
    def open(cls, uri: str | Path | None, *, ledger: Path | None = None, make: bool = False) -> Keys:
        """Load the keys from where `uri` says (docs/spec/keys.md §3); None is the file beside the ledger.

        With `make`, a plain file that is not there is made; no other custody ever is.

        Raises:
            ConfigError: not spelled right, missing, damaged, open to others, or its service is away.
        """
        custody = custody_of(uri, ledger=ledger)
        if make and isinstance(custody, PlainFile):
            return cls.load_or_create(custody.path)
        return cls.of(custody.load(), custody)

    @classmethod
    def create(cls, path: Path) -> Keys:
        """Write a new key file, mode 0600, that did not exist before; raise `ConfigError` if it did."""
        secrets = Secrets.fresh()
        PlainFile(path).keep(secrets)
        return cls.of(secrets)

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read a key file; raise `ConfigError` if it is missing, open to others, or not a key file."""
        return cls.of(PlainFile(path).load())

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

    @property
    def secrets(self) -> Secrets:
        """Return the two as a document."""
        return Secrets(self.root, self.log_seed)

    def derive(self, purpose: str, *context: str, length: int = SIZE) -> bytes:
        """Return the key for one purpose, e.g. `derive("token", "tenant", tenant, "")`."""
        return derive(self.root, purpose, *context, length=length)
