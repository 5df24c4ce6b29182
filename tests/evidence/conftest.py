"""A ledger with a known clock, and packs made of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guardrail.evidence.pack import export
from guardrail.evidence.span import Span
from guardrail.evidence.verify import verify
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.reader import Reader

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))

from packs import ORIGIN, SEED, Clock, build_ledger, repacked, unpacked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger_path(tmp_path: Path, clock: Clock) -> Path:
    return build_ledger(tmp_path / "ledger.db", clock)


@pytest.fixture
def vkey() -> str:
    return vkey_of_seed(ORIGIN, SEED)


@pytest.fixture
def make_pack(tmp_path: Path, ledger_path: Path):
    """Return a function that exports a span of the ledger to a file."""

    def make(since: str = "2026-07-02", until: str = "2026-07-02", *, source: Path = ledger_path) -> Path:
        path = tmp_path / f"{since}-{until}.zip".replace(":", "")
        with Reader.open(source) as reader, path.open("wb") as stream:
            export(reader, Span.parse(since, until), stream)
        return path

    return make


@pytest.fixture
def pack(make_pack):
    return make_pack()


@pytest.fixture
def judged(pack, vkey):
    """Return a function that forges the pack with changed files, and the verdict on it."""

    def judge(change, *, listed=True, **options):
        files = unpacked(pack)
        change(files)
        return verify(repacked(pack, files, listed=listed), vkey=vkey, **options)

    return judge
