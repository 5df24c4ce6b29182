"""What a proxy counts: kinds, outcomes and waits, in the text form that Prometheus reads.

Every label value comes from a closed list or from the policy (entities, actions,
outcomes): nothing that a client or a tenant can choose, so neither personal data
nor an endless number of series.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError
from guardrail.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.border import Detects
    from guardrail.ledger import Ledger
    from guardrail.policy import PolicySet
    from guardrail.types import Context, Entry, Event
    from guardrail.vault.keys import Keys
    from guardrail.vault.scopes import Scopes

__all__ = ["MeasuredGuard", "Metrics"]

WINDOW: Final = 1_000  # exchanges of which the holds are told
OUTCOMES: Final = ("ok", "blocked", "error", "disconnected")

# Facts of entries that are added up: name of the fact, of the metric, what it counts.
_SUMS: Final = (
    ("seen", "guardrail_seen_bytes_total", "Bytes that came, in requests and answers."),
    ("looked", "guardrail_looked_bytes_total", "Bytes of text that the detectors saw."),
    ("restored", "guardrail_tokens_restored_total", "Tokens that became values again."),
    (
        "left",
        "guardrail_tokens_left_total",
        "Tokens that were left as they are: foreign, altered, not for here.",
    ),
    ("failed", "guardrail_detection_failures_total", "Texts on which detection failed."),
)
# What a stream held back: facts of its closing entry, and the metric with its divisor.
_HOLDS: Final = (
    ("held_p50", 0.5, "characters"),
    ("held_p95", 0.95, "characters"),
    ("hold_p50_us", 0.5, "seconds"),
    ("hold_p95_us", 0.95, "seconds"),
)


class Metrics:
    """Counts of one process since it started. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
        self._findings: Counter[tuple[str, str, str]] = Counter()
        self._passed: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._holds: dict[str, deque[int]] = {name: deque(maxlen=WINDOW) for name, _, _ in _HOLDS}
        self._ledger_errors = 0

    def recorded(self, event: Event) -> None:
        """Count what an entry says."""
        side = "request" if event.type == "exchange.request" else "answer"
        with self._lock:
            if event.type == "exchange.response":
                self._outcomes[str(event.facts.get("outcome", "error"))] += 1
            for entity, actions in event.findings.items():
                for action, count in actions.items():
                    self._findings[side, entity, action] += count
            for fact, _, _ in _SUMS:
                self._sums[fact] += _number(event.facts.get(fact))
            passed = event.facts.get("passed")
            if passed and not isinstance(passed, (str, int)):
                self._passed.update(passed)
            for fact, values in self._holds.items():
                if fact in event.facts:
                    values.append(_number(event.facts[fact]))

    def refused(self) -> None:
        """Count an entry that the ledger did not take."""
        with self._lock:
            self._ledger_errors += 1

    def fault(self, kind: str) -> None:
        """Count a request without an answer, by a word such as "upstream_timeout"."""
        with self._lock:
            self._faults[kind] += 1

    def lines(self, *, open_exchanges: int, ready: bool) -> Iterator[str]:
        """Yield the lines of the page (text format 0.0.4)."""
        with self._lock:
            yield from _counter(
                "guardrail_exchanges_total",
                "Exchanges by how they ended.",
                {f'{{outcome="{name}"}}': n for name, n in self._outcomes.items()},
            )
            yield from _counter(
                "guardrail_findings_total",
                "Findings by side, entity and action.",
                {
                    f'{{side="{side}",entity="{_label(entity)}",action="{_label(action)}"}}': n
                    for (side, entity, action), n in sorted(self._findings.items())
                },
            )
            yield from _counter(
                "guardrail_passed_bytes_total",
                "Bytes that passed unlooked at, by why.",
                {f'{{why="{_label(why)}"}}': n for why, n in sorted(self._passed.items())},
            )
            yield from _counter(
                "guardrail_upstream_faults_total",
                "Requests that got no answer, by why.",
                {f'{{kind="{_label(kind)}"}}': n for kind, n in sorted(self._faults.items())},
            )
            for fact, name, text in _SUMS:
                yield from _counter(name, text, {"": self._sums[fact]})
            yield from _counter(
                "guardrail_ledger_errors_total",
                "Entries that the ledger did not take.",
                {"": self._ledger_errors},
            )
            yield from self._held()
        yield from _gauge("guardrail_exchanges_open", "Exchanges that are under way.", open_exchanges)
        yield from _gauge("guardrail_ready", "1 if the proxy may be sent requests.", int(ready))

    def _held(self) -> Iterator[str]:
        """Yield the middle of what the last streams held back: each tells its own p50 and p95."""
        for unit in ("characters", "seconds"):
            name = f"guardrail_stream_hold_{unit}"
            yield f"# HELP {name} Median over the last {WINDOW} streams of the quantile of each."
            yield f"# TYPE {name} gauge"
            for fact, quantile, of in _HOLDS:
                values = sorted(self._holds[fact])
                if of == unit and values:
                    middle = values[len(values) // 2]
                    told = middle / 1e6 if unit == "seconds" else middle
                    yield f'{name}{{quantile="{quantile}"}} {told}'


class MeasuredGuard(Guard):
    """The guard that every user holds; what it records is counted, and when that last went well is known."""

    def __init__(  # noqa: PLR0913 - the guard's own signature
        self,
        *,
        policy: PolicySet,
        detector: Detects,
        keys: Keys,
        ledger: Ledger,
        context: Context | None = None,
        vault: Scopes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; `load` makes them from files. `clock` gives seconds."""
        super().__init__(
            policy=policy, detector=detector, keys=keys, ledger=ledger, context=context, vault=vault
        )
        self.metrics = Metrics()
        self.recorded_at: float | None = None  # None: the last entry was refused
        self._clock = clock

    def record(self, what: Event) -> Entry:
        """Append an event, as every guard does, and count it."""
        try:
            entry = super().record(what)
        except LedgerError:
            self.recorded_at = None
            self.metrics.refused()
            raise
        self.recorded_at = self._clock()
        self.metrics.recorded(what)
        return entry

    def since_recorded(self) -> float | None:
        """Return the seconds since the ledger last took an entry; None if it refused the last one."""
        return None if self.recorded_at is None else self._clock() - self.recorded_at


def _number(value: str | int | Mapping[str, int] | None) -> int:
    return value if isinstance(value, int) else 0


def _counter(name: str, text: str, values: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} counter"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"


def _gauge(name: str, text: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"


def _label(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
