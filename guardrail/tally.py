"""What an exchange counts: kinds and numbers, never a value. The ledger's entries are made of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardrail.holds import Holds
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from guardrail.policy import PolicySet
    from guardrail.types import Context, Decision
    from guardrail.vault.memory import Restored

__all__ = ["Tally", "event"]

# What the application says of itself. Who is concerned goes into the sealed body, as blind indexes.
_WHO = ("subject", "actor", "conversation")
_CONTEXT = ("app", "route", "model", "provider", "region", "tenant", "role", "purpose")


class Tally:
    """The counts of one direction of one exchange. Sizes are bytes of UTF-8; `held` is characters."""

    def __init__(self, holds: Holds | None = None) -> None:
        self.holds = holds or Holds()
        self.reason = ""  # why it did not go on
        self.stream = ""  # "strict" or "fast", where texts streamed
        self.findings: dict[str, Counter[str]] = {}
        self.rules: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.coverage: Counter[str] = Counter()
        self.seen = 0
        self.looked = 0
        self.restored = 0
        self.left = 0
        self.foreign = 0
        self.broken = 0
        self.failed = 0
        self.offsets = 0  # places that citations tell, and that moved
        self.held = 0
        self.blocked = False

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Count decisions by entity and action, and by policy and rule."""
        for decision in decisions:
            self.findings.setdefault(decision.finding.entity, Counter())[decision.action.type] += 1
            self.rules[f"{decision.policy}/{decision.rule}"] += 1

    def restore(self, places: Iterable[Restored]) -> None:
        """Count the tokens that became values again, and those that were left: not ours, or not proved."""
        for place in places:
            if place.value is not None:
                self.restored += 1
                continue
            self.left += 1
            self.foreign += place.proof == "foreign"
            self.broken += place.proof == "broken"

    def look(self, text: str) -> None:
        """Count a text that the detectors saw."""
        self.looked += len(text.encode("utf-8", "surrogatepass"))

    def unknown(self, text: str) -> None:
        """Count a text whose field no map knows; it is looked at all the same."""
        if text:
            self.coverage["unknown_field"] += len(text.encode("utf-8", "surrogatepass"))

    def skip(self, why: str, text: str | bytes) -> None:
        """Count a text that they did not see, and why."""
        size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
        if size:
            self.passed[why] += size

    def move(self) -> None:
        """Count a place that a citation tells, and that moved with its text."""
        self.offsets += 1

    def hold(self, characters: int) -> None:
        """Remember the longest hold of a stream."""
        self.held = max(self.held, characters)

    def add(self, other: Tally) -> None:
        """Add the counts of another part of the same exchange."""
        for entity, actions in other.findings.items():
            self.findings.setdefault(entity, Counter()).update(actions)
        self.rules.update(other.rules)
        self.passed.update(other.passed)
        self.coverage.update(other.coverage)
        for name in ("seen", "looked", "restored", "left", "foreign", "broken", "failed", "offsets"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.held = max(self.held, other.held)
        self.blocked |= other.blocked

    def facts(self) -> dict[str, str | int | Mapping[str, int]]:
        """Return the counts that are not zero."""
        facts: dict[str, str | int | Mapping[str, int]] = {
            name: value
            for name in (
                "seen",
                "looked",
                "restored",
                "left",
                "foreign",
                "broken",
                "failed",
                "offsets",
                "held",
            )
            if (value := getattr(self, name))
        }
        if self.passed:
            facts["passed"] = dict(self.passed)
        if self.coverage:
            facts["coverage"] = dict(self.coverage)
        said = {"reason": self.reason, "stream": self.stream}
        return {**facts, **self._held(), **{name: word for name, word in said.items() if word}}

    def _held(self) -> dict[str, int]:
        """Return how long texts were held, where some streamed."""
        held = self.holds.held()
        figures = {
            "held_p50": held.characters_p50,
            "held_p95": held.characters_p95,
            "hold_p50_us": held.us_p50,
            "hold_p95_us": held.us_p95,
        }
        return figures if held.pieces else {}


def event(
    kind: str,
    tally: Tally,
    *,
    policy: PolicySet,
    context: Context,
    facts: Mapping[str, str | int | Mapping[str, int]],
) -> Event:
    """Return what is to be recorded: the tally, the policy in force, and where the text was going."""
    place = {name: value for name in _CONTEXT if (value := getattr(context, name))}
    return Event(
        type=kind,
        policy=policy.digest,
        retention="ledger",
        keep=policy.keep("ledger"),
        findings={entity: dict(actions) for entity, actions in tally.findings.items()},
        rules=dict(tally.rules),
        facts={**place, **tally.facts(), **facts},
        who={name: value for name in _WHO if (value := getattr(context, name))},
    )
