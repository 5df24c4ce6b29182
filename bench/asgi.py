"""What the guard itself costs beside its detectors: a 1 kB JSON request without findings, in one run.

One client, one exchange at a time, the application answers `{}`. CPU time is
that of the whole process (the name finders use threads of their own), measured
around each part in the same exchange; medians. The ledger waits for the disk,
so its figure is wall time. Bodies in which a detector finds something all the
same (a guess at a name) are left out.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail import policy as policies
from guardrail.asgi import GuardMiddleware
from guardrail.detect import Detector
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.policy.shipped import policy_path
from guardrail.vault.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator

SENTENCE = (
    "the order arrived late and the box was open so please tell me what to do with it because nothing in the "
    "manual says how the blue lamp on the left side should look when all cables are in place and it is warm"
)
WORDS = tuple(SENTENCE.split())
BYTES = 1_000


@dataclass
class Parts:
    """Seconds of one exchange, by part; `ledger` is wall time, the rest CPU time."""

    detect: float = 0.0
    ledger: float = 0.0
    ledger_cpu: float = 0.0
    total: float = 0.0
    found: int = 0


class TimedDetector:
    """The real detector, with a clock around it."""

    def __init__(self, detector):
        self._detector = detector
        self.entities = detector.entities
        self.versions = detector.versions
        self.parts = Parts()

    def detect(self, passages):
        start = time.process_time()
        found = self._detector.detect(passages)
        self.parts.detect += time.process_time() - start
        self.parts.found += sum(map(len, found))
        return found


class TimedGuard(Guard):
    """The real guard, with a clock around its ledger."""

    def record(self, what):
        start, cpu = time.perf_counter(), time.process_time()
        entry = super().record(what)
        self.detector.parts.ledger += time.perf_counter() - start
        self.detector.parts.ledger_cpu += time.process_time() - cpu
        return entry


async def _app(_scope, receive, send):
    await receive()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": b"{}"})


@dataclass
class Load:
    """Bodies of one size, all different."""

    count: int
    seed: int = 7
    bodies: list[bytes] = field(default_factory=list)

    def __post_init__(self):
        rng = random.Random(self.seed)  # noqa: S311 - words, no secret
        for _ in range(self.count):
            text = ""
            while len(text) < BYTES - 60:
                text += " ".join(rng.choices(WORDS, k=9)) + ". "
            messages = [{"role": "user", "content": text}]
            self.bodies.append(json.dumps({"model": "m", "messages": messages}).encode())


async def _exchange(app, body):
    message = {"type": "http.request", "body": body, "more_body": False}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
    }

    async def receive():
        return message

    async def send(sent):
        pass

    await app(scope, receive, send)


def _measure(app, detector, bodies) -> list[Parts]:
    async def run():
        rows = []
        for body in bodies:
            detector.parts = parts = Parts()
            start = time.process_time()
            await _exchange(app, body)
            parts.total = time.process_time() - start
            rows.append(parts)
        return rows

    return asyncio.run(run())


def _lines(name: str, rows: list[Parts]) -> Iterator[str]:
    rows = [row for row in rows if not row.found]
    if not rows:
        yield f"{name}: no body was without findings"
        return
    detect = statistics.median(row.detect for row in rows)
    ledger = statistics.median(row.ledger for row in rows)
    own = statistics.median(row.total - row.detect - row.ledger_cpu for row in rows)
    yield (
        f"{name} ({len(rows)} bodies): guard's own {own * 1e3:.2f} ms CPU, "
        f"detectors {detect * 1e3:.2f} ms CPU, two entries in the ledger {ledger * 1e3:.2f} ms wall; "
        f"own / detectors = {own / detect:.3f}"
    )


def run(short: bool) -> Iterator[str]:  # noqa: FBT001 - the signature of all comparisons
    load = Load(30 if short else 200)
    with tempfile.TemporaryDirectory() as folder:
        loaded = policies.load(policy_path("gdpr-chat"))
        detector = TimedDetector(Detector.load(wanted=loaded.entities))
        keys = Keys.ephemeral()
        ledger = Ledger.open(Path(folder) / "ledger.db", seed=keys.log_seed)
        with TimedGuard(policy=loaded, detector=detector, keys=keys, ledger=ledger) as guard:
            app = GuardMiddleware(_app, guard)
            _measure(app, detector, Load(5, seed=1).bodies)  # warm
            size = statistics.median(map(len, load.bodies))
            yield from _lines(f"a new request of {size:.0f} bytes", _measure(app, detector, load.bodies))
            yield from _lines("the same requests again", _measure(app, detector, load.bodies))
