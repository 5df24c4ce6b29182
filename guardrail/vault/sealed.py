"""Conversations on a disk: sealed rows that several processes share (docs/spec/vault.md).

A shelf reads what is committed, and keeps what is put until `commit`: one
transaction for a whole request, and several requests that come together share
one. What two of them put under one name is decided there.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from guardrail.crypto import mac
from guardrail.errors import VaultError
from guardrail.vault.envelope import DAY, Address, Blinds, open_row, seal_row
from guardrail.vault.keyring import KeyRing, Wrapped
from guardrail.vault.sealed_shelf import Put, SealedShelf
from guardrail.vault.store import Ending, Erased

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.vault.database import Database, Session
    from guardrail.vault.keyring import Kek
    from guardrail.vault.keys import Keys
    from guardrail.vault.store import Row, Scope

__all__ = ["Bounds", "Found", "Held", "SealedStore"]

_BATCH: Final = 1_000  # rows that are removed in one transaction
_TOGETHER: Final = 64  # requests that share one
_TENDED: Final = 60.0  # seconds between two looks at what is due
_LIVE: Final = (
    "SELECT r.n, r.b, r.kind, r.env, r.exp, ks.kid, ks.kek, ks.wrapped, ke.kid, ke.kek, ke.wrapped "
    "FROM @vault_row r JOIN @vault_key ks ON ks.kid = r.kid_s JOIN @vault_key ke ON ke.kid = r.kid_e "
    "WHERE ks.gone = 0 AND ke.gone = 0 AND r.exp > ? AND r.s = ?"
)
_PUT: Final = (
    "INSERT INTO @vault_row(s, n, b, kind, env, kid_s, kid_e, exp) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(s, n) DO UPDATE SET b = excluded.b, kind = excluded.kind, env = excluded.env, "
    "kid_s = excluded.kid_s, kid_e = excluded.kid_e, exp = excluded.exp"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a store may hold. One conversation cannot push the others out."""

    rows: int = 1_000_000
    rows_of_one: int = 20_000


Found: TypeAlias = "tuple[Any, ...]"
"""A row as it is stored: n, b, kind, env, exp, and its two keys."""


class Held(NamedTuple):
    """A row that is found: its name, what it says, and the bytes and the end of it as they are stored."""

    name: str
    row: Row
    envelope: bytes
    expires: int


@dataclass(slots=True, eq=False)
class Batch:
    """What one shelf has put since its last commit."""

    tenant: str
    s: bytes
    subject: str = field(repr=False)
    keep: int
    puts: Mapping[tuple[str, str], Put] = field(repr=False)
    done: bool = False
    fault: VaultError | None = None


class SealedStore:
    """A store that outlives its process. Thread-safe, and safe after a fork."""

    def __init__(
        self,
        database: Database,
        kek: Kek,
        keys: Keys,
        *,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the parts; `clock` is in seconds since 1970. `open` checks that they belong together."""
        self._database = database
        self.ring = KeyRing(kek, clock)
        self._keys = keys
        self._bounds = bounds or Bounds()
        self.clock = clock
        self._blinds: dict[str, Blinds] = {}
        self._tended = time.monotonic()
        self._waiting: list[Batch] = []
        self.begin_anew()
        _OPEN.add(self)

    def begin_anew(self) -> None:
        """Hold no lock and no batch: in a child, those are of threads that are not here."""
        self._gate, self._turn = threading.Lock(), threading.Lock()
        self._waiting = []

    def check(self) -> None:
        """Mark a new vault as ours, and refuse one of other keys.

        Raises:
            VaultError: the root key or the key-encryption key is another's.
        """
        mark = mac(self.blinds("").key, b"pgl/v1/vault", b"root")
        with self._database.transaction() as session:
            session.run("INSERT INTO @vault_meta(k, v) VALUES ('root', ?) ON CONFLICT(k) DO NOTHING", mark)
            ((found,),) = session.rows("SELECT v FROM @vault_meta WHERE k = 'root'")
            if bytes(found) != mark:
                raise VaultError(
                    "the vault belongs to another key file: nothing in it would be found",
                    advice="name the keys with which it was made, or a path where no vault is",
                )
            self.ring.check(session)

    def __repr__(self) -> str:
        return f"<SealedStore {type(self._database).__name__}>"

    @property
    def far(self) -> bool:
        """Tell whether a conversation is fetched whole."""
        return self._database.far

    def blinds(self, tenant: str) -> Blinds:
        """Return the blind indexes of a tenant."""
        found = self._blinds.get(tenant)
        if found is None:
            found = self._blinds[tenant] = Blinds(self._keys.derive("vault-index", tenant))
        return found

    def shelf(self, scope: Scope, *, keep: int, subject: str = "") -> SealedShelf:
        """Return the shelf of a scope; what is put on it is found for `keep` seconds."""
        return SealedShelf(self, scope, keep, subject)

    def look(self, s: bytes, where: str = "", *values: object) -> list[Found]:
        """Return the rows of a scope that can be read now, sealed; `where` and `values` narrow the query."""
        return self._database.rows(_LIVE + where, int(self.clock()), s, *values)

    def open(self, s: bytes, row: Found) -> Held:
        """Return what a row says.

        Raises:
            VaultError: it was altered or moved, or its keys are another's.
        """
        n, b, kind, envelope, expires = row[:5]
        address = Address(s, bytes(n), bytes(b), kind, expires)
        locks = self.ring.opened(Wrapped(*row[5:8]), Wrapped(*row[8:]))
        opened = open_row(locks.key, bytes(envelope), address)
        if opened is None:
            raise VaultError(
                "a row of the vault does not open: it was altered, or moved",
                advice="restore the vault from its backup, or take the conversation away with forget()",
            )
        return Held(*opened, bytes(envelope), expires)

    def commit(self, batch: Batch) -> None:
        """Write a batch, with others that wait; return when it is durable.

        Raises:
            VaultError: it is not, or another process gave one of its names to another value.
        """
        with self._gate:
            self._waiting.append(batch)
        with self._turn:
            if not batch.done:
                with self._gate:
                    batches, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
                self._write(batches)
                self._tend()
        if batch.fault is not None:
            raise batch.fault

    # -- the end of rows

    def forget(self, scope: Scope) -> int:
        """Take everything of a scope away; return how many stand-ins can no longer be turned back."""
        s = self.blinds(scope.tenant).scope(scope)
        with self._database.transaction() as session:
            count = session.run("DELETE FROM @vault_row WHERE s = ?", s)
        if count:
            self._database.scour()
        return count

    def plan(self) -> list[Ending]:
        """Return how many rows end on which day, soonest first."""
        found = self._database.rows(
            "SELECT k.kid, k.day, count(r.n) FROM @vault_key k LEFT JOIN @vault_row r ON r.kid_e = k.kid "
            "WHERE k.kind = 'epoch' AND k.gone = 0 GROUP BY k.kid, k.day ORDER BY k.day"
        )
        return [Ending(bytes(kid), (day + 1) * DAY, rows) for kid, day, rows in found]

    def leftover(self) -> int:
        """Return how many rows wait to be removed: their time is over, or a key of theirs is destroyed."""
        return int(self._database.rows(_COUNT_DEAD, int(self.clock()))[0][0])

    def expire(self) -> int:
        """Destroy the keys of days that are over, and remove what nobody may read; return how many rows."""
        today = int(self.clock()) // DAY
        with self._database.transaction() as session:
            over = session.rows(
                "SELECT kid FROM @vault_key WHERE kind = 'epoch' AND gone = 0 AND day < ?", today
            )
            self.ring.destroy(session, [bytes(kid) for (kid,) in over])
        if over:
            self._database.scour()
        count = 0
        while removed := self._sweep():
            count += removed
        if count and not self._database.scour():
            raise _busy()
        return count

    def find_subject(self, tenant: str, subject: str) -> Erased | None:
        """Return the key of a subject and how many rows lie under it, None where there is none."""
        found = self._database.rows(
            "SELECT s.kid, (SELECT count(*) FROM @vault_row r WHERE r.kid_s = s.kid) "
            "FROM @vault_subject s WHERE s.h = ?",
            self.blinds(tenant).subject(subject),
        )
        return Erased(bytes(found[0][0]), found[0][1]) if found else None

    def destroy(self, kid: bytes) -> None:
        """Destroy a subject's key: nothing under it opens any more, in no process. Again does nothing.

        Raises:
            VaultError: it could not be; or a copy may still stand in the log: call it again.
        """
        with self._database.transaction() as session:
            self.ring.destroy(session, [kid])
        if not self._database.scour():
            raise _busy()

    def is_destroyed(self, kid: bytes) -> bool:
        """Tell whether a key was here and is destroyed."""
        return bool(self._database.rows("SELECT 1 FROM @vault_key WHERE kid = ? AND gone > 0", kid))

    def counts(self) -> Mapping[str, int]:
        """Return how many rows there are, and how many keys of each kind; "gone" are destroyed."""
        keys = self._database.rows(
            "SELECT CASE WHEN gone > 0 THEN 'gone' ELSE kind END AS what, count(*) FROM @vault_key GROUP BY 1"
        )
        ((rows,),) = self._database.rows("SELECT count(*) FROM @vault_row")
        return {"rows": rows, **dict(keys)}

    def rotate(self, told: Callable[[int, int], None] = lambda _done, _of: None) -> int:
        """Wrap the keys anew, and destroy the key-encryption key before; return how many keys."""
        return self.ring.rotate(self._database, told)

    def close(self) -> None:
        """Close the store; what was committed is durable."""
        self.ring.forget()
        self._database.close()

    # -- inside

    def _write(self, batches: Sequence[Batch]) -> None:
        try:
            with self._database.transaction() as session:
                session.claim({batch.s for batch in batches})
                for batch in sorted(batches, key=lambda one: (one.tenant, one.subject)):
                    self._write_one(session, batch)
        except BaseException as error:
            told = (
                (error.message, error.advice) if isinstance(error, VaultError) else ("the vault failed", "")
            )
            for batch in batches:
                batch.fault = VaultError(told[0], advice=told[1])
            if not isinstance(error, VaultError):
                raise
        finally:
            for batch in batches:
                batch.done = True

    def _write_one(self, session: Session, batch: Batch) -> None:
        blinds, now = self.blinds(batch.tenant), self.clock()
        expires = int(now + batch.keep)
        places = {key: blinds.address(batch.s, key[1], key[0], expires) for key in batch.puts}
        there = {bytes(row[0]): row for row in session.found(batch.s, [one.n for one in places.values()])}
        rows: dict[tuple[str, str], Row] = {}
        for key, put in batch.puts.items():
            row = self._settled(session, batch.s, put, there.get(places[key].n))
            if row is None:
                batch.fault = VaultError(
                    "another request gave a stand-in of this one to another value", advice="send it again"
                )
                return
            rows[key] = row
        locks = self.ring.locks(session, blinds.subject(batch.subject), expires // DAY)
        kid_s, kid_e = locks.kids[:8], locks.kids[8:]
        session.run_many(
            _PUT,
            [
                (
                    *(at.s, at.n, at.b, at.kind, seal_row(locks.key, locks.kids, at, key[1], rows[key])),
                    *(kid_s, kid_e, expires),
                )
                for key, at in places.items()
            ],
        )
        if len(there) < len(places):
            self._bound(session, batch.s)

    def _settled(self, session: Session, s: bytes, put: Put, there: Sequence[Any] | None) -> Row | None:
        """Return the row to write, None where another value has the name since the shelf looked."""
        if there is None or bytes(there[3]) == put.seen:
            return put.row
        n, b, kind, envelope, expires, kid_s, kid_e = there
        locks = self.ring.live(session, bytes(kid_s), bytes(kid_e)) if expires > self.clock() else None
        if locks is None:
            return put.row
        opened = open_row(locks.key, bytes(envelope), Address(s, bytes(n), bytes(b), kind, expires))
        if opened is None or opened[1].mark != put.row.mark:
            return None
        return opened[1].with_another(put.row)

    def _bound(self, session: Session, s: bytes) -> None:
        ((count,),) = session.rows("SELECT count(*) FROM @vault_row WHERE s = ?", s)
        if count > self._bounds.rows_of_one:
            session.run(
                "DELETE FROM @vault_row WHERE s = ? AND n IN "
                "(SELECT n FROM @vault_row WHERE s = ? ORDER BY exp LIMIT ?)",
                *(s, s, count - self._bounds.rows_of_one),
            )

    def _tend(self) -> None:
        """Now and then, remove some of what is due, and the oldest rows of a store that is full."""
        if time.monotonic() - self._tended < _TENDED:
            return
        self._tended = time.monotonic()
        self.tend()

    def tend(self) -> None:
        """Remove some of what is due, and the oldest rows of a store that is full."""
        removed = self._sweep()
        ((count,),) = self._database.rows("SELECT count(*) FROM @vault_row")
        if count > self._bounds.rows:
            with self._database.transaction() as session:
                removed += session.run(
                    "DELETE FROM @vault_row WHERE (s, n) IN "
                    "(SELECT s, n FROM @vault_row ORDER BY exp LIMIT ?)",
                    min(count - self._bounds.rows, 100 * _BATCH),
                )
        if removed:
            self._database.scour()

    def _sweep(self) -> int:
        with self._database.transaction() as session:
            count = session.run(_DELETE.format("exp <= ?"), int(self.clock()), _BATCH)
            for column in ("kid_s", "kid_e"):
                count += session.run(_DELETE.format(f"{column} IN {_GONE}"), _BATCH)
            return count


_GONE: Final = "(SELECT kid FROM @vault_key WHERE gone > 0)"
_DELETE: Final = "DELETE FROM @vault_row WHERE (s, n) IN (SELECT s, n FROM @vault_row WHERE {} LIMIT ?)"
_COUNT_DEAD: Final = f"SELECT count(*) FROM @vault_row WHERE exp <= ? OR kid_s IN {_GONE} OR kid_e IN {_GONE}"  # noqa: S608 - constants


_OPEN: weakref.WeakSet[SealedStore] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_OPEN):
        store.begin_anew()
        store.ring.begin_anew()


os.register_at_fork(after_in_child=_after_fork)


def _busy() -> VaultError:
    return VaultError(
        "a reader keeps the vault's log from being emptied; removed rows may still stand in it",
        advice="try again; close database tools that have it open",
    )
