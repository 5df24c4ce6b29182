"""The ledger beside a plain table on the same disk, and its checks beside the hash they are made of."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from guardrail.ledger import Ledger, Reader, verify
from guardrail.ledger.committer import Request
from guardrail.ledger.entry import draft
from guardrail.ledger.erasure import erase
from guardrail.ledger.merkle import leaf_hash
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.turn import Identity, Turns
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

SEED = bytes(32)
ORIGIN = "example.com/bench"
EVENT = Event(
    "exchange.request",
    policy=bytes(32),
    keep=94_608_000,
    findings={"PERSON": {"tokenize": 2}, "IBAN_CODE": {"mask": 1}},
    rules={"gdpr-chat/contact-details": 2, "gdpr-chat/bank-accounts": 1},
    facts={"protocol": "openai.chat", "seen": 812, "looked": 640, "passed": {"structural": 172}},
)
HEADER = draft(EVENT).header("A" * 22, ts=10**15, writer="w-0a1b2c3d4e5f", sequence=7)


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the interface of every comparison
    """Yield one line a figure; each ratio is of one run, with the cases interleaved."""
    with tempfile.TemporaryDirectory(prefix="guardrail-bench-") as name:
        folder = Path(name)
        yield from _appends(folder, seconds=0.2 if short else 0.4, rounds=3 if short else 15)
        yield from _processes(folder, seconds=1.0 if short else 5.0)
        yield from _work(2_000 if short else 20_000)
        sizes = (1_000, 10_000) if short else (10_000, 100_000)
        small, large = (_filled(folder / f"{size}.db", size) for size in sizes)
        yield from _checks(large, sizes[1])
        yield from _proofs(small, large, sizes)
        yield from _bodies(folder, (500, 5_000) if short else (2_000, 50_000))


def _appends(folder: Path, *, seconds: float, rounds: int) -> Iterator[str]:
    """Compare durable appends: a commit each in a plain table, and the ledger with 1 and 64 waiting."""
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE e(h BLOB)"):
        plain.execute(statement)
    ledger = Ledger.open(folder / "ledger.db", seed=SEED, origin=ORIGIN, patience=60)
    rates: list[tuple[float, ...]] = []
    with ledger, ThreadPoolExecutor(64) as pool:
        for _ in range(rounds):  # a round is short: the speed of a shared disk changes by the second
            single = _rate(lambda: plain.execute("INSERT INTO e VALUES (?)", (HEADER,)), seconds)
            one = _rate(lambda: ledger.append(EVENT), seconds)
            each = [pool.submit(_count, lambda: ledger.append(EVENT), seconds) for _ in range(64)]
            rates.append((single, one, sum(waiting.result() for waiting in each) / seconds))
    plain.close()
    yield f"plain SQLite table, FULL, a commit per entry: {median(r[0] for r in rates):,.0f}/s  (1.0)"
    for place, name in ((1, "1 waiting"), (2, "64 waiting")):
        ratio = median(r[place] / r[0] for r in rates)
        yield f"ledger, durable, {name}: {median(r[place] for r in rates):,.0f}/s  ({ratio:.1f})"
    yield "  (they grow with the cost of a sync: a disk that answers from its cache gains little)"


def _processes(folder: Path, *, seconds: float) -> Iterator[str]:
    """Compare four processes with 16 waiting in each with a commit per entry in a plain table."""
    plain = sqlite3.connect(folder / "plain4.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE e(h BLOB)"):
        plain.execute(statement)
    single = _rate(lambda: plain.execute("INSERT INTO e VALUES (?)", (HEADER,)), seconds)
    syncs = []
    with (folder / "sync").open("wb", buffering=0) as file:
        end = perf_counter() + seconds / 2
        while perf_counter() < end:
            file.write(HEADER)
            start = perf_counter()
            os.fdatasync(file.fileno())
            syncs.append(perf_counter() - start)
    path = folder / "four.db"
    Ledger.open(path, seed=SEED, origin=ORIGIN, patience=60).close()
    pool = get_context("spawn")
    results, gate = pool.Queue(), pool.Barrier(4)
    writers = [pool.Process(target=_write, args=(path, seconds, gate, results)) for _ in range(4)]
    for writer in writers:
        writer.start()
    taken = [results.get() for _ in writers]
    for writer in writers:
        writer.join()
    plain.close()
    counts = [len(one) for one in taken]
    rate, waits, sync = sum(counts) / seconds, sorted(sum(taken, [])), sorted(syncs)  # noqa: RUF017 - four lists
    p99, sync99 = waits[len(waits) * 99 // 100], sync[len(sync) * 99 // 100]
    yield (
        f"ledger, durable, 4 processes with 16 waiting: {rate:,.0f}/s  ({rate / single:.1f} of a commit per "
        f"entry; goal ≥ 8), shares within {max(counts) / min(counts):.2f} (goal ≤ 1.1), "
        f"p99 {p99 * 1e3:.1f} ms ({p99 / sync99:.1f} of that of fdatasync; goal ≤ 5)"
    )


def _write(path: Path, seconds: float, gate: Barrier, results: Queue[list[float]]) -> None:
    """Append from 16 threads; tell how long each append took, in s."""
    with Ledger.open(path, seed=SEED, patience=60) as ledger, ThreadPoolExecutor(16) as pool:
        gate.wait()
        end = perf_counter() + seconds

        def append() -> list[float]:
            taken = []
            while (start := perf_counter()) < end:
                ledger.append(EVENT)
                taken.append(perf_counter() - start)
            return taken

        results.put([one for each in [pool.submit(append) for _ in range(16)] for one in each.result()])


def _work(count: int) -> Iterator[str]:
    """Compare the processor's work of an append (header, hash, tree, rows; no disk) with one leaf hash."""
    hashing = _work_of(lambda: leaf_hash(HEADER), count)
    checking = _work_of(lambda: draft(EVENT), count)
    turns = Turns.open(Identity(None, SEED, lambda: 10**18, "w-1"), origin=ORIGIN, patience=1)
    batch = [Request(draft(EVENT)) for _ in range(500)]
    writing = min(_work_of(lambda: turns.commit(batch), 1) for _ in range(max(3, count // 500))) / 500
    turns.close()
    yield f"hash of one leaf ({len(HEADER)} B): {hashing * 1e6:.2f} µs  (1.0)"
    yield (
        f"work per append, disk and threads apart: {(checking + writing) * 1e6:.1f} µs  "
        f"({(checking + writing) / hashing:.1f})"
    )


def _checks(path: Path, size: int) -> Iterator[str]:
    hashing = _work_of(lambda: leaf_hash(HEADER), 20_000)
    start = process_time()
    report = verify(path, vkey=vkey_of_seed(ORIGIN, SEED))
    taken = (process_time() - start) / size
    assert report.status == "ok"
    yield (
        f"verify, everything recomputed: {1 / taken:,.0f} entries/s; a leaf hash alone {1 / hashing:,.0f}/s  "
        f"({taken / hashing:.1f} hashes an entry)"
    )
    yield f"bytes per entry on disk: {path.stat().st_size / size:.0f}"


def _proofs(small: Path, large: Path, sizes: tuple[int, int]) -> Iterator[str]:
    taken: dict[str, list[list[float]]] = {"inclusion": [[], []], "consistency": [[], []]}
    choose = random.Random(7)  # noqa: S311 - indexes, no secrets
    with Reader.open(small) as first, Reader.open(large) as second:
        for _ in range(200):
            for place, (reader, size) in enumerate(((first, sizes[0]), (second, sizes[1]))):
                index = choose.randrange(1, size)
                taken["inclusion"][place].append(_each(lambda r=reader, i=index: r.prove(i), 1))
                proving = _each(lambda r=reader, i=index, s=size: r.prove_consistency(i, s), 1)
                taken["consistency"][place].append(proving)
    for name, (few, many) in taken.items():
        a, b = median(few) * 1e3, median(many) * 1e3
        yield f"{name} proof: {a:.2f} ms of {sizes[0]:,}, {b:.2f} ms of {sizes[1]:,}  ({b / a:.2f}; goal ≤ 3)"


def _bodies(folder: Path, sizes: tuple[int, int]) -> Iterator[str]:
    """Measure sealed bodies: their work and bytes, and whether erasing depends on the ledger's size."""
    taken: list[float] = []
    for size in sizes:
        path = folder / f"bodies-{size}.db"
        who = Identity(path, SEED, lambda: 10**18, "w-1")
        turns = Turns.open(who, origin=ORIGIN, patience=60, bodies=True)
        turns.commit([Request(draft(Event("writer.start")))])
        events = [replace(EVENT, who={"subject": f"s{n}"}) for n in range(400)]
        start = process_time()
        for at in range(0, size, 500):
            turns.commit([Request(draft(events[(at + n) % 400])) for n in range(500)])
        sealing = (process_time() - start) / size
        hashing = _work_of(lambda: leaf_hash(HEADER), 20_000)
        turns.close()
        with Ledger.open(path, seed=SEED, origin=ORIGIN, patience=60, bodies=True) as ledger:
            taken.append(median(_each(lambda n=n: erase(ledger, f"s{n}"), 1) for n in range(15)))
    size_on_disk = path.stat().st_size / sizes[1]
    yield (
        f"work per append with a sealed body: {sealing * 1e6:.1f} µs  ({sealing / hashing:.1f} leaf hashes; "
        f"goal ≤ 13); bytes per entry {size_on_disk:.0f}  (goal ≤ 700)"
    )
    few, many = (value * 1e3 for value in taken)
    yield (
        f"erase one subject, certificate with it: {few:.1f} ms of {sizes[0]:,}, {many:.1f} ms of "
        f"{sizes[1]:,}  ({many / few:.2f})"
    )


def _filled(path: Path, size: int) -> Path:
    """Write a ledger of `size` entries in large turns."""
    turns = Turns.open(Identity(path, SEED, lambda: 10**18, "w-1"), origin=ORIGIN, patience=60)
    turns.commit([Request(draft(Event("writer.start")))])
    item = draft(EVENT)
    for at in range(1, size, 500):
        turns.commit([Request(item) for _ in range(min(500, size - at))])
    turns.commit([Request(None, sign=True)])
    turns.close()
    return path


def _count(act: Callable[[], object], seconds: float) -> int:
    end, count = perf_counter() + seconds, 0
    while perf_counter() < end:
        act()
        count += 1
    return count


def _rate(act: Callable[[], object], seconds: float) -> float:
    return _count(act, seconds) / seconds


def _work_of(act: Callable[[], object], count: int) -> float:
    """Return the processor's seconds of one call: what others do on the machine counts less."""
    start = process_time()
    for _ in range(count):
        act()
    return (process_time() - start) / count


def _each(act: Callable[[], object], count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        act()
    return (perf_counter() - start) / count
