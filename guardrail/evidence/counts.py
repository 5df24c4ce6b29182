"""The figures of a span, summed from the headers of its entries: `counts.json`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from guardrail.evidence.span import day

if TYPE_CHECKING:
    from guardrail.canonical import Canonical
    from guardrail.evidence.documents import PolicySets
    from guardrail.ledger.header import Header

__all__ = ["Counts"]

OPENING: Final = "exchange.request"
CLOSING: Final = "exchange.response"
# What the ledger writes of itself is under no policy, and needs none.
OWN_AREAS: Final = frozenset(
    {"writer", "clock", "policy", "ledger", "vault", "key", "config", "detector"}
    | {"retention", "hold", "erasure"}
)
# Bytes that went on without a detector having seen them. What a protocol declares structural is no text.
LOOKED_AWAY: Final = "passed"
STRUCTURAL: Final = frozenset({"structural"})
# Numbers that name something instead of counting it.
NO_SUMS: Final = frozenset({"opening", "index", "size", "status"})


class Counts:
    """Sums over entries; `add` each header once, then take the `table`."""

    def __init__(self) -> None:
        self._entries = 0
        self._types: Counter[str] = Counter()
        self._days: dict[str, Counter[str]] = {}
        self._findings: dict[str, Counter[str]] = {}
        self._rules: dict[str, Counter[str]] = {}  # by the digest in force
        self._outcomes: Counter[str] = Counter()
        self._facts: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()  # the same: findings that did not go on as they were
        self._in_force: dict[str, tuple[int, int, int]] = {}
        self._gaps: Counter[str] = Counter()

    def add(self, header: Header) -> None:
        """Add one entry."""
        self._entries += 1
        self._types[header.type] += 1
        found = sum(sum(actions.values()) for actions in header.findings.values())
        self._days.setdefault(day(header.time_us), Counter()).update(entries=1, findings=found)
        for entity, actions in header.findings.items():
            self._findings.setdefault(entity, Counter()).update(actions)
            self._changed[header.policy.hex()] += sum(n for action, n in actions.items() if action != "allow")
        self._add_facts(header)
        self._add_policy(header)

    @property
    def policies(self) -> frozenset[str]:
        """Return the digests, in hex, that the entries name."""
        return frozenset(self._in_force)

    def table(self, policies: PolicySets) -> dict[str, Canonical]:
        """Return the figures as they stand in `counts.json`.

        Raises:
            ValueError: `policies` are not exactly those that the entries name.
        """
        if self.policies != policies.sets.keys():
            raise ValueError("the policies are not those that the entries name")
        rules: Counter[str] = sum(self._rules.values(), Counter())
        acted, controls = self._by_document(policies)
        return {
            "entries": self._entries,
            "types": dict(self._types),
            "days": {
                name: {"entries": n["entries"], "findings": n["findings"]} for name, n in self._days.items()
            },
            "findings": {entity: dict(actions) for entity, actions in self._findings.items()},
            "changed": sum(n for key, n in self._changed.items() if not policies.watches_only(key)),
            "rules": dict(rules),
            "controls": dict(controls),
            "acted": {document: dict(counts) for document, counts in acted.items()},
            "outcomes": dict(+self._outcomes),
            "facts": dict(self._facts),
            "policies": {
                key: {"entries": n, "first": first, "last": last}
                for key, (n, first, last) in self._in_force.items()
            },
            "gaps": dict(self._gaps + self._late_gaps(policies)),
        }

    def _by_document(self, policies: PolicySets) -> tuple[dict[str, Counter[str]], Counter[str]]:
        """Return how often each rule of each document acted, and each control was served."""
        acted: dict[str, Counter[str]] = {}
        controls: Counter[str] = Counter()
        for key, rules in self._rules.items():
            for name, n in rules.items():
                policy, _, id_ = name.partition("/")
                document = policies.named(key, policy)
                if document is None:
                    continue
                acted.setdefault(document.digest, Counter())[id_] += n
                rule = document.rule(id_)
                controls.update(dict.fromkeys(rule.controls if rule else (), n))
        return acted, controls

    def _late_gaps(self, policies: PolicySets) -> Counter[str]:
        """Return the gaps that no single entry shows."""
        unclosed = self._types[OPENING] - self._types[CLOSING]
        watched = (n for key, (n, _, _) in self._in_force.items() if policies.watches_only(key))
        return Counter(unclosed=max(unclosed, 0), clock=self._types["clock.step"], shadow=sum(watched))

    def _add_facts(self, header: Header) -> None:
        for name, value in header.facts.items():
            if isinstance(value, int):
                self._facts[name] += 0 if name in NO_SUMS else value
            elif not isinstance(value, str):
                self._facts.update({f"{name}.{word}": n for word, n in value.items()})
        outcome = header.facts.get("outcome")
        if isinstance(outcome, str):
            self._outcomes[outcome] += 1
            self._gaps[outcome] += outcome in {"error", "disconnected"}
        self._outcomes["blocked"] += header.type == "scrub.blocked"
        passed = header.facts.get(LOOKED_AWAY)
        if not isinstance(passed, int | str | None):
            self._gaps["unread"] += sum(n for why, n in passed.items() if why not in STRUCTURAL)
        for name in ("failed", "dropped"):
            lost = header.facts.get(name)
            self._gaps[name] += lost if isinstance(lost, int) else 0

    def _add_policy(self, header: Header) -> None:
        key = header.policy.hex()
        if not key:
            self._gaps["no_policy"] += header.type.partition(".")[0] not in OWN_AREAS
            return
        n, first, _ = self._in_force.get(key, (0, header.time_us, 0))
        self._in_force[key] = (n + 1, first, header.time_us)
        self._rules.setdefault(key, Counter()).update(header.rules)
