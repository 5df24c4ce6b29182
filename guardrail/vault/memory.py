"""The token map of one exchange or session: what each issued token stands for.

It lives in memory, for as long as its exchange. Of what others issued it knows
only the shelf of its own conversation, if it has one: a token planted in a
document cannot restore someone else's value (docs/spec/tokens.md).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from guardrail import spelling, tokens
from guardrail.crypto import mac
from guardrail.errors import ConfigError
from guardrail.links import regions
from guardrail.vault.standins import StandIns
from guardrail.vault.store import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.links import Region
    from guardrail.vault.store import Shelf

__all__ = ["STANDING", "Restored", "TokenMap"]

STANDING: Final = frozenset({"surrogate", "shift"})
"""Actions that leave stand-ins which are no tokens."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A place in a text where a value stands again, or where a token or stand-in was left.

    `value` is None for one that stays as it is. `proof` tells why: "issued"
    is known here and not for this destination, or part of a link; "foreign" was
    issued elsewhere; "broken" proves nothing; "doubtful" may be genuine text. Where
    `shields` is false, what stands there is text to the detectors.
    """

    start: int
    end: int
    value: str | None = field(repr=False)
    proof: str = "issued"
    shields: bool = True


class TokenMap:
    """Issue tokens under one scope key, and restore those that were issued here. Thread-safe.

    Without a shelf, the scope is the exchange: what was issued is known to this
    map alone. `reserving` keeps tokens that a request already holds from being
    issued for its values; in a conversation, only the conversation itself can
    have written them (docs/adr/0150).
    """

    def __init__(
        self,
        key: bytes,
        *,
        length: int = tokens.TENANT,
        shelf: Shelf | None = None,
        reserving: bool = True,
    ) -> None:
        """Take the scope key and the length of payload (6 in conversation scope, 9 in tenant scope)."""
        self._key = key
        self._length = length
        self._shelf = shelf
        self._reserving = reserving
        self._lock = threading.RLock()
        self._rows: dict[str, Row] = {}
        self._bodies: dict[str, str] = {}  # "" where two names share one
        self._by_value: dict[tuple[str, str], tuple[str, bytes]] = {}  # token and mark
        self._reserved: set[str] = set()  # payloads with their checks: a type may be translated
        self._standins: StandIns | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<TokenMap of {len(self)}>"

    def reserve(self, text: str) -> None:
        """Keep every token that `text` already holds, and every word, from being issued for a value of it.

        Call it on a whole request before anything is issued: a planted token
        must not come to mean a value of this request.
        """
        if self._standins is not None:
            self._standins.hear(text)
        if not self._reserving:
            return
        found = set(spelling.bodies(text))
        with self._lock:
            self._reserved.update(found - self._bodies.keys())

    def issue(self, entity: str, value: str, *, restore: Iterable[str] | None = None) -> str:
        """Return the token for `value`; the same value gives the same token.

        `restore` names the destinations that may see the value again. Without
        it the value is one that the model brought: it is never restored, unless
        the caller sends it too.

        Raises:
            ConfigError: the longest token is another value's too (never seen by chance: 120 bits).
        """
        known, mark = self._by_value.get((entity, value)) or ("", self._mark(entity, value))
        row = Row(mark) if restore is None else Row(mark, value, frozenset(restore))
        with self._lock:
            if known and not self._planted(known, row) and self._put(known, row):
                return f"<{known}>"
            inner = self._free(entity, value, row)
            self._by_value[entity, value] = (inner, mark)
            return f"<{inner}>"

    @property
    def standins(self) -> StandIns:
        """Return the stand-ins of this map that are no tokens. Ask for them before the first request."""
        with self._lock:
            if self._standins is None:
                self._standins = StandIns(self._key, self._shelf)
            return self._standins

    def with_standins(self) -> TokenMap:
        """Return the map, which listens for stand-ins from now on: call it before the first request."""
        with self._lock:
            self._standins = self.standins
        return self

    def begun(self, text: str) -> int:
        """Return where the end of `text` begins that more text could make a stand-in of, or its length.

        Of tokens, `spelling.alive` tells that.
        """
        return len(text) if self._standins is None else self._standins.begun(text)

    def find(self, text: str, *, destination: str) -> list[Restored]:
        """Return every token and stand-in in `text`, in order, with its value where it may be restored.

        Without a destination, tokens alone: in a request, what looks like a stand-in may be genuine.
        """
        places = self._tokens_in(text, destination)
        if self._standins is None or not destination:
            return places
        links: list[Region] | None = None
        for one in self._standins.find(text):
            if any(place.start < one.end and one.start < place.end for place in places):
                continue
            value = one.value if _may_see(destination, one.restore) else None
            if value is not None and links is None:
                links = regions(text)
            if any(link.holds(one.start) for link in links or ()):
                value = None
            proof = "issued" if one.sure else "doubtful"
            places.append(Restored(one.start, one.end, value, proof, shields=one.sure))
        return sorted(places, key=lambda place: place.start)

    def _tokens_in(self, text: str, destination: str) -> list[Restored]:
        places = []
        links = None
        for reading in spelling.read(text, self):
            value = self._value(reading, destination) if reading.proof == "issued" else None
            if value is not None:
                links = regions(text) if links is None else links
                if any(link.holds(reading.start) for link in links):
                    value = None
            shields = value is not None or reading.named
            places.append(Restored(reading.start, reading.end, value, reading.proof, shields))
        return places

    def restore(self, text: str, *, destination: str) -> str:
        """Return `text` with the tokens of this map replaced by their values."""
        parts = []
        at = 0
        for place in self.find(text, destination=destination):
            if place.value is not None:
                parts += [text[at : place.start], place.value]
                at = place.end
        return "".join([*parts, text[at:]])

    @property
    def far(self) -> bool:
        """Tell whether looking a token up may take long: ask then from a thread that may wait."""
        return self._shelf is not None and self._shelf.far

    def commit(self) -> None:
        """Make durable what the conversation is to remember; nothing that was issued may leave before.

        Raises:
            VaultError: it cannot be; nothing may leave.
        """
        if self._shelf is not None:
            self._shelf.commit()

    def named(self, inner: str) -> bool:
        """Tell whether a token of this canonical name was issued here."""
        return self._row(inner) is not None

    def bodied(self, body: str) -> str:
        """Return the only token issued here with this payload and check; "" for none or several."""
        with self._lock:
            here = self._bodies.get(body)
        there = "" if self._shelf is None else self._shelf.bodied(body)
        if here is None:
            return there
        return here if there in {"", here} else ""

    def _value(self, reading: spelling.Reading, destination: str) -> str | None:
        """Return the value as the reading writes it, None where `destination` may not see it."""
        row = self._row(reading.inner)
        if row is None or row.value is None or reading.notation == "url":
            return None  # percent-encoded: it is part of a link, wherever it stands
        if not _may_see(destination, row.restore):
            return None
        return spelling.written(row.value, reading.notation)

    def _row(self, inner: str) -> Row | None:
        """Return what is known of a token: by the shelf, which others narrow too, or by this map alone."""
        with self._lock:
            here = self._rows.get(inner)
        there = None if self._shelf is None else self._shelf.get(inner)
        return there or here

    def _mark(self, entity: str, value: str) -> bytes:
        return mac(self._key, b"mark", entity.encode(), value.encode("utf-8", "surrogatepass"))

    def _free(self, entity: str, value: str, row: Row) -> str:
        """Put `row` under its shortest token that names no other value and is not planted.

        One that the request holds may do for a value of the model: a person whom
        the model names in every answer keeps the token that the history has, and
        as it is never restored, a planted one gains nothing by it. Where every
        length is planted, the value gets its longest token and is not restored.
        """
        for length in range(self._length, tokens.MAX_LENGTH + 1, tokens.STEP):
            inner = tokens.make(self._key, entity, value, length=length)
            if not self._planted(inner, row) and self._put(inner, row):
                return inner
        if self._put(inner, Row(row.mark)):
            return inner
        raise ConfigError("no token is free for a value of this request", advice="begin a new session")

    def _planted(self, inner: str, row: Row) -> bool:
        return row.value is not None and tokens.body_of(inner) in self._reserved

    def _put(self, inner: str, row: Row) -> bool:
        """Keep `row` under this name, unless another value has it: here, or on the shelf."""
        here = self._rows.get(inner)
        if here is not None:
            if here.mark != row.mark:
                return False
            row = here.with_another(row)
        if self._shelf is not None:
            kept = self._shelf.put(inner, row)
            if kept.mark != row.mark:
                return False
            row = kept
        self._rows[inner] = row
        body = tokens.body_of(inner)
        self._bodies[body] = inner if self._bodies.get(body, inner) == inner else ""
        return True


def _may_see(destination: str, restore: Iterable[str]) -> bool:
    return any(fnmatchcase(destination, pattern) for pattern in restore)
