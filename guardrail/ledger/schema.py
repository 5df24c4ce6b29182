"""The tables of each format, word for word: `verify` compares a ledger's own with these."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.canonical import parse_int
from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["APPLICATION_ID", "FORMAT", "SCHEMA", "TRIGGERS", "known_format", "tables", "upgrade"]

APPLICATION_ID: Final = 0x70676C31  # "pgl1"
FORMAT: Final = 3

_FIRST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "meta": "CREATE TABLE meta(k TEXT PRIMARY KEY, v BLOB NOT NULL) STRICT",
        "entry": (
            "CREATE TABLE entry(idx INTEGER PRIMARY KEY, rid BLOB NOT NULL UNIQUE, hdr BLOB NOT NULL) STRICT"
        ),
        "tile": (
            "CREATE TABLE tile(l INTEGER NOT NULL, n INTEGER NOT NULL, w INTEGER NOT NULL, h BLOB NOT NULL, "
            "PRIMARY KEY(l, n)) STRICT, WITHOUT ROWID"
        ),
        "head": (
            "CREATE TABLE head(k INTEGER PRIMARY KEY CHECK(k = 1), n INTEGER NOT NULL, peaks BLOB NOT NULL, "
            "last_ts INTEGER NOT NULL) STRICT"
        ),
        "checkpoint": "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT",
        "policy": "CREATE TABLE policy(sha BLOB PRIMARY KEY, doc BLOB NOT NULL, idx INTEGER NOT NULL) STRICT",
    }
)

# Against accidents and careless tools; against an attacker stand the tree and the signature.
TRIGGERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "entry_no_update": (
            "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry "
            "BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END"
        ),
        "entry_no_delete": (
            "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry "
            "BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END"
        ),
        # REPLACE removes a row without the trigger above.
        "entry_no_replace": (
            "CREATE TRIGGER entry_no_replace BEFORE INSERT ON entry WHEN NEW.idx < (SELECT n FROM head) "
            "BEGIN SELECT RAISE(ABORT, 'an entry is never replaced'); END"
        ),
    }
)

# What format 2 adds: sealed bodies, and what happens to them.
_BODIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "body": (
            "CREATE TABLE body(idx INTEGER PRIMARY KEY, env BLOB NOT NULL, kid_s BLOB NOT NULL, "
            "kid_e BLOB NOT NULL, exp INTEGER NOT NULL) STRICT"
        ),
        "body_s": "CREATE INDEX body_s ON body(kid_s)",
        "body_e": "CREATE INDEX body_e ON body(kid_e)",
        "act": "CREATE TABLE act(idx INTEGER PRIMARY KEY, kind TEXT NOT NULL) STRICT",
        "act_key": (
            "CREATE TABLE act_key(id BLOB NOT NULL, kind TEXT NOT NULL, idx INTEGER NOT NULL, "
            "PRIMARY KEY(id, kind, idx)) STRICT, WITHOUT ROWID"
        ),
        "hold": (
            "CREATE TABLE hold(id BLOB PRIMARY KEY, placed INTEGER NOT NULL, released INTEGER) "
            "STRICT, WITHOUT ROWID"
        ),
        "hold_key": (
            "CREATE TABLE hold_key(hold BLOB NOT NULL, idx INTEGER NOT NULL, wrapped BLOB NOT NULL, "
            "PRIMARY KEY(hold, idx)) STRICT, WITHOUT ROWID"
        ),
        "hold_idx": "CREATE INDEX hold_idx ON hold_key(idx)",
    }
)

# What format 3 writes anew: no index on the ids of entries, and keys of bodies by their numbers.
_SMALLER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "entry": "CREATE TABLE entry(idx INTEGER PRIMARY KEY, hdr BLOB NOT NULL) STRICT",
        "kid": "CREATE TABLE kid(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT",
        "body": (
            "CREATE TABLE body(idx INTEGER PRIMARY KEY, env BLOB NOT NULL, s INTEGER NOT NULL, "
            "e INTEGER NOT NULL) STRICT"
        ),
        "body_s": "CREATE INDEX body_s ON body(s)",
        "body_e": "CREATE INDEX body_e ON body(e)",
    }
)

SCHEMA: Final[Mapping[str, str]] = MappingProxyType({**_FIRST, **TRIGGERS, **_BODIES, **_SMALLER})


def tables(number: int) -> Mapping[str, str]:
    """Return the tables, indexes and triggers of a format by their names."""
    return {1: {**_FIRST, **TRIGGERS}, 2: {**_FIRST, **TRIGGERS, **_BODIES}}.get(number, SCHEMA)


def upgrade(number: int) -> Iterator[str]:
    """Yield the statements that bring a ledger of an older format to this one, for one transaction."""
    if number == 1:
        yield from _BODIES.values()
    yield from (f"DROP TRIGGER {name}" for name in TRIGGERS)
    yield from ("DROP INDEX body_s", "DROP INDEX body_e")
    yield from ("ALTER TABLE entry RENAME TO entry_2", "ALTER TABLE body RENAME TO body_2")
    yield from _SMALLER.values()
    yield "INSERT INTO entry(idx, hdr) SELECT idx, hdr FROM entry_2 ORDER BY idx"
    yield "INSERT INTO kid(id) SELECT kid_s FROM body_2 UNION SELECT kid_e FROM body_2"
    # The first 18 bytes of an envelope are its form and the ids of its keys.
    yield (
        "INSERT INTO body(idx, env, s, e) SELECT idx, substr(env, 19), s.n, e.n FROM body_2 "
        "JOIN kid AS s ON s.id = kid_s JOIN kid AS e ON e.id = kid_e ORDER BY idx"
    )
    yield from ("DROP TABLE entry_2", "DROP TABLE body_2")
    yield from TRIGGERS.values()


def known_format(stored: object) -> int:
    """Return the format that a ledger says it has; refuse one that is not known."""
    try:
        found = parse_int(bytes(stored))  # type: ignore[call-overload] # whatever a stranger's file holds
    except (TypeError, ValueError):
        raise LedgerError("the ledger's format cannot be read", advice="restore it from a copy") from None
    if not 1 <= found <= FORMAT:
        raise LedgerError(
            f"the ledger has format {found}; this version knows format {FORMAT}",
            advice="upgrade guardrail to the version that wrote the ledger, or newer",
        )
    return int(found)
