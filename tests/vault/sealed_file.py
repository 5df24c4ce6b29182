"""What the tests of the vault's file share: keys, a canary, and how a row is put and got."""

from __future__ import annotations

import sqlite3

from guardrail.vault.keys import Keys
from guardrail.vault.store import Row, Scope

HERE = "completion"
CANARY = "Zaphira Quillon"
ANNS = "PERSON_7Q9NXQV"
SCOPE = Scope("acme", f"chat of {CANARY}")
KEYS = Keys(root=bytes(32), log_seed=bytes(32))


def put(store, value=CANARY, name=ANNS, *, scope=SCOPE, subject=CANARY, keep=3600):
    shelf = store.shelf(scope, keep=keep, subject=subject)
    shelf.put(name, Row(value.encode(), value, frozenset({HERE})))
    shelf.commit()


def get(store, name=ANNS, scope=SCOPE):
    return store.shelf(scope, keep=3600).get(name)


def everything(path):
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def raw(path, statement, *values):
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()
