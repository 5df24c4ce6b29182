"""The findings of `guardrail check` that need no other part: what is wrong or doubtful in a valid policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.entities import ENTITIES
from guardrail.policy.actions import REVERSIBLE, nearest
from guardrail.policy.clauses import clauses
from guardrail.policy.keeping import keeping
from guardrail.policy.placed import Placed, placed
from guardrail.policy.reach import reach
from guardrail.policy.standing import standing
from guardrail.types import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from guardrail.policy.decide import Document, PolicySet
    from guardrail.policy.position import Path
    from guardrail.policy.problem import Problem, Severity

__all__ = ["COARSER", "lint"]

# What `generalize` has a coarser form for, beside the entities of a user's own.
COARSER: Final = frozenset({"DATE_TIME", "AGE", "ADDRESS", "LOCATION", "IP_ADDRESS"})
# Where a token is given out that an answer may bring back.
ASKING: Final = frozenset({"prompt", "tool", "document"})
_RISKS: Final = {
    "unlisted": ("allow", "everything that no rule names passes", 'write unlisted = "redact"'),
    "on_error": ("pass", "what could not be looked at passes", 'write on_error = "block"'),
    "on_unreadable": ("pass", "images and unknown files pass unseen", 'write on_unreadable = "block"'),
    "unknown_field": (
        "pass",
        "fields that the protocol map does not know pass",
        'write unknown_field = "scrub"',
    ),
}


def lint(policies: PolicySet, *, detectable: frozenset[str], today: date) -> tuple[Problem, ...]:
    """Return what is wrong or doubtful in policies that are loaded together.

    `detectable` is what the installed recognizers find; `today` decides what has
    expired. Not looked at here: the policies' own examples, which need a detector
    (see `examples.judge`).
    """
    found: list[Problem] = []
    for document in policies.documents:
        rules = placed(document)
        found += _header(document, today)
        found += [problem for rule in rules for problem in _rule(rule, detectable)]
        found += _lists(document, detectable)
        found += reach(document, rules)
    found += keeping(policies)
    found += clauses(policies)
    return tuple(found)


def _header(document: Document, today: date) -> Iterator[Problem]:
    policy = document.policy
    if policy.review_by is None:
        yield document.problem(
            ("name",),
            "the policy says no date for its review",
            "write review_by = 2027-03-31",
            severity="note",
        )
    elif policy.review_by < today:
        yield document.problem(
            ("review_by",),
            f"the review was due on {policy.review_by}",
            "review the policy, then move review_by",
            severity="warning",
        )
    if policy.mode == "shadow":
        yield document.problem(
            ("mode",), "shadow mode: everything is recorded and nothing is changed", severity="note"
        )
    for name, (value, meaning, advice) in _RISKS.items():
        if getattr(policy.defaults, name) == value:
            message = f'{name} = "{value}": {meaning}'
            yield document.problem(("defaults", name), message, advice, severity="warning")


def _rule(rule: Placed, detectable: frozenset[str]) -> Iterator[Problem]:
    if not rule.rule.why:
        yield rule.problem("the rule says no why", "write it for the person who asks", severity="note")
    for entity in rule.rule.find:
        yield from _entity(rule, entity, detectable)
    yield from _restore(rule)
    yield from standing(rule)
    if rule.rule.action.type == "generalize":
        yield from _generalize(rule)


def _lists(document: Document, detectable: frozenset[str]) -> Iterator[Problem]:
    """Look at allow lists and hot words; nothing of a list is repeated, it may be personal data."""
    policy = document.policy
    named = [(("allow", at), one.find) for at, one in enumerate(policy.allow)]
    named += [(("hot", at), one.find) for at, one in enumerate(policy.hot)]
    for path, entities in named:
        for entity in entities:
            yield from _entity(_Listed(document, path), entity, detectable)
    values = sum(len(one.values) for one in policy.allow)
    if values:
        yield document.problem(
            ("allow", 0),
            f"{values} allowed value{'s' if values != 1 else ''}: they stand in the ledger and in evidence "
            "packs with the policy's file",
            "list what belongs to a role or a house, not people",
            severity="note",
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    """A table of an allow list or of hot words, as a place of problems."""

    document: Document
    path: Path

    def problem(
        self, message: str, advice: str = "", *, key: str = "", word: str = "", severity: Severity = "error"
    ) -> Problem:
        """Return a problem at one of the table's keys or words."""
        return self.document.problem((*self.path, key), message, advice, word=word, severity=severity)


def _entity(rule: Placed | _Listed, entity: str, detectable: frozenset[str]) -> Iterator[Problem]:
    if entity in detectable:
        return
    if entity in ENTITIES:
        yield rule.problem(
            f"no installed recognizer finds {entity}",
            "`guardrail doctor` shows what is installed; until then this entity passes unseen",
            key="find",
            word=entity,
            severity="warning",
        )
        return
    known = tuple(sorted(detectable | ENTITIES.keys()))
    yield rule.problem(
        f"unknown entity '{entity}': nothing finds it",
        f"{nearest(entity, known, 'entities')}; or register a recognizer of your own",
        key="find",
        word=entity,
    )


def _restore(rule: Placed) -> Iterator[Problem]:
    if not rule.rule.restore:
        return
    kind = rule.rule.action.type
    if kind not in REVERSIBLE:
        yield rule.problem(
            f"nothing comes back from '{kind}', so restore has no effect",
            f"use one of: {', '.join(sorted(REVERSIBLE))}",
            key="restore",
        )
    elif not ASKING & set(rule.rule.where):
        yield rule.problem(
            f"restore has no effect: no answer comes back to {', '.join(rule.rule.where)}",
            f"tokens come back from {', '.join(c for c in CHANNELS if c in ASKING)}",
            key="restore",
            severity="warning",
        )


def _generalize(rule: Placed) -> Iterator[Problem]:
    banded = "band" in dict(rule.rule.action.options)
    for entity in rule.rule.find:
        if entity in COARSER or (entity not in ENTITIES and banded):
            continue
        yield rule.problem(
            f"{entity} has no coarser form, so 'generalize' redacts it",
            'write action = "redact"; numbers of your own entities need { type = "generalize", band = 10 }',
            key="action",
            severity="warning",
        )
