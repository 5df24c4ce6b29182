"""What the guard itself costs on a stream, without detectors: milliseconds of CPU per kB of events."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING

from bench.provider import PIECES, SIZE
from guardrail import policy as policies
from guardrail.entities import ENTITIES
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.policy.shipped import policy_path
from guardrail.vault.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator


class Nothing:
    """A detector that finds nothing, at once."""

    entities = frozenset(ENTITIES)
    versions = {"nothing": "1"}  # noqa: RUF012 - never changed

    def detect(self, passages):
        return [() for _ in passages]


def own_cost(rounds: int) -> Iterator[str]:
    """Yield the cost of one stream in events of five characters, beside reading and writing the same JSON."""
    keys = Keys.ephemeral()
    loaded = policies.load(policy_path("gdpr-chat"))
    with Guard(
        policy=loaded, detector=Nothing(), keys=keys, ledger=Ledger.open(None, seed=keys.log_seed)
    ) as guard:
        guarded, bare = [], []
        for _ in range(rounds):
            begun = time.process_time()
            _guarded(guard)
            guarded.append(time.process_time() - begun)
            begun = time.process_time()
            for piece in PIECES[:-1]:
                json.dumps(json.loads(piece[6:]))
            bare.append(time.process_time() - begun)
    kilobytes = SIZE / 1000
    yield (
        f"the guard's own, no detectors: {median(guarded) * 1e3 / kilobytes:.3f} ms CPU per kB of stream "
        f"({median(guarded) * 1e6 / len(PIECES):.0f} us per event; "
        f"{median(guarded) / median(bare):.1f} x reading and writing its JSON)"
    )


def _guarded(guard: Guard) -> None:
    exchange = guard.exchange(protocol="openai.chat")
    exchange.answer("text/event-stream")
    for piece in PIECES:
        exchange.response(piece)
    exchange.finish()
