"""What every custody of secrets can do: hold the key document, and wrap the key over the ledger's keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.crypto import length_prefixed
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody.document import Secrets

__all__ = [
    "DOCUMENT",
    "KEK",
    "Either",
    "Provider",
    "State",
    "Wrapper",
    "bound_to",
    "onward",
    "other_wrapper",
]

DOCUMENT: Final = "keys"  # the two purposes of a wrapping: what is made for one opens for no other
KEK: Final = "kek"


@dataclass(frozen=True, slots=True)
class State:
    """What may be told of a custody: its kind, its place, the version of a service's key; never material."""

    kind: str
    place: str
    version: str = ""
    note: str = ""


class Wrapper(Protocol):
    """A key that wraps others, and never leaves where it is."""

    @property
    def name(self) -> str:
        """Return what stands in `by`: which key wrapped something; no host, no secret."""
        ...

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` as it may be stored; raise `ConfigError` if the service does not answer."""
        ...

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Return what was wrapped for the purpose by the key that is named.

        Raises:
            ConfigError: another key, an altered or retired wrapping, no permission, no answer.
        """
        ...


class Provider(Protocol):
    """One place for the key document. Nothing is read, asked or made before a method is called."""

    @property
    def uri(self) -> str:
        """Return how it is spelled; it names no secret."""
        ...

    @property
    def made_silently(self) -> bool:
        """Tell whether a guard may make the document on first use: only a plain file."""
        ...

    def load(self) -> Secrets:
        """Return the secrets; raise `ConfigError` for what is missing, damaged, open to others, or away."""
        ...

    def takes(self) -> bool:
        """Tell whether secrets can be stored here at all."""
        ...

    def keep(self, secrets: Secrets, *, replace: bool = False) -> None:
        """Store new secrets, durable when it returns; what is there is replaced only if that is said.

        Raises:
            ConfigError: something is there, or it cannot be stored.
        """
        ...

    def wrapper(self, secrets: Secrets) -> Wrapper | None:
        """Return what wraps the KEK; None where it lies in a file of its own."""
        ...

    def state(self) -> State:
        """Return what may be told; a service is asked for its version."""
        ...


class Either:
    """Two wrappers while keys move from one to the other: each opens its own, the second wraps."""

    def __init__(self, old: Wrapper | None, new: Wrapper | None) -> None:
        self.new = new
        self._both = [one for one in (new, old) if one]

    @property
    def name(self) -> str:
        """Return the name of the one that wraps."""
        return self.new.name if self.new else ""

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Wrap by the new one; what is to lie in clear is not wrapped (see `onward`)."""
        return self.new.wrap(secret, purpose) if self.new else secret

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Unwrap by the one that is named."""
        for one in self._both:
            if one.name == by:
                return one.unwrap(wrapped, purpose, by)
        raise other_wrapper(by, " or ".join(one.name for one in self._both) or "a file in clear")


def onward(wrapper: Wrapper | None) -> Wrapper | None:
    """Return what wraps from now on; None where the key lies in clear."""
    return wrapper.new if isinstance(wrapper, Either) else wrapper


def bound_to(purpose: str) -> bytes:
    """Return the associated data of a wrapping (docs/spec/keys.md §5)."""
    return length_prefixed(b"pgl/v1/custody", purpose.encode())


def other_wrapper(by: str, own: str) -> ConfigError:
    """Return the error for what another key has wrapped."""
    return ConfigError(
        f"this key is wrapped by {by}, and the custody that is named is {own}",
        advice="name the custody that wrapped it (--keys URI), or finish a move that was cut short: "
        "guardrail keys rotate LEDGER --keys OLD --to NEW",
    )
