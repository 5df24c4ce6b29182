"""The keys of sealed bodies: tables of their own, every key wrapped (docs/spec/ledger.md §8).

Each is used by one thread; what is new is looked for again under the store's
lock before it is made. A key is on the disk before a body that needs it, and gone from
the file and its log before anything says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.kek import Kek, KekFile, does_not_open
from guardrail.ledger.publish import beside
from guardrail.ledger.sealed import KID, Locks, blind_index, epoch_day
from guardrail.ledger.stores import open_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from guardrail.custody import Wrapper
    from guardrail.ledger.remote import Place
    from guardrail.ledger.rows import KeyTables

__all__ = ["Epoch", "KeyStore"]

_CACHED: Final = 4096
_SUBJECT: Final = "SELECT kid FROM @subject WHERE tenant = ? AND h = ?"
_NAMED: Final = "SELECT kid FROM @key WHERE kind = ? AND tenant = ? AND class = ? AND day = ? AND gone = 0"


class Epoch(NamedTuple):
    """An epoch's key: of which tenant and class, for the bodies that expire on which UTC day."""

    kid: bytes
    tenant: str
    retention: str
    day: int


class KeyStore:
    """Subject, epoch, hold and index keys. Nothing it returns outlives a turn in its callers' hands."""

    def __init__(self, tables: KeyTables, file: KekFile | None, kek: Kek) -> None:
        self._tables = tables
        self._file = file
        self._kek = kek
        self._writing = False
        self._version = -1
        self._by_kid: dict[bytes, bytes] = {}
        self._locks: dict[tuple[bytes, bytes], Locks] = {}
        self._blinded: tuple[tuple[str, ...], bytes] = (), b""
        self._by_name: dict[tuple[str, str, str | bytes, int], bytes] = {}

    @classmethod
    def open(cls, path: Place | None, *, make: bool = True, custody: Wrapper | None = None) -> KeyStore:
        """Open or make the keys of the ledger at `path`; None keeps them in memory. Making needs the turn.

        `custody` wraps the key-encryption key; without it, that lies in a file in clear.

        Raises:
            LedgerError: the key-encryption key is missing, open to others, or wrapped by another custody;
                the keys cannot be opened, or are not there.
        """
        opening = open_keys(path)
        if not opening.there and not make:
            raise LedgerError(
                "this ledger has no keys of sealed bodies beside it",
                advice="name the ledger where it is written; copies for auditors have no keys",
            )
        file = KekFile(beside(path, ".kek"), custody) if path else None
        kek = file.read(make=make and not opening.there) if file else Kek.fresh()
        return cls(opening.open(), file, kek)

    def close(self) -> None:
        """Let go of the keys."""
        self._tables.close()

    def begin(self) -> None:
        """Begin a turn: forget keys that another process may have destroyed since."""
        version = self._tables.version()
        if version != self._version:
            self._forget()
            self._version = version
            if self._file:
                self._kek = self._file.read()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Serve one turn: new keys are on the disk when the block ends, and forgotten if it fails."""
        self.begin()
        try:
            yield
            self.flush()
        except BaseException:
            self.undo()
            raise

    def flush(self) -> None:
        """Put new keys on the disk; called before what needs them is committed."""
        if self._writing:
            self._writing = False
            self._tables.commit()

    def undo(self) -> None:
        """Forget keys that are not on the disk: what needed them was not written."""
        self._writing = False
        self._forget()
        self._tables.rollback()

    # -- keys by what they are for

    def locks(self, tenant: str, subject: str, retention: str, expires: int) -> Locks:
        """Return the two keys of a record, made where they are new."""
        kid_s = self._subject(tenant, subject)
        kid_e = self._named("epoch", tenant, retention, epoch_day(expires))
        found = self._locks.get((kid_s, kid_e))
        if found is None:
            found = Locks(kid_s, kid_e, self.key(kid_s), self.key(kid_e))
            if len(self._locks) >= _CACHED:
                self._locks.clear()
            self._locks[kid_s, kid_e] = found
        return found

    def blind(self, tenant: str, kind: str, name: str) -> bytes:
        """Return the blind index of an id."""
        if (tenant, kind, name) != self._blinded[0]:  # an entry asks twice for its subject's
            found = blind_index(self.key(self._named("index", tenant, "", 0)), kind, name)
            self._blinded = (tenant, kind, name), found
        return self._blinded[1]

    def find_subject(self, tenant: str, subject: str) -> bytes | None:
        """Return the id of the subject's present key, None where there is none."""
        if not self._rows("SELECT 1 FROM @key WHERE kind = 'index' AND tenant = ? AND gone = 0", tenant):
            return None
        found = self._rows(
            "SELECT kid FROM @subject WHERE tenant = ? AND h = ?",
            tenant,
            self.blind(tenant, "subject", subject),
        )
        return bytes(found[0][0]) if found else None

    def key(self, kid: bytes) -> bytes:
        """Return a key by its id.

        Raises:
            LedgerError: it is destroyed, or was never here.
        """
        found = self._by_kid.get(kid)
        if found is None:
            rows = self._rows("SELECT kek, wrapped FROM @key WHERE kid = ? AND gone = 0", kid)
            if not rows:
                raise LedgerError(
                    "a key of this body is destroyed, or not in this key store",
                    advice="nothing opens it any more; guardrail ledger show tells when it went",
                )
            found = self._unwrap(*rows[0])
            self._keep(kid, found)
        return found

    def new_hold(self) -> bytes:
        """Make a hold's key; return its id."""
        return self._new("hold", "", "", 0)

    def live(self, kid: bytes) -> bool:
        """Tell whether a key is there."""
        return bool(self._rows("SELECT 1 FROM @key WHERE kid = ? AND gone = 0", kid))

    def epochs(self, before: int | None = None) -> Iterator[Epoch]:
        """Yield the epochs whose keys are there, oldest first; `before` is a day."""
        bound = 2**62 if before is None else before
        for kid, tenant, name, day in self._rows(
            "SELECT kid, tenant, class, day FROM @key WHERE kind = 'epoch' AND gone = 0 AND day < ? "
            "ORDER BY day, tenant, class",
            bound,
        ):
            yield Epoch(bytes(kid), tenant, name, day)

    def destroyed(self, kind: str) -> list[bytes]:
        """Return the ids of destroyed keys of a kind."""
        return [bytes(kid) for (kid,) in self._rows("SELECT kid FROM @key WHERE kind = ? AND gone > 0", kind)]

    def count(self) -> dict[str, int]:
        """Return how many keys of each kind there are, and how many are destroyed."""
        return dict(
            self._rows(
                "SELECT CASE WHEN gone > 0 THEN 'gone' ELSE kind END AS what, count(*) "
                "FROM @key GROUP BY what"
            )
        )

    @property
    def kek_number(self) -> int:
        """Return the version of the key-encryption key."""
        return self._kek.number

    @property
    def next_number(self) -> int:
        """Return the version that a rotation would make, or go on with."""
        return self._kek.number + (not self._kek.old)

    @property
    def wrapped_by(self) -> str:
        """Return the name of what wraps the key-encryption key; empty where it lies in clear."""
        return self._file.wrapped_by() if self._file else ""

    # -- the end of keys

    def destroy(self, kids: Sequence[bytes], now: int) -> None:
        """Overwrite keys, unlink their subjects, and empty the write-ahead log; durable when it returns.

        Their rows stay as tombstones: an id never comes back. `now` is in s.
        """
        self.flush()
        with self._change() as tables:
            tables.run_many(
                "UPDATE @key SET wrapped = ?, gone = ? WHERE kid = ? AND gone = 0",
                [(b"", now, kid) for kid in kids],
            )
            tables.run_many("DELETE FROM @subject WHERE kid = ?", [(kid,) for kid in kids])
        self._forget()

    def rotate(self, told: Callable[[int, int], None] | None = None) -> int:
        """Wrap every key under a new key-encryption key and destroy the old one; return how many.

        Bodies are not touched. Killed at any point, it is finished by the next call (docs/spec/keys.md §7).
        """
        self.flush()
        now = self._file.read() if self._file else self._kek
        if not now.old:
            now = now.following()
            self._store(now)
        self._kek = now
        count = self._rewrap(told)
        self._store(now.settled())
        self._kek = now.settled()
        return count

    # -- inside

    def _store(self, kek: Kek) -> None:
        if self._file:
            self._file.write(kek)

    def _rewrap(self, told: Callable[[int, int], None] | None) -> int:
        with self._change() as tables:
            # Under the lock: a key that another process made just now would be lost with the old one.
            rows = tables.rows(
                "SELECT kid, kek, wrapped FROM @key WHERE gone = 0 AND kek <> ?", self._kek.number
            )
            for done, (kid, number, wrapped) in enumerate(rows, 1):
                new = self._kek.wrap(self._opened(number, bytes(wrapped)))
                tables.run("UPDATE @key SET wrapped = ?, kek = ? WHERE kid = ?", new, self._kek.number, kid)
                if told:
                    told(done, len(rows))
        return len(rows)

    @contextmanager
    def _change(self) -> Iterator[KeyTables]:
        """Change keys in one transaction: other processes forget theirs, and logs hold no older state."""
        self._tables.begin()
        try:
            yield self._tables
            self._tables.commit(changed=True)
        except BaseException:
            self._tables.rollback()
            raise

    def _begin(self) -> None:
        if not self._writing:
            self._tables.begin()
            self._writing = True
            self.begin()  # who rotated since would have destroyed what a new key is wrapped under

    def _subject(self, tenant: str, subject: str) -> bytes:
        # Without a subject the tenant's own key: such records go by their epochs alone.
        h = self.blind(tenant, "subject", subject) if subject else b""
        name = ("subject", tenant, h, 0)
        kid = self._by_name.get(name)
        if kid is None:
            kid = self._look(_SUBJECT, tenant, h)
            if kid is None:
                kid = self._new("subject", tenant, "", 0)
                self._tables.run("INSERT INTO @subject(tenant, h, kid) VALUES (?, ?, ?)", tenant, h, kid)
            self._by_name[name] = kid
        return kid

    def _named(self, kind: str, tenant: str, retention: str, day: int) -> bytes:
        name = (kind, tenant, retention, day)
        kid = self._by_name.get(name)
        if kid is None:
            kid = self._look(_NAMED, *name)
            if kid is None:
                kid = self._new(*name)
            self._by_name[name] = kid
        return kid

    def _look(self, statement: str, *values: object) -> bytes | None:
        """Return the id of a key; where there is none, look again under the lock, which is then kept."""
        found = self._rows(statement, *values)
        if not found:
            self._begin()
            found = self._rows(statement, *values)
        return bytes(found[0][0]) if found else None

    def _new(self, kind: str, tenant: str, retention: str, day: int) -> bytes:
        kid, key = random_bytes(KID), random_bytes(32)
        self._begin()
        self._tables.run(
            "INSERT INTO @key(kid, kind, kek, wrapped, tenant, class, day, gone) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            *(kid, kind, self._kek.number, self._kek.wrap(key), tenant, retention, day),
        )
        self._keep(kid, key)
        return kid

    def _keep(self, kid: bytes, key: bytes) -> None:
        if len(self._by_kid) >= _CACHED:
            self._by_kid.clear()
            self._by_name.clear()
        self._by_kid[kid] = key

    def _forget(self) -> None:
        self._locks.clear()
        self._blinded = (), b""
        self._by_kid.clear()
        self._by_name.clear()

    def _unwrap(self, number: int, wrapped: bytes) -> bytes:
        if number > self._kek.number and self._file:  # another process has rotated
            self._kek = self._file.read()
        return self._opened(number, bytes(wrapped))

    def _opened(self, number: int, wrapped: bytes) -> bytes:
        found = self._kek.unwrap(number, wrapped)
        if found is None:
            raise does_not_open(self._kek, number)
        return found

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._tables.rows(statement, *values)
