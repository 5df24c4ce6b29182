"""What a process hears in PostgreSQL: something is queued, something has its place; and who leads."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.errors import LedgerError
from guardrail.ledger.reader import entry_of
from guardrail.postgres import Link, Session, faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.ledger.remote import Remote
    from guardrail.types import Entry

__all__ = ["Listener"]

_LEAD: Final = 2  # kind of the lock that the leader's session holds
_BEAT: Final = 0.25  # s between looks at what nobody has told
_STALLED: Final = 2.0  # s after which a process takes a turn although another leads


class _Relay(Protocol):
    @property
    def ids(self) -> list[bytes]: ...
    def oldest(self) -> float: ...
    def placed(self, entries: Sequence[tuple[bytes, Entry]]) -> None: ...
    def poke(self) -> None: ...


class Listener:
    """One connection that waits for notifications. `leads` tells whether this process takes the queue."""

    def __init__(self, place: Remote, relay: _Relay, *, patience: float) -> None:
        self.leads = False
        self.heard_at = 0.0
        self._place = place
        self._relay = relay
        self._stopping = threading.Event()
        self._link = Link(place.address, patience=patience, fault=LedgerError, greet=self._greet)

    def run(self) -> None:
        """Listen until `stop`; a connection that is lost is made anew."""
        while not self._stopping.is_set():
            try:
                self._listen(self._link.session())
            except LedgerError:
                # The server has let go of the lock with the session, or will: another may lead by now.
                self.leads = False
                self._link.close()
                self._stopping.wait(_BEAT)
        self._link.close()

    def stop(self) -> None:
        """Let `run` end: within a quarter of a second."""
        self._stopping.set()

    def _greet(self, session: Session) -> None:
        self.leads = False
        session.run(f"LISTEN {self._place.channel}")

    def _listen(self, session: Session) -> None:
        if not self.leads:
            ((self.leads,),) = session.rows("SELECT pg_try_advisory_lock(?, ?)", *self._place.lock(_LEAD))
            if self.leads:
                self._relay.poke()  # what the one before has left
        with faults(LedgerError):
            notes = [note.payload for note in session.connection.notifies(timeout=_BEAT, stop_after=1)]
        if self._stopping.is_set():
            return
        if "d" in notes:
            self.heard_at = monotonic()
        if "q" in notes and self.leads:
            self._relay.poke()
        waited = self._relay.oldest()
        if waited and ("d" in notes or waited > _BEAT):
            self._collect(session)
        if (self.leads and not notes) or self._relay.oldest() > _STALLED:
            self._relay.poke()  # for what was queued and told to nobody, or a leader who stands still

    def _collect(self, session: Session) -> None:
        rows = session.rows("SELECT rid, idx, hdr FROM @entry WHERE rid = ANY(!)", self._relay.ids)
        self._relay.placed([(bytes(rid), entry_of(index, header)) for rid, index, header in rows])
