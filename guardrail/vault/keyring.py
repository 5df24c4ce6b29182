"""The keys of the vault's rows, of subjects and of days, wrapped, in its own tables (docs/spec/vault.md §3).

A destroyed key's row stays, empty, so that its id never comes back; a subject
that returns gets a new key.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from guardrail.crypto import random_bytes
from guardrail.errors import VaultError
from guardrail.vault.envelope import KID, row_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.vault.database import Database, Session

__all__ = ["Kek", "KeyRing", "Locks", "Wrapped"]

_SIZE: Final = 32
_CACHED: Final = 4096
_TRUSTED: Final = 60.0  # seconds for which an unwrapped key is kept in memory
_PROBE: Final = "probe"


class Kek(Protocol):
    """The key-encryption key over all others; its version counts up with each rotation."""

    @property
    def number(self) -> int:
        """Return the version that wraps now."""
        ...

    def wrap(self, key: bytes) -> bytes:
        """Return a key as it is stored."""
        ...

    def unwrap(self, number: int, wrapped: bytes) -> bytes:
        """Return what was wrapped under a version; raise `VaultError` if that is gone or another's."""
        ...

    def reload(self) -> None:
        """Read it anew: another process may have rotated."""
        ...

    def advance(self) -> None:
        """Wrap by a new version from now on, keeping the one before; a second call goes on with the same."""
        ...

    def settle(self) -> None:
        """Destroy the version before: nothing is wrapped under it any more."""
        ...


class Wrapped(NamedTuple):
    """A key as it is stored: its id, the version of the key-encryption key, and its bytes under that."""

    kid: bytes
    kek: int
    wrapped: bytes


class Locks(NamedTuple):
    """The ids of the two keys of a row, the subject's first, and the key that follows from them."""

    kids: bytes
    key: bytes


class KeyRing:
    """Keys by what they are for. Thread-safe; what it has unwrapped is forgotten after a minute."""

    def __init__(self, kek: Kek, clock: Callable[[], float]) -> None:
        self._kek = kek
        self._clock = clock
        self._known: dict[bytes, bytes] = {}
        self._since = time.monotonic()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Hold no lock: in a child, it is of a thread that is not here."""
        self._lock = threading.Lock()

    def check(self, session: Session) -> None:
        """Make the probe in a new vault; refuse a key-encryption key that is not this vault's.

        Raises:
            VaultError: another vault's, or an older copy.
        """
        found = self._find(session, _PROBED, _PROBE)
        if found is None:
            self._new(session, _PROBE)
        else:
            self._unwrap(found)

    def locks(self, session: Session, h: bytes, day: int) -> Locks:
        """Return the keys of a subject's rows that end on a day, made where they are new.

        Inside a transaction: neither can be destroyed before it ends.
        """
        probe = self._find(session, _PROBED, _PROBE)
        if probe and probe.kek > self._kek.number:  # else a new key would be wrapped under one that is gone
            self._kek.reload()
        epoch = self._find(session, _EPOCH, day) or self._new_epoch(session, day)
        subject = self._find(session, _SUBJECT, h) or self._new_subject(session, h)
        return self.opened(subject, epoch)

    def opened(self, subject: Wrapped, epoch: Wrapped) -> Locks:
        """Return the keys of a row, as a query finds them."""
        kids = bytes(subject.kid) + bytes(epoch.kid)
        with self._lock:
            if len(self._known) >= _CACHED or time.monotonic() - self._since > _TRUSTED:
                self._known.clear()
                self._since = time.monotonic()
            found = self._known.get(kids)
        if found is None:
            found = row_key(self._unwrap(subject), self._unwrap(epoch))
            with self._lock:
                self._known[kids] = found
        return Locks(kids, found)

    def live(self, session: Session, kid_s: bytes, kid_e: bytes) -> Locks | None:
        """Return the keys of a row that is there, None where one is destroyed."""
        subject, epoch = self._find(session, _KEY, kid_s), self._find(session, _KEY, kid_e)
        return self.opened(subject, epoch) if subject and epoch else None

    def destroy(self, session: Session, kids: Sequence[bytes]) -> None:
        """Overwrite keys and unlink their subjects; what is destroyed already stays so."""
        now = max(1, int(self._clock()))
        session.run_many(
            "UPDATE @vault_key SET wrapped = ?, gone = ? WHERE kid = ? AND gone = 0",
            [(b"", now, k) for k in kids],
        )
        session.run_many("DELETE FROM @vault_subject WHERE kid = ?", [(kid,) for kid in kids])
        self.forget()

    def forget(self) -> None:
        """Forget what is unwrapped."""
        with self._lock:
            self._known.clear()

    def rotate(self, database: Database, told: Callable[[int, int], None]) -> int:
        """Wrap every key under a new key-encryption key and destroy the old one; return how many.

        Rows are not touched. Killed at any point, it is finished by the next call.
        """
        self._kek.advance()
        with database.transaction() as session:
            # Whoever makes keys holds the probe (see `locks`): wait for them, or theirs would be lost.
            session.run("UPDATE @vault_key SET kek = kek WHERE kind = ?", _PROBE)
            rows = session.rows(
                "SELECT kid, kek, wrapped FROM @vault_key WHERE gone = 0 AND kek < ?", self._kek.number
            )
            for done, (kid, number, wrapped) in enumerate(rows, 1):
                new = self._kek.wrap(self._kek.unwrap(number, bytes(wrapped)))
                session.run(
                    "UPDATE @vault_key SET wrapped = ?, kek = ? WHERE kid = ?", new, self._kek.number, kid
                )
                told(done, len(rows))
        database.scour()
        self._kek.settle()
        return len(rows)

    @property
    def number(self) -> int:
        """Return the version of the key-encryption key."""
        return self._kek.number

    def _unwrap(self, one: Wrapped) -> bytes:
        if one.kek > self._kek.number:
            self._kek.reload()
        return self._kek.unwrap(one.kek, bytes(one.wrapped))

    def _find(self, session: Session, query: str, name: object) -> Wrapped | None:
        found = session.rows(query + session.share, name)
        return Wrapped(*found[0]) if found else None

    def _new(self, session: Session, kind: str, day: int = 0) -> bytes:
        kid = random_bytes(KID)
        session.run(
            "INSERT INTO @vault_key(kid, kind, kek, wrapped, day, gone) VALUES (?, ?, ?, ?, ?, 0)",
            *(kid, kind, self._kek.number, self._kek.wrap(random_bytes(_SIZE)), day),
        )
        return kid

    def _new_epoch(self, session: Session, day: int) -> Wrapped:
        # Another process may make it at the same time: then it waits here, and the first one counts.
        session.run(
            "INSERT INTO @vault_key(kid, kind, kek, wrapped, day, gone) VALUES (?, 'epoch', ?, ?, ?, 0) "
            "ON CONFLICT(day) WHERE kind = 'epoch' AND gone = 0 DO NOTHING",
            *(random_bytes(KID), self._kek.number, self._kek.wrap(random_bytes(_SIZE)), day),
        )
        return self._there(self._find(session, _EPOCH, day))

    def _new_subject(self, session: Session, h: bytes) -> Wrapped:
        kid = self._new(session, "subject")
        if not session.run(
            "INSERT INTO @vault_subject(h, kid) VALUES (?, ?) ON CONFLICT(h) DO NOTHING", h, kid
        ):  # another process was first
            session.run("DELETE FROM @vault_key WHERE kid = ?", kid)
        return self._there(self._find(session, _SUBJECT, h))

    @staticmethod
    def _there(found: Wrapped | None) -> Wrapped:
        if found is None:
            raise VaultError(
                "a key of the vault was taken away while it was used", advice="send the request again"
            )
        return found


_PROBED: Final = "SELECT kid, kek, wrapped FROM @vault_key WHERE kind = ?"
_KEY: Final = "SELECT kid, kek, wrapped FROM @vault_key WHERE kid = ? AND gone = 0"
_EPOCH: Final = "SELECT kid, kek, wrapped FROM @vault_key WHERE kind = 'epoch' AND day = ? AND gone = 0"
_SUBJECT: Final = (
    "SELECT kid, kek, wrapped FROM @vault_key "
    "WHERE gone = 0 AND kid = (SELECT kid FROM @vault_subject WHERE h = ?)"
)
