"""What carries requests to a ledger: one committer for a file, a relay for PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from guardrail.ledger.committer import Committer
from guardrail.ledger.keystore import KeyStore
from guardrail.ledger.remote import Remote
from guardrail.ledger.turn import Turns

if TYPE_CHECKING:
    from concurrent.futures import Future

    from guardrail.custody import Wrapper
    from guardrail.ledger.committer import Done, Request
    from guardrail.ledger.inbox import Post
    from guardrail.ledger.turn import Identity

__all__ = ["Engine", "engine"]


class Engine(Protocol):
    """What a `Ledger` hands its requests to."""

    def start(self) -> None:
        """Start; the first act is to open the ledger."""

    def submit(self, request: Request) -> Future[Done]:
        """Queue a request; raise `LedgerError` if all has ended or too many wait."""

    def turns(self) -> Turns:
        """Return the opened ledger, once the first request is done."""

    def stop(self) -> None:
        """Let it end; what still waits is answered with an error."""

    def join(self, seconds: float) -> bool:
        """Wait for the end; tell whether it has come."""


def engine(who: Identity, *, origin: str, patience: float, bodies: bool, custody: Wrapper | None) -> Engine:
    """Return what carries requests to the ledger of `who`; `patience` bounds a caller's wait, in s."""

    def turns(post: Post | None = None) -> Turns:
        return Turns.open(
            who, origin=origin, patience=patience / 2, bodies=bodies, custody=custody, post=post
        )

    place = who.path
    if not isinstance(place, Remote):
        return Committer(turns)
    from guardrail.ledger.relay import Relay  # noqa: PLC0415 - only where it is used

    def keys() -> KeyStore:
        return KeyStore.open(place, make=False, custody=custody)

    return Relay(place, who, turns, patience=patience / 2, keys=keys if bodies else None)
