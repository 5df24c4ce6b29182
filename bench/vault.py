"""A vault in a file beside the store in memory: what an exchange of a conversation costs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from guardrail.vault.conversations import Conversations
from guardrail.vault.keys import Keys
from guardrail.vault.opening import open_sealed
from guardrail.vault.store import Row, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from guardrail.vault.store import Store

VALUES = 20  # of one exchange
HERE = frozenset({"completion"})
ROWS = [(f"PERSON_{number:07}", Row(bytes(32), f"Person {number}", HERE)) for number in range(VALUES)]


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the interface of every comparison
    """Yield one line a figure; each ratio is of one run, with the cases interleaved."""
    count = 40 if short else 400
    with tempfile.TemporaryDirectory(prefix="guardrail-bench-") as name:
        sealed = open_sealed(Path(name) / "vault.db", Keys(root=bytes(32), log_seed=bytes(32)))
        yield from _exchanges(Conversations(), sealed, count)
        yield from _erasures(sealed, (10, 100) if short else (100, 10_000))
        sealed.close()


def _exchanges(memory: Store, sealed: Store, count: int) -> Iterator[str]:
    steps = (("a value is new", _put), ("a value is known", _put), ("a token is looked up", _get))
    for what, step in steps:
        costs = [
            (_cost(step, memory, at), _cost(step, sealed, at))
            for at in range(count)  # interleaved: the speed of a shared machine changes by the second
        ]
        own, ratio = median(one[1] for one in costs), median(one[1] / one[0] for one in costs)
        yield f"{what}: {own / VALUES * 1e6:.0f} µs CPU in a file ({ratio:.1f} x memory)"
    waits = [_wall(lambda at=at: _put(sealed, f"w-{at}")) for at in range(min(count, 100))]
    yield f"one exchange with {VALUES} new values, durable: one transaction, {median(waits) * 1e3:.1f} ms"


def _erasures(store: Store, sizes: tuple[int, int]) -> Iterator[str]:
    """Erase one subject among few and among many rows of it."""
    times = []
    for size in sizes:
        subject = f"u{size}"
        for at in range(0, size, 1_000):
            shelf = store.shelf(Scope("", f"{subject}-{at}"), keep=86_400, subject=subject)
            for number in range(min(1_000, size - at)):
                shelf.put(f"ID_{number:07}", ROWS[0][1])
            shelf.commit()
        found = store.find_subject("", subject)
        times.append(_wall(lambda kid=found.kid: store.destroy(kid)))
    few, many = (one * 1e3 for one in times)
    yield f"erasing a subject: {few:.1f} ms with {sizes[0]:,} rows, {many:.1f} ms with {sizes[1]:,}"


def _put(store: Store, conversation: str) -> None:
    shelf = store.shelf(Scope("", conversation), keep=86_400, subject="u1")
    for name, row in ROWS:
        shelf.put(name, row)
    shelf.commit()


def _get(store: Store, conversation: str) -> None:
    shelf = store.shelf(Scope("", conversation), keep=86_400)
    for name, row in ROWS:
        assert shelf.get(name) == row


def _cost(step: Callable[[Store, str], None], store: Store, at: int) -> float:
    begin = process_time()
    step(store, f"c-{at}")
    return process_time() - begin


def _wall(step: Callable[[], None]) -> float:
    begin = perf_counter()
    step()
    return perf_counter() - begin
