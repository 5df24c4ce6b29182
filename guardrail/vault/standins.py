"""Stand-ins that look like ordinary text: surrogates, the words of names, dates that were moved.

A token proves itself by its spelling. A stand-in does not, so it is read only as
a whole, between the borders of words, in its own letter case, in capitals or, of
several words, in small letters. What may as well be genuine is left and counted:
a stand-in that a request holds, too, and one word of a name beside another name.
The rules and vectors are those of docs/spec/operators.md.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardrail import days
from guardrail.crypto import mac
from guardrail.vault.patterns import Found, Patterns, atoms
from guardrail.vault.store import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.days import Order
    from guardrail.vault.store import Shelf

__all__ = ["KINDS", "StandIns", "Standing"]

KINDS = ("surrogate", "name", "date")


@dataclass(frozen=True, slots=True)
class Standing:
    """A place where a stand-in stands; `value` is None where it stays, `sure` tells that it is ours."""

    start: int
    end: int
    entity: str
    value: str | None = field(repr=False)
    restore: frozenset[str]
    sure: bool


class StandIns:
    """The stand-ins of one exchange or session, and those that its conversation remembers. Thread-safe."""

    def __init__(self, key: bytes, shelf: Shelf | None = None) -> None:
        """Take the scope key, and the shelf of the conversation if there is one."""
        self._key = key
        self._shelf = shelf
        self._lock = threading.RLock()
        self._patterns = Patterns()
        self._rows: dict[tuple[str, str], Row] = {}
        self._heard: set[str] = set()  # words of requests, in small letters
        self._moves: dict[int, frozenset[str]] = {}  # by how many days, and who may see dates moved back
        self._orders: set[Order] = set()
        for kind in KINDS if shelf else ():
            for name, row in shelf.listed(kind) if shelf else ():
                self._know(name, row)

    def __len__(self) -> int:
        return len(self._rows)

    def secret(self, purpose: str) -> bytes:
        """Return 32 secret bytes of this scope."""
        return mac(self._key, b"stand-in", purpose.encode())

    def hear(self, text: str) -> None:
        """Take note of the words of a request: none of them may come to stand for another value."""
        words = {atom.folded for atom in atoms(text)}
        with self._lock:
            self._heard |= words

    def issue(
        self, entity: str, value: str, candidates: Iterable[str], *, kind: str, restore: Iterable[str] | None
    ) -> str:
        """Return the first candidate that may stand for `value` in this scope; "" where none is free.

        The same value gets the same stand-in again, as long as no request holds it.
        `restore` names the destinations that may see the value again; None for a
        value that the model brought.
        """
        text = unicodedata.normalize("NFC", value)
        own = text.casefold() if kind == "name" else text
        mark = mac(self._key, b"stand-in mark", kind.encode(), own.encode("utf-8", "surrogatepass"))
        row = Row(mark, kind=kind, entity=entity)
        if restore is not None:
            row = Row(mark, value, frozenset(restore), kind, entity)
        with self._lock:
            for name in candidates:
                if (
                    name.casefold() != own.casefold()
                    and not self._occurs(name, kind)
                    and self._put(name, row)
                ):
                    return name
        return ""

    def find(self, text: str) -> list[Standing]:
        """Return the stand-ins in `text`, disjoint and in order."""
        with self._lock:
            if not self._rows:
                return []
            read = (self._standing(one) for one in self._patterns.find(text))
            found = [one for one in read if one is not None]
            moved = self._dates(text, found)
        return sorted([*found, *moved], key=lambda one: one.start) if moved else found

    def begun(self, text: str) -> int:
        """Return where the end of `text` begins that more text could make a stand-in of, or its length."""
        with self._lock:
            if not self._rows:
                return len(text)
            alive = self._patterns.begun(text)
            return min(alive, days.begun(text)) if self._moves else alive

    def _put(self, name: str, row: Row) -> bool:
        """Keep `row` under this name, unless another value has it: here, or on the shelf."""
        here = self._rows.get((row.kind, name))
        if here is not None:
            if here.mark != row.mark:
                return False
            row = here.with_another(row)
        if self._shelf is not None:
            kept = self._shelf.put(name, row)
            if kept.mark != row.mark:
                return False
            row = kept
        self._know(name, row)
        return True

    def _know(self, name: str, row: Row) -> None:
        new = (row.kind, name) not in self._rows
        self._rows[row.kind, name] = row
        if new:
            self._patterns.add(name, (row.kind, name), person=row.entity == "PERSON")
        entity, _, order = row.entity.partition("/")
        if row.kind == "date" and row.value is not None and entity:
            told: Order = "dmy" if order == "dmy" else "mdy" if order == "mdy" else ""
            was, now = days.read(row.value, told), days.read(name, told)
            if was and now:
                by = (now.day - was.day).days
                self._moves[by] = self._moves.get(by, row.restore) & row.restore
            if told:
                self._orders.add(told)

    def _occurs(self, name: str, kind: str) -> bool:
        """Tell whether a request may hold this stand-in as genuine text.

        One word of a name is enough: it could be read alone. A moved date is no
        such case: all dates of a request are moved alike.
        """
        if kind == "date" or not self._heard:
            return False
        words = [atom.folded for atom in atoms(name)]
        heard = (word in self._heard for word in words)
        return any(heard) if kind == "name" else all(heard)

    def _standing(self, found: Found) -> Standing | None:
        kind, name = found.key
        row = self._rows[kind, name]
        if kind == "date" and not found.exact:
            return None
        sure = not found.doubtful and not self._occurs(name, kind)
        value = None if row.value is None or not sure else found.like(row.value)
        return Standing(found.start, found.end, row.entity, value, row.restore, sure)

    def _dates(self, text: str, taken: list[Standing]) -> list[Standing]:
        """Return the whole dates of an answer, moved back: the model counts from those it was given."""
        if (
            len(self._moves) != 1
        ):  # several rules moved dates by different spans: nothing tells whose these are
            return []
        ((by, restore),) = self._moves.items()
        order: Order = next(iter(self._orders)) if len(self._orders) == 1 else ""
        found = []
        for day in days.find(text, order):
            if any(one.start < day.end and day.start < one.end for one in taken):
                continue
            value = None if day.hangs else day.moved(-by) or None
            found.append(Standing(day.start, day.end, "DATE_TIME", value, restore, value is not None))
        return found
