"""The tables of formats 1 and 2, word for word: `verify` compares a ledger's own with these."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ADDED", "APPLICATION_ID", "FORMAT", "SCHEMA", "tables"]

APPLICATION_ID: Final = 0x70676C31  # "pgl1"
FORMAT: Final = 2

# Format 1. Later formats add tables of other names; these stay as they are.
SCHEMA: Final[Mapping[str, str]] = MappingProxyType(
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
        # Against accidents and careless tools; against an attacker stand the tree and the signature.
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
ADDED: Final[Mapping[str, str]] = MappingProxyType(
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


def tables(number: int) -> Mapping[str, str]:
    """Return the tables, indexes and triggers of a format by their names."""
    return SCHEMA if number == 1 else {**SCHEMA, **ADDED}
