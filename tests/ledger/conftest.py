"""What the ledger's tests share: collected vectors where they are, a clock, and ways to damage a ledger."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from guardrail.ledger import Ledger, turn
from guardrail.ledger.schema import SCHEMA, TRIGGERS, tables
from guardrail.types import Event

SEED = bytes(range(32))
ORIGIN = "example.com/guard"
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def shared():
    """Return a reader of vectors that other implementations published; skip where they are not at hand."""
    folder = Path(os.environ.get("GUARDRAIL_SHARED", CHECKOUT.parent / "shared")) / "vectors"

    def read(name: str):
        path = folder / f"{name}.json"
        if not path.exists():
            pytest.skip(f"the collected vectors are not here: {name}.json (set GUARDRAIL_SHARED)")
        return json.loads(path.read_text("utf-8"))

    return read


class Clock:
    """A clock that stands still until it is told otherwise; ns."""

    def __init__(self, microseconds: int = 1_795_344_080_123_456) -> None:
        self.now = microseconds

    def __call__(self) -> int:
        return self.now * 1000


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def sqlite_place(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def postgres_place(postgres_url, tmp_path):
    """Return a ledger's place in a real PostgreSQL server, its files called like those of `path`."""
    from guardrail.ledger.remote import place_of

    return place_of(f"{postgres_url}&files={tmp_path / 'ledger.db'}")


@pytest.fixture(params=["sqlite", "postgres"])
def every_store(request):
    """Return where a ledger lives, once in each store."""
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture
def address(request, path, tmp_path):
    """Return what a command line calls the ledger at `path`."""
    if isinstance(path, Path):
        return str(path)
    return f"{request.getfixturevalue('postgres_url')}&files={tmp_path / 'ledger.db'}"


@pytest.fixture
def open_ledger(path):
    """Return a way to open the ledger at `path`; close what was opened."""
    opened = []

    def open_(**given) -> Ledger:
        ledger = Ledger.open(given.pop("at", path), seed=given.pop("seed", SEED), origin=ORIGIN, **given)
        opened.append(ledger)
        return ledger

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Write a ledger of 300 entries once; return its path and public key."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn, "PUBLISH_EVERY", 3600.0)  # one stored checkpoint, however slow the disk
        with Ledger.open(path, seed=SEED, origin=ORIGIN) as ledger, ThreadPoolExecutor(32) as pool:
            list(
                pool.map(
                    lambda n: ledger.append(Event("scrub", findings={"PERSON": {"mask": n}})), range(1, 299)
                )
            )
            vkey = ledger.vkey
    return path, vkey


@pytest.fixture
def written(template, path):
    """Return path, public key and last checkpoint of a closed ledger of 300 entries, copied alone."""
    source, vkey = template
    shutil.copy(source, path)
    return path, vkey, source.with_name("ledger.db.checkpoint").read_bytes()


@contextmanager
def raw(path: Path, *, guards: bool = False):
    """Edit a ledger as somebody with the file but without the key would; triggers are put back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")  # a test of the verifier, not of the disk
        if not guards:
            connection.execute("DROP TRIGGER entry_no_update")
            connection.execute("DROP TRIGGER entry_no_delete")
            connection.execute("DROP TRIGGER entry_no_replace")
        yield connection
        if not guards:
            connection.execute(SCHEMA["entry_no_update"])
            connection.execute(SCHEMA["entry_no_delete"])
            connection.execute(SCHEMA["entry_no_replace"])
    finally:
        connection.close()


@pytest.fixture
def damage():
    return raw


@pytest.fixture
def as_of(path):
    """Return a way to make of a closed ledger what an older version would have written."""

    def older(number: int) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in ("DROP INDEX body_s", "DROP INDEX body_e"):
            connection.execute(statement)
        for table in ("entry", "body"):
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_3")
        for name in ("entry", "body", "body_s", "body_e"):
            connection.execute(tables(2)[name])
        connection.execute("INSERT INTO entry(idx, rid, hdr) SELECT idx, randomblob(16), hdr FROM entry_3")
        connection.execute(
            "INSERT INTO body(idx, env, kid_s, kid_e, exp) "
            "SELECT idx, CAST(x'0101' || a.id || b.id || env AS BLOB), a.id, b.id, 0 "
            "FROM body_3 JOIN kid AS a ON a.n = s JOIN kid AS b ON b.n = e"
        )
        for table in ("entry_3", "body_3", "kid"):
            connection.execute(f"DROP TABLE {table}")
        if number == 1:
            for name in ("body", "act", "act_key", "hold", "hold_key"):
                connection.execute(f"DROP TABLE {name}")
            connection.execute("DELETE FROM meta WHERE k = 'cosigner'")
        for name in TRIGGERS:
            connection.execute(SCHEMA[name])
        connection.execute("UPDATE meta SET v = ? WHERE k = 'format'", (str(number).encode(),))
        connection.close()

    return older
