"""The store of one process: conversations in memory, bounded, forgotten when their time is over."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.crypto import random_bytes
from guardrail.tokens import body_of
from guardrail.vault.store import TOKEN, Ending, Erased

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.vault.store import Row, Scope

__all__ = ["Conversations", "Limits"]

DAY: Final = 86_400
_KID: Final = 8
_OVERHEAD: Final = 512  # bytes of a row besides its value: two dictionaries, names, a mark


@dataclass(frozen=True, slots=True)
class Limits:
    """What a store may hold. One conversation cannot push the others out."""

    tokens: int = 200_000
    bytes: int = 128_000_000
    tokens_of_one: int = 20_000


@dataclass(slots=True)
class _Kept:
    row: Row = field(repr=False)
    until: float
    subject: str = field(repr=False)


@dataclass(slots=True)
class _Pages:
    """The rows of one conversation by kind and name, the least lately put first."""

    rows: OrderedDict[tuple[str, str], _Kept] = field(default_factory=OrderedDict, repr=False)
    bodies: dict[str, str] = field(default_factory=dict, repr=False)  # "" where two tokens share one


class Conversations:
    """A store in memory: lives as long as its process, and no other process sees it.

    When it is full, the conversation that was used least lately loses its oldest
    tokens: they are left as they stand from then on, and never turned back wrongly.
    """

    def __init__(self, *, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the bounds and a clock in seconds that is never set back."""
        self._limits = limits or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._scopes: OrderedDict[Scope, _Pages] = OrderedDict()
        self._tokens = 0
        self._bytes = 0
        self._kids: dict[tuple[str, str], bytes] = {}
        self._gone: set[bytes] = set()

    def __len__(self) -> int:
        return self._tokens

    def __repr__(self) -> str:
        return f"<Conversations {len(self._scopes)} with {self._tokens} tokens>"

    def shelf(self, scope: Scope, *, keep: int, subject: str = "") -> _Shelf:
        """Return the shelf of a scope; what is put on it is found for `keep` seconds."""
        return _Shelf(self, scope, keep, subject)

    def forget(self, scope: Scope) -> int:
        """Take everything of a scope away; return how many tokens can no longer be turned back."""
        with self._lock:
            pages = self._scopes.get(scope)
            count = len(pages.rows) if pages else 0
            while pages and pages.rows:
                self._drop_oldest(scope, pages)
            return count

    def expire(self) -> int:
        """Take away everything whose time is over; return how many tokens that were."""
        with self._lock:
            before = self._tokens
            now = self._clock()
            for scope, pages in list(self._scopes.items()):
                for key in [key for key, kept in pages.rows.items() if kept.until <= now]:
                    self._drop(scope, pages, key)
            return before - self._tokens

    def find_subject(self, tenant: str, subject: str) -> Erased | None:
        """Return an id for what is known of a subject and how many rows that is, None for nothing."""
        with self._lock:
            count = len(self._of(tenant, subject))
            if not count:
                return None
            kid = self._kids.setdefault((tenant, subject), random_bytes(_KID))
            return Erased(kid, count)

    def destroy(self, kid: bytes) -> None:
        """Take away everything of the subject with this id."""
        with self._lock:
            names = [name for name, one in self._kids.items() if one == kid]
            for tenant, subject in names:
                for scope, key in self._of(tenant, subject):
                    self._drop(scope, self._scopes[scope], key)
                del self._kids[tenant, subject]
            self._gone |= {kid} if names else set()

    def is_destroyed(self, kid: bytes) -> bool:
        """Tell whether an id was here and is destroyed."""
        return kid in self._gone

    def plan(self) -> list[Ending]:
        """Return how many rows end on which day, soonest first."""
        with self._lock:
            untils = [kept.until for pages in self._scopes.values() for kept in pages.rows.values()]
        days = Counter(int(until) // DAY for until in untils)
        return [Ending(b"", (day + 1) * DAY, rows) for day, rows in sorted(days.items())]

    def close(self) -> None:
        """Do nothing: what is here goes with the process."""

    def _of(self, tenant: str, subject: str) -> list[tuple[Scope, tuple[str, str]]]:
        return [
            (scope, key)
            for scope, pages in self._scopes.items()
            if scope.tenant == tenant and subject
            for key, kept in pages.rows.items()
            if kept.subject == subject
        ]

    def _put(self, shelf: _Shelf, name: str, row: Row) -> Row:
        scope, key = shelf.scope, (row.kind, name)
        with self._lock:
            now = self._clock()
            pages = self._scopes.setdefault(scope, _Pages())
            self._scopes.move_to_end(scope)
            self._drop_due(scope, pages, now)
            old = pages.rows.get(key)
            if old is not None and old.until > now:
                if old.row.mark != row.mark:
                    return old.row
                row = old.row.with_another(row)
            if old is not None:
                self._drop(scope, pages, key)
            self._scopes[scope] = pages  # it may have been emptied
            pages.rows[key] = _Kept(row, now + shelf.keep, shelf.subject)
            if row.kind == TOKEN:
                body = body_of(name)
                pages.bodies[body] = name if pages.bodies.get(body, name) == name else ""
            self._tokens += 1
            self._bytes += _size(row)
            self._make_room(scope, pages)
            return row

    def _get(self, scope: Scope, key: tuple[str, str]) -> Row | None:
        with self._lock:
            pages = self._scopes.get(scope)
            kept = pages.rows.get(key) if pages else None
            return kept.row if kept is not None and kept.until > self._clock() else None

    def _bodied(self, scope: Scope, body: str) -> str:
        with self._lock:
            pages = self._scopes.get(scope)
            inner = pages.bodies.get(body, "") if pages else ""
            live = pages and inner and pages.rows[TOKEN, inner].until > self._clock()
            return inner if live else ""

    def _listed(self, scope: Scope, kind: str) -> list[tuple[str, Row]]:
        with self._lock:
            pages, now = self._scopes.get(scope), self._clock()
            rows = pages.rows.items() if pages else ()
            return [(key[1], kept.row) for key, kept in rows if key[0] == kind and kept.until > now]

    def _make_room(self, scope: Scope, pages: _Pages) -> None:
        while len(pages.rows) > self._limits.tokens_of_one:
            self._drop_oldest(scope, pages)
        while self._tokens > self._limits.tokens or self._bytes > self._limits.bytes:
            oldest = next(iter(self._scopes))
            self._drop_oldest(oldest, self._scopes[oldest])

    def _drop_due(self, scope: Scope, pages: _Pages, now: float) -> None:
        """Drop what is due at the old end of this conversation and of the least lately used one."""
        for one, its in ((scope, pages), next(iter(self._scopes.items()))):
            while its.rows and next(iter(its.rows.values())).until <= now:
                self._drop_oldest(one, its)

    def _drop_oldest(self, scope: Scope, pages: _Pages) -> None:
        self._drop(scope, pages, next(iter(pages.rows)))

    def _drop(self, scope: Scope, pages: _Pages, key: tuple[str, str]) -> None:
        kept = pages.rows.pop(key)
        kind, name = key
        if kind == TOKEN and pages.bodies.get(body_of(name)) == name:
            del pages.bodies[body_of(name)]
        self._tokens -= 1
        self._bytes -= _size(kept.row)
        if not pages.rows:
            self._scopes.pop(scope, None)


class _Shelf:
    """One conversation of the store."""

    far = False

    def __init__(self, store: Conversations, scope: Scope, keep: int, subject: str) -> None:
        self._store = store
        self.scope = scope
        self.keep = keep
        self.subject = subject

    def put(self, name: str, row: Row) -> Row:
        return self._store._put(self, name, row)  # noqa: SLF001 - two classes, one noun

    def get(self, name: str, kind: str = TOKEN) -> Row | None:
        return self._store._get(self.scope, (kind, name))  # noqa: SLF001 - two classes, one noun

    def bodied(self, body: str) -> str:
        return self._store._bodied(self.scope, body)  # noqa: SLF001 - two classes, one noun

    def listed(self, kind: str) -> list[tuple[str, Row]]:
        return self._store._listed(self.scope, kind)  # noqa: SLF001 - two classes, one noun

    def commit(self) -> None:
        """Do nothing: memory has no disk."""


def _size(row: Row) -> int:
    return _OVERHEAD + (0 if row.value is None else 4 * len(row.value))
