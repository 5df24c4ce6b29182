"""The rules that compete for one entity in one channel, worked out once and kept.

A chain is what one policy, or one of its active scopes, says in order; the first
link that a finding is sure enough for is that chain's candidate. Between the
chains' candidates the strictest decides. Who wins depends on the finding's score
alone, so a plan lists the winners by falling score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from guardrail.policy.actions import REVERSIBLE
from guardrail.policy.exceptions import ALLOWED
from guardrail.policy.scopes import matches
from guardrail.types import ACTIONS, Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.policy.model import Policy, Rule, Scope
    from guardrail.types import Channel, Context

__all__ = ["UNLISTED", "Candidate", "Chain", "Plan", "active", "all_rules", "hides", "make_plan"]

UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a rule does with an entity in a channel, for findings from `min_score` upwards."""

    min_score: float
    action: Action
    policy: str
    rule: str
    controls: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()


Chain: TypeAlias = tuple[Candidate, ...]
# What decides from each score upwards, the highest score first.
Plan: TypeAlias = tuple[Candidate, ...]


def make_plan(
    policies: Iterable[Policy],
    *,
    entity: str,
    channel: Channel,
    context: Context,
    allowed: frozenset[str] = frozenset(),
) -> Plan:
    """Return what decides about an entity in a channel, by falling score; empty where nothing applies.

    A scope only ever adds chains. `unlisted` gives way to the rules of a policy,
    never to those of a scope: a scope that names an entity with a mild action
    would otherwise weaken the policy around it. A policy in `allowed` lets the value
    be, scopes and all; it still counts as naming the entity.
    """
    named: list[Chain] = []
    added: list[Chain] = []
    unlisted: list[Chain] = []
    for policy in policies:
        scopes = active(policy, context)
        low = min([policy.defaults.min_score, *(s.min_score for s in scopes if s.min_score is not None)])
        own = _own(policy, entity=entity, channel=channel, low=low)
        if policy.name in allowed:
            (named if any(own) else unlisted).append((Candidate(low, Action("allow"), policy.name, ALLOWED),))
            continue
        named += own
        added += [_chain(policy.name, s.rules, entity=entity, channel=channel, default=low) for s in scopes]
        unlisted += _unlisted(policy, scopes, low)
    found = [chain for chain in named if chain]
    chains = [chain for chain in (*(found or unlisted), *added) if chain]
    scores = sorted({candidate.min_score for chain in chains for candidate in chain}, reverse=True)
    return tuple(_winner(chains, score) for score in scores)


def active(policy: Policy, context: Context) -> tuple[Scope, ...]:
    """Return the scopes of `policy` that hold in `context`."""
    return tuple(scope for scope in policy.scopes if matches(scope.when, context))


def all_rules(policy: Policy) -> tuple[Rule, ...]:
    """Return every rule of `policy`, those of its scopes last."""
    return (*policy.rules, *(rule for scope in policy.scopes for rule in scope.rules))


def _winner(chains: Iterable[Chain], score: float) -> Candidate:
    """Return what decides about findings of `score` and up to the next higher one."""
    matched = [next((c for c in chain if score >= c.min_score), None) for chain in chains]
    candidates = [candidate for candidate in matched if candidate is not None]
    best = min(candidates, key=_order)
    back = _destinations(candidates) if best.action.type in REVERSIBLE else ()
    return replace(best, min_score=score, restore=back)


def _order(candidate: Candidate) -> tuple[int, int, str, str]:
    """Return the sorting key by which the strictest candidate comes first.

    Of equal actions the one that shows less comes first, then the name decides, so
    that the order in which policies were given never matters.
    """
    return (-candidate.action.rank, -hides(candidate.action), candidate.policy, candidate.rule)


def _destinations(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return where a token may become its value again: where every candidate agrees.

    A policy that only allows has no objection. One that would have masked the value
    has: it hides it from the user's screen too, and so it stays hidden.
    """
    said = [c.restore if c.action.type in REVERSIBLE else () for c in candidates if c.action.type != "allow"]
    common = set(said[0])
    for other in said[1:]:
        common = {one for one in common if _covered(one, other)} | {
            one for one in other if _covered(one, common)
        }
    return tuple(sorted(common))


def _covered(one: str, patterns: Iterable[str]) -> bool:
    """Tell whether a pattern stands for all that `one` stands for; '*' is the only wildcard."""
    return any(fnmatchcase(one, pattern) for pattern in patterns)


def _own(policy: Policy, *, entity: str, channel: Channel, low: float) -> list[Chain]:
    """Return the policy's own chain and, under a scope that lowers `min_score`, the lowered one.

    Both compete: with a lower score an earlier and milder rule may match first, and
    the scope would have weakened the policy.
    """
    default = policy.defaults.min_score
    chain = _chain(policy.name, policy.rules, entity=entity, channel=channel, default=default)
    if low == default:
        return [chain]
    lowered = tuple(
        Candidate(min(c.min_score, low), c.action, c.policy, c.rule, c.controls, c.restore) for c in chain
    )
    return [chain, lowered]


def _chain(policy: str, rules: Iterable[Rule], *, entity: str, channel: Channel, default: float) -> Chain:
    return tuple(
        Candidate(
            default if rule.min_score is None else rule.min_score,
            rule.action,
            policy,
            rule.id,
            rule.controls,
            rule.restore,
        )
        for rule in rules
        if entity in rule.find and channel in rule.where
    )


def _unlisted(policy: Policy, scopes: Iterable[Scope], low: float) -> list[Chain]:
    """Return what the policy does with what no rule names, the scopes' stricter wish included."""
    words = [policy.defaults.unlisted, *(s.unlisted for s in scopes if s.unlisted is not None)]
    strictest = max(words, key=ACTIONS.index)
    return [(Candidate(low, Action(strictest), policy.name, UNLISTED),)]


def hides(action: Action) -> int:
    """Return how much an action hides, beside others of its type."""
    options = dict(action.options)
    if action.type == "mask":
        return -(int(options.get("keep_first", 0)) + int(options.get("keep_last", 0)))
    if action.type == "generalize":
        year = options.get("date") == "year"
        return 4 * ("rules" in options) + 2 * year + (int(options.get("band", 10)) > 10)
    if action.type == "shift":
        return int(options.get("days", 365)) // 7
    if action.type == "encrypt":
        return int(options.get("form") == "envelope")  # equal values do not look alike then
    return int(action.type == "redact" and options.get("label") is False)
