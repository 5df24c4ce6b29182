"""Clauses that a policy breaks by what its rules do together: PCI DSS and HIPAA Safe Harbor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.policy.placed import placed
from guardrail.types import CHANNELS, Context, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.policy.decide import PolicySet
    from guardrail.policy.placed import Placed
    from guardrail.policy.problem import Problem

__all__ = ["clauses"]

CARD: Final = "CREDIT_CARD"
CODE: Final = "CARD_SECURITY_CODE"
MAX_LAST: Final = 4
GONE: Final = frozenset({"redact", "block"})
SAFE_HARBOR: Final = "164.514(b)(2)"


def clauses(policies: PolicySet) -> Iterator[Problem]:
    """Yield what breaks a clause, over all policies that are loaded together."""
    rules = [rule for document in policies.documents for rule in placed(document)]
    yield from _cards(rules)
    yield from _codes(policies, rules)
    yield from _safe_harbor(policies, rules)


def _cards(rules: Sequence[Placed]) -> Iterator[Problem]:
    """Find a card that is shown too far, or both masked and hashed.

    PCI DSS 3.4.1: at most the BIN and the last four digits. 3.5.1: with a hash and a
    masked form of one number, the missing digits can be tried out.
    """
    cards = [rule for rule in rules if CARD in rule.rule.find]
    masks = [rule for rule in cards if rule.rule.action.type == "mask" and rule.rule.action.options]
    hashes = [rule for rule in cards if rule.rule.action.type == "hash"]
    for rule in masks:
        if int(rule.rule.action.option("keep_last", 0)) > MAX_LAST:
            yield rule.problem(
                "the mask shows more than the last four digits of a card (PCI DSS 3.4.1)",
                "write keep_last = 4",
                key="action",
            )
    if masks and hashes:
        other = masks[0]
        yield hashes[0].problem(
            f"a card is hashed here and masked by rule '{other.rule.id}' of policy "
            f"'{other.document.name}': together they give the number away (PCI DSS 3.5.1)",
            "use one of the two everywhere",
            key="action",
        )


def _codes(policies: PolicySet, rules: Sequence[Placed]) -> Iterator[Problem]:
    """Find a security code that anything is left of (PCI DSS 3.3.1)."""
    advice = "redact it, or block the text; not even an encrypted code may be stored"
    for rule in rules:
        if CODE in rule.rule.find and rule.rule.action.type not in GONE:
            yield rule.problem(
                f"'{rule.rule.action.type}' keeps a card's security code (PCI DSS 3.3.1)",
                advice,
                key="action",
            )
    finding = Finding(0, 1, CODE, 1.0, "lint")
    for channel in CHANNELS:
        decision = policies.decide(finding, channel=channel, context=Context())
        if decision is not None and decision.rule == "unlisted" and decision.action.type not in GONE:
            document = next(d for d in policies.documents if d.name == decision.policy)
            yield document.problem(
                ("defaults", "unlisted"),
                f"no rule names {CODE} for '{channel}', and unlisted keeps it (PCI DSS 3.3.1)",
                advice,
            )


def _safe_harbor(policies: PolicySet, rules: Sequence[Placed]) -> Iterator[Problem]:
    """Find codes that are derived from the person's data under Safe Harbor (164.514(c)(1))."""
    under = {
        document.name
        for document in policies.documents
        for rule in document.rules
        if any(SAFE_HARBOR in clause for clause in rule.controls)
    }
    for rule in rules:
        if rule.document.name not in under:
            continue
        kind = rule.rule.action.type
        if kind == "hash":
            yield rule.problem(
                "a hash is derived from the person's own data, which Safe Harbor does not allow "
                "(45 CFR 164.514(c)(1))",
                "redact or generalize",
                key="action",
            )
        elif kind in {"tokenize", "encrypt"}:
            yield rule.problem(
                f"'{kind}' leaves a code that can be turned back; under Safe Harbor it may not be derived "
                "from the person's data nor disclosed with its key (45 CFR 164.514(c) †)",
                "redact or generalize",
                key="action",
                severity="warning",
            )
