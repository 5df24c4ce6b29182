"""One conversation of a sealed store: reads what is committed, and keeps what is put until `commit`."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.tokens import body_of
from guardrail.vault.envelope import MOST
from guardrail.vault.store import TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.vault.sealed import Found, Held, SealedStore
    from guardrail.vault.store import Row, Scope

__all__ = ["Put", "SealedShelf"]

_FRESH: Final = 5.0  # seconds for which a conversation that was fetched whole is believed
_SLACK: Final = 64  # a row's end is written anew when it would move by this part of its time


class Put(NamedTuple):
    """A row that is to be written; `seen` is what stood there when the shelf looked, b"" for nothing."""

    row: Row
    seen: bytes


class SealedShelf:
    """The rows of one scope. Thread-safe."""

    def __init__(self, store: SealedStore, scope: Scope, keep: int, subject: str) -> None:
        self._store = store
        self._tenant = scope.tenant
        self._subject = subject
        self._keep = keep
        self._blinds = store.blinds(scope.tenant)
        self._s = self._blinds.scope(scope)
        self._lock = threading.RLock()
        self._puts: dict[tuple[str, str], Put] = {}
        self._page: dict[bytes, Found] = {}
        self._fetched = float("-inf")

    def __repr__(self) -> str:
        return f"<SealedShelf, {len(self._puts)} to commit>"

    @property
    def far(self) -> bool:
        """Tell whether it lives behind a network."""
        return self._store.far

    def put(self, name: str, row: Row) -> Row:
        """Keep `row` under this name; see `guardrail.vault.store.Shelf`."""
        if row.value is not None and len(row.value) > MOST:
            row = replace(row, value=None, restore=frozenset())
        key = (row.kind, name)
        with self._lock:
            before = self._puts.get(key)
            held = None if before else self._held(*key)
            known = before.row if before else held.row if held else row
            if known.mark != row.mark:
                return known
            row = known.with_another(row)
            if held is None or held.row != row or self._moves(held.expires):
                seen = before.seen if before else held.envelope if held else b""
                self._puts[key] = Put(row, seen)
            return row

    def get(self, name: str, kind: str = TOKEN) -> Row | None:
        """Return the row of this name, None if there is none or its time is over."""
        with self._lock:
            put = self._puts.get((kind, name))
            if put:
                return put.row
            held = self._held(kind, name)
            return held.row if held else None

    def bodied(self, body: str) -> str:
        """Return the only token with this payload and check; "" for none or several."""
        with self._lock:
            names = {name for kind, name in self._puts if kind == TOKEN and body_of(name) == body}
            b = self._blinds.body(self._s, body)
            if self._store.far:
                now = self._store.clock()
                found = [row for row in self._fetch().values() if row[1] == b and row[4] > now]
            else:
                found = self._store.look(self._s, " AND r.b = ?", b)
            if len(found) + len(names) > 1 or not names:
                names |= {self._store.open(self._s, row).name for row in found[:2]}
            return names.pop() if len(names) == 1 else ""

    def listed(self, kind: str) -> list[tuple[str, Row]]:
        """Return the names and rows of a kind."""
        with self._lock:
            rows = self._store.look(self._s, " AND r.kind = ?", kind)
            held = [self._store.open(self._s, row) for row in rows]
            found = {one.name: one.row for one in held}
            found |= {name: put.row for (its, name), put in self._puts.items() if its == kind}
            return list(found.items())

    def commit(self) -> None:
        """Make durable what was put; see `guardrail.vault.store.Shelf`."""
        from guardrail.vault.sealed import Batch  # noqa: PLC0415 - two classes, one noun

        with self._lock:
            if not self._puts:
                return
            puts, self._puts = self._puts, {}
            self._fetched = float("-inf")
            self._store.commit(Batch(self._tenant, self._s, self._subject, self._keep, puts))

    def _moves(self, expires: int) -> bool:
        return self._store.clock() + self._keep - expires > self._keep // _SLACK + 1

    def _held(self, kind: str, name: str) -> Held | None:
        n = self._blinds.name(self._s, kind, name)
        if self._store.far:
            row = self._fetch().get(n)
            held = self._store.open(self._s, row) if row else None
            return held if held and held.expires > self._store.clock() else None
        found = self._store.look(self._s, " AND r.n = ?", n)
        return self._store.open(self._s, found[0]) if found else None

    def _fetch(self) -> Mapping[bytes, Found]:
        """Fetch the conversation whole: one round trip for a request, not one for each token of it."""
        if time.monotonic() - self._fetched > _FRESH:
            self._page = {bytes(row[0]): row for row in self._store.look(self._s)}
            self._fetched = time.monotonic()
        return self._page
