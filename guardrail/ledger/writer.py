"""The ledger as applications hold it: append, checkpoint, prove. An acknowledged append is durable."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Final, cast

from guardrail.canonical import canonical
from guardrail.crypto import digest, length_prefixed, random_bytes, verify_key
from guardrail.errors import LedgerError
from guardrail.ledger.acts import Act
from guardrail.ledger.committer import Request
from guardrail.ledger.engine import engine
from guardrail.ledger.entry import draft
from guardrail.ledger.kek import KekFile
from guardrail.ledger.origin import check_origin
from guardrail.ledger.publish import beside
from guardrail.ledger.turn import Identity
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self

    from guardrail.custody import Wrapper
    from guardrail.ledger.committer import Done
    from guardrail.ledger.desk import Work
    from guardrail.ledger.engine import Engine
    from guardrail.ledger.proof import Proof
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.remote import Place
    from guardrail.types import Entry

__all__ = ["PATIENCE", "Ledger"]

PATIENCE: Final = 10.0  # seconds that a caller waits for the disk before the append is refused
_MAX_DOCUMENT: Final = 1_000_000  # bytes


class Ledger:
    """One writer of a ledger. Thread-safe; open it after forking, in the process that uses it."""

    def __init__(self, committer: Engine, reader: Reader, patience: float) -> None:
        self._committer = committer
        self._reader = reader
        self._patience = patience
        self._process = os.getpid()
        self._closed = False

    @classmethod
    def open(  # noqa: PLR0913 - each has a safe default
        cls,
        path: Place | None,
        *,
        seed: bytes,
        origin: str = "",
        clock: Callable[[], int] = time.time_ns,
        patience: float = PATIENCE,
        bodies: bool = False,
        custody: Wrapper | None = None,
        detectors: Mapping[str, str] | None = None,
    ) -> Self:
        """Open or make the ledger at `path`; None keeps it in memory, where nothing is durable.

        `seed` is the 32-byte Ed25519 seed that signs checkpoints, `clock` returns ns
        since 1970, `patience` bounds every wait, in seconds. With `bodies`, who
        is concerned is written under keys beside the ledger (`PATH.keys`, `PATH.kek`); without
        it, nowhere. `custody` wraps the key over those (docs/spec/keys.md). `detectors` are the ids
        and versions that this writer's entries rest on.

        Raises:
            LedgerError: read-only, locked, full disk, not a ledger, a newer format,
                another key or origin, or older than what it has published.
        """
        check_origin(origin)
        who = Identity(path, seed, clock, f"w-{random_bytes(6).hex()}")
        if bodies and path and custody:
            # Before anybody waits for our turn: a service may take seconds, or be away.
            KekFile(beside(path, ".kek"), custody).warm()
        committer = engine(who, origin=origin, patience=patience, bodies=bodies, custody=custody)
        committer.start()
        try:
            # Opening ends with this writer's first entry on the disk, signed and published:
            # a ledger that opens can be written, and can be verified from then on.
            named = [canonical({"detectors": dict(detectors), "v": 1})] if detectors else []
            stored = tuple((digest(document), document) for document in named)
            act = Act(public=verify_key(who.clock_seed))
            first = draft(Event("writer.start"), [sha for sha, _ in stored], act=act)
            _wait(committer.submit(Request(first, stored, sign=True)), patience)
            reader = committer.turns().reader()
        except LedgerError:
            committer.stop()
            raise
        return cls(committer, reader, patience)

    def append(self, event: Event) -> Entry:
        """Write an entry; return when it is durable.

        Raises:
            LedgerError: it is not acknowledged, whatever the reason; nothing may be forwarded.
        """
        self._check_process()
        done = _wait(self._committer.submit(Request(draft(event))), self._patience)
        return cast("Entry", done.entry)

    async def append_async(self, event: Event) -> Entry:
        """Write an entry as `append` does, without holding up the event loop."""
        self._check_process()
        future = self._committer.submit(Request(draft(event)))
        try:
            done = await asyncio.wait_for(asyncio.wrap_future(future), self._patience)
        except TimeoutError:
            raise _late() from None
        return cast("Entry", done.entry)

    def append_policy(self, documents: Sequence[tuple[str, str, bytes, bytes]]) -> Entry:
        """Record the policies in force from now on: (name, version, SHA-256, bytes), in order of names.

        Each document is stored once, by its digest. The entry's `pol` is the digest
        of the one document, or that of the set (docs/spec/ledger.md §2).
        """
        self._check_process()
        stored = tuple((sha, source) for _, _, sha, source in documents)
        if not stored or any(sha != digest(source) or len(source) > _MAX_DOCUMENT for sha, source in stored):
            raise LedgerError(
                "a policy document is missing, too long, or does not have its digest",
                advice="load the policies again, and append them as they were loaded",
            )
        members = [sha for sha, _ in stored]
        combined = members[0] if len(members) == 1 else digest(length_prefixed(*members))
        request = Request(draft(Event("policy", policy=combined), members), stored)
        return cast("Entry", _wait(self._committer.submit(request), self._patience).entry)

    def perform(self, work: Work, *, purge: bool = False) -> tuple[Entry, ...]:
        """Do a piece of work inside a turn's transaction; return the entries that say so, once durable.

        For the ledger's own operations: erasure, retention, holds.
        """
        self._check_process()
        request = Request(None, work=work, purge=purge)
        return _wait(self._committer.submit(request), self._patience).entries

    def confirm_clock(self) -> Entry:
        """Record somebody's word that the clock is right although it ran ahead; timestamps go on."""
        self._check_process()
        request = Request(draft(Event("clock.confirmed")), sign=True, confirm=True)
        return cast("Entry", _wait(self._committer.submit(request), self._patience).entry)

    def checkpoint(self) -> bytes:
        """Sign the current size and root, store and publish them; return the signed note."""
        self._check_process()
        return _wait(self._committer.submit(Request(None, sign=True)), self._patience).note

    def prove(self, index: int, size: int | None = None) -> Proof:
        """Return the proof of an entry in the tree of `size` (by default the current, signed for this)."""
        if size is None:
            self.checkpoint()
        return self.reader.prove(index, size)

    def prove_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the first `old` of `new` entries are unchanged."""
        return self.reader.prove_consistency(old, new)

    @property
    def reader(self) -> Reader:
        """Return read access to this ledger."""
        self._check_process()
        return self._reader

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self.reader.size

    @property
    def origin(self) -> str:
        """Return the ledger's name."""
        return self.reader.origin

    @property
    def vkey(self) -> str:
        """Return the public key that verifies the checkpoints."""
        return self.reader.vkey

    @property
    def trouble(self) -> LedgerError | None:
        """Return why the last checkpoint could not be published; it is tried again each second."""
        return self._committer.turns().trouble

    def entry(self, index: int) -> Entry:
        """Return the entry at the index; raise `LedgerError` if there is none."""
        return self.reader.entry(index)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from `start` up to, not including, `stop`."""
        return self.reader.entries(start, stop)

    def policies(self) -> Mapping[bytes, bytes]:
        """Return the policy documents by their SHA-256."""
        return self.reader.policies()

    def close(self) -> None:
        """Write this writer's last entry, publish the last checkpoint, and close; again does nothing.

        Raises:
            LedgerError: the last entry or checkpoint could not be written; all is closed nevertheless.
        """
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        request = Request(draft(Event("writer.stop")), sign=True, last=True)
        # The writer's connection goes last: only then does SQLite remove its write-ahead log.
        self._reader.close()
        try:
            _wait(self._committer.submit(request), self._patience)
        finally:
            self._committer.stop()
            self._committer.join(self._patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_process(self) -> None:
        # SQLite's connections and locks do not survive a fork: two processes would write as one.
        if os.getpid() != self._process:
            raise LedgerError(
                "the ledger was opened before this process was forked",
                advice="open it in each worker, after the fork (in an ASGI app: in its lifespan)",
            )


def _wait(future: Future[Done], patience: float) -> Done:
    try:
        return future.result(patience)
    except TimeoutError:
        # Still waiting: then it is taken back and will not be written. Else the commit is under way,
        # and the entry may appear; the caller is refused either way.
        future.cancel()
        raise _late() from None


def _late() -> LedgerError:
    return LedgerError(
        "the ledger did not answer in time",
        advice="another process holds its lock, or the disk stalls: look for a stopped guardrail process",
    )
