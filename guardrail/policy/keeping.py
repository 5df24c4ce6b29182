"""Retention that contradicts itself, another policy, or a clause that the policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.policy.retention import CLASSES, DEFAULTS, seconds, shortest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.policy.decide import Document, PolicySet
    from guardrail.policy.model import Keep
    from guardrail.policy.problem import Problem, Severity

__all__ = ["keeping"]


class Floor(NamedTuple):
    """How long a clause wants the record kept, for policies whose controls name it."""

    named: str
    at_least: str
    clause: str
    severity: Severity = "error"


FLOORS: Final = (
    Floor("EU AI Act", "6 months", "EU AI Act Art. 19(1) and 26(6)"),
    Floor("PCI DSS", "12 months", "PCI DSS 10.5.1"),
    Floor("11 CCR 7101", "24 months", "11 CCR 7101"),
    # HHS has not said whether raw logs are documentation in the sense of the clause.
    Floor("45 CFR 164.", "6 years", "45 CFR 164.316(b)(2)(i) †", "warning"),
)


def keeping(policies: PolicySet) -> Iterator[Problem]:
    """Yield the conflicts of each policy, and those between policies."""
    for document in policies.documents:
        for name in CLASSES:
            keep = document.policy.retention.get(name)
            if keep is not None:
                yield from _bounds(document, name, keep)
        yield from _floors(document)
    yield from _outlives(policies)
    yield from _between(policies)


def _bounds(document: Document, name: str, keep: Keep) -> Iterator[Problem]:
    if keep.at_least and seconds(keep.keep) < seconds(keep.at_least):
        yield document.problem(
            ("retention", name), f"{name} is kept {keep.keep}, but at least {keep.at_least} is asked for"
        )
    if keep.at_most and shortest(keep.keep) > shortest(keep.at_most):
        yield document.problem(
            ("retention", name), f"{name} is kept {keep.keep}, but at most {keep.at_most} is allowed"
        )


def _floors(document: Document) -> Iterator[Problem]:
    """Compare the ledger's time with the clauses that the policy itself names."""
    keep = document.policy.retention.ledger
    own = keep.keep if keep else DEFAULTS["ledger"]
    said = [clause for rule in document.rules for clause in rule.controls]
    said += [k.source for name in CLASSES if (k := document.policy.retention.get(name)) is not None]
    for floor in FLOORS:
        if seconds(own) < seconds(floor.at_least) and any(floor.named in clause for clause in said):
            yield document.problem(
                ("retention", "ledger"),
                f"the ledger is kept {own}, but {floor.clause} asks for {floor.at_least}",
                f'write ledger = {{ keep = "{floor.at_least}", at_least = "{floor.at_least}" }}',
                severity=floor.severity,
            )


def _outlives(policies: PolicySet) -> Iterator[Problem]:
    """Find values that outlive the record of what was done with them."""
    ledger = policies.keep("ledger")
    for name in ("vault", "content"):
        if policies.keep(name) > ledger:
            document = max(policies.documents, key=lambda d: _kept(d, name))
            yield document.problem(
                ("retention", name),
                f"{name} is kept longer than the ledger",
                "what was done with a value must be on record as long as the value is there",
            )


def _kept(document: Document, name: str) -> int:
    keep = document.policy.retention.get(name)
    return seconds(keep.keep) if keep else 0


def _between(policies: PolicySet) -> Iterator[Problem]:
    """Find a floor of one policy above the ceiling of another."""
    for name in CLASSES:
        said = [(d, k) for d in policies.documents if (k := d.policy.retention.get(name)) is not None]
        for document, ceiling in said:
            for other, floor in said:
                if document is other or not ceiling.at_most or not floor.at_least:
                    continue
                if shortest(floor.at_least) > shortest(ceiling.at_most):
                    yield document.problem(
                        ("retention", name),
                        f"{name} is kept at most {ceiling.at_most} here, "
                        f"but at least {floor.at_least} by policy '{other.name}'",
                        "do not load the two together; until then the longer time holds",
                    )
