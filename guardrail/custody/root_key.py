"""The KEK wrapped under a key of the document itself: where nothing but the document is kept elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.crypto import derive, open_siv, seal_siv
from guardrail.custody.provider import bound_to, other_wrapper
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody.document import Secrets

__all__ = ["RootKey"]


class RootKey:
    """A key derived from the root; AES-SIV, so that nothing hangs on a nonce."""

    name = "root"

    def __init__(self, secrets: Secrets) -> None:
        self._key = derive(secrets.root, "custody", length=64)

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Wrap a key."""
        return seal_siv(self._key, secret, bound_to(purpose))

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Return what was wrapped; raise `ConfigError` if it is another's."""
        if by != self.name:
            raise other_wrapper(by, self.name)
        found = open_siv(self._key, wrapped, bound_to(purpose))
        if found is None:
            raise ConfigError(
                "a wrapped key does not open with these keys: they are another ledger's, or it is altered",
                advice="name the keys that belong to this ledger, or restore the wrapped file from a backup",
            )
        return found

    def __repr__(self) -> str:
        return "<RootKey>"
