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
from guardrail.ledger.schema import SCHEMA
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
