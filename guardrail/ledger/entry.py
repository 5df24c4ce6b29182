"""From an event to the exact header bytes that are hashed (docs/spec/ledger.md §2).

Takes only what the closed lists of `facts` know, and names of the form that a
policy gives them; so an entry has no place for personal data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import orjson

from guardrail.canonical import b64u
from guardrail.errors import LedgerError
from guardrail.ledger.facts import AREAS, CLASSES, FACTS, MAX_COUNT, VERBS
from guardrail.ledger.header import ENTITY, MAX_HEADER, RULE, VERSION, is_number
from guardrail.types import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.canonical import Canonical
    from guardrail.ledger.acts import Act
    from guardrail.ledger.facts import Kind
    from guardrail.ledger.sealed import Sealed
    from guardrail.types import Event

__all__ = ["Draft", "draft", "new_id"]

_LATEST: Final = 2**53
_ROOM: Final = 384  # bytes: v, id, ts, w, ws and exp at their longest take 150, bc and eh 102
_TYPES: Final = frozenset({*AREAS, *(f"{area}.{verb}" for area in AREAS for verb in VERBS)})
_WHO: Final = frozenset({"subject", "actor", "conversation"})
_MAX_WHO: Final = 16_384  # characters of all ids together
_MAX_KEEP: Final = 100 * 366 * 86_400  # seconds
_ADVICE: Final = "personal data must not get in: only what guardrail/ledger/facts.py lists is taken"


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked event that only lacks its place: id, time, writer and sequence number.

    `who` and `tenant` are for the sealed body, `act` is what it does to earlier entries.
    """

    fields: Mapping[str, Canonical] = field(repr=False)
    keep: int
    who: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    tenant: str = ""
    act: Act | None = None

    def expires(self, ts: int) -> int:
        """Return when an entry written at `ts` (µs) expires, in s; 0 is never."""
        return ts // 1_000_000 + self.keep if self.keep else 0

    def header(
        self, name: str, *, ts: int, writer: str, sequence: int, sealed: Sealed | None = None
    ) -> bytes:
        """Return the header's bytes; `name` is the id as b64u, `ts` in µs.

        What is added here is ASCII and small, so this is RFC 8785 as well.

        Raises:
            ValueError: a time beyond what JSON numbers hold exactly.
        """
        if not 0 < ts < _LATEST:
            raise ValueError("the time is out of its range")
        fields = {**self.fields, "v": VERSION, "id": name, "ts": ts, "w": writer, "ws": sequence}
        if self.keep:
            fields["exp"] = self.expires(ts)
        if sealed:
            fields["bc"], fields["eh"] = b64u(sealed.commitment), b64u(sealed.hash)
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def new_id(time_us: int, randomness: bytes) -> bytes:
    """Return a 16-byte id: u48be milliseconds, then 10 random bytes.

    Ids that grow with time keep the unique index of a large ledger in few pages.
    """
    return (time_us // 1000).to_bytes(6, "big") + randomness


def draft(event: Event, documents: Sequence[bytes] = (), *, act: Act | None = None) -> Draft:
    """Check an event against the closed schema; `documents` are digests of policy documents.

    `act` is for the ledger's own entries: no event of an application can say that something went.

    Raises:
        LedgerError: something in it has no place in the ledger. The message names
            the part, and never repeats what stands there.
    """
    _need(event.type in _TYPES, "the event's type")
    _need(event.retention in CLASSES, "the retention class")
    _need(is_number(event.keep, 0, _MAX_KEEP), "the retention period")
    _need(len(event.policy) in (0, 32), "the policy's digest")
    fields: dict[str, Canonical] = {"t": event.type, "ret": event.retention}
    if event.policy:
        fields["pol"] = _digest(event.policy)
    if documents:
        fields["d"] = [b64u(digest) for digest in documents]
    tables = {"f": _findings(event), "r": _rules(event), "x": _facts(event)}
    fields |= {key: table for key, table in tables.items() if table}
    if act:
        fields["s"] = act.fields()
    if event.who:
        _need(event.who.keys() <= _WHO and all(event.who.values()), "a name of who is concerned")
        _need(len("".join(event.who.values())) <= _MAX_WHO, "the length of an id")
    # With room for what is still open: the committer must not fail on one event of many.
    _need(len(orjson.dumps(fields)) + _ROOM <= MAX_HEADER, "the event's size")
    return Draft(fields, event.keep, event.who, str(event.facts.get("tenant", "")), act)


@lru_cache(maxsize=64)
def _digest(data: bytes) -> str:
    return b64u(data)


def _findings(event: Event) -> dict[str, Canonical]:
    found: dict[str, Canonical] = {}
    for entity, actions in event.findings.items():
        _need(ENTITY.fullmatch(entity) is not None, "the name of an entity")
        _need(bool(actions), "the action on a finding")
        for action, count in actions.items():
            _need(action in ACTIONS, "the action on a finding")
            _need(is_number(count, 1, MAX_COUNT), "a count of findings")
        found[entity] = dict(actions)
    return found


def _rules(event: Event) -> dict[str, Canonical]:
    for rule, count in event.rules.items():
        _need(RULE.fullmatch(rule) is not None, "the name of a rule")
        _need(is_number(count, 1, MAX_COUNT), "a count of a rule")
    return dict(event.rules)


def _facts(event: Event) -> dict[str, Canonical]:
    facts: dict[str, Canonical] = {}
    for key, value in event.facts.items():
        kind = FACTS.get(key)
        if kind is None:  # and do not name it: an unknown key may itself be data
            raise LedgerError("the key of a fact is not one that the ledger takes", advice=_ADVICE)
        if not _is_fact(kind, value):
            raise _refused(f"the fact '{key}'")
        if isinstance(value, str | int):
            facts[key] = value
        elif value:
            facts[key] = dict(value)
    return facts


def _is_fact(kind: Kind, value: object) -> bool:
    """Tell whether a value is a number up to the bound, one of the words, a name, or counts of words."""
    if type(kind) is int:
        return is_number(value, 0, kind)
    if isinstance(kind, frozenset):
        return isinstance(value, str) and value in kind
    if isinstance(kind, re.Pattern):
        return isinstance(value, str) and kind.fullmatch(value) is not None
    return isinstance(value, Mapping) and isinstance(kind, Mapping) and _fits(value, kind)


def _fits(counts: Mapping[str, int], kind: Mapping[str, int]) -> bool:
    return all(word in kind and is_number(count, 0, kind[word]) for word, count in counts.items())


def _need(holds: bool, what: str) -> None:  # noqa: FBT001 - a condition, not an option
    if not holds:
        raise _refused(what)


def _refused(what: str) -> LedgerError:
    return LedgerError(f"{what} is not one that the ledger takes", advice=_ADVICE)
