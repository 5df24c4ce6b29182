"""Rules that can never decide, or not where they say: an earlier or stricter rule comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.types import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.policy.decide import Document
    from guardrail.policy.placed import Placed
    from guardrail.policy.problem import Problem

__all__ = ["reach"]


def reach(document: Document, rules: Sequence[Placed]) -> Iterator[Problem]:
    """Yield a problem for each rule that never decides, wholly or for an entity or channel."""
    groups: dict[int | None, list[Placed]] = {}
    for rule in rules:
        groups.setdefault(rule.scope, []).append(rule)
    for group in groups.values():
        for number, rule in enumerate(group):
            yield from _shadowed(document, rule, group[:number])
    base = groups.get(None, [])
    for rule in rules:
        if rule.scope is not None:
            yield from _outdone(document, rule, base)


def _shadowed(document: Document, rule: Placed, earlier: Sequence[Placed]) -> Iterator[Problem]:
    """Find the entities and channels of `rule` that earlier rules of the same list take whole."""
    pairs = {
        (entity, channel): first
        for entity in rule.rule.find
        for channel in rule.rule.where
        if (first := _first(document, rule, earlier, (entity, channel))) is not None
    }
    if len(pairs) == len(rule.rule.find) * len(rule.rule.where):
        names = ", ".join(dict.fromkeys(f"'{other.rule.id}'" for other in pairs.values()))
        yield rule.problem(
            f"this rule never decides: {names} comes first",
            "move it up, or remove it; the first match decides",
        )
        return
    for entity in rule.rule.find:
        taken = [pairs[pair] for pair in pairs if pair[0] == entity]
        if len(taken) == len(rule.rule.where):
            yield rule.problem(
                f"{entity} never reaches this rule: '{taken[0].rule.id}' comes first",
                "remove it from one of the two",
                key="find",
                word=entity,
                severity="warning",
            )
    if "where" not in rule.rule.model_fields_set:
        return  # "everywhere else" is a good thing to say, and says nothing of one channel
    for channel in rule.rule.where:
        taken = [pairs[pair] for pair in pairs if pair[1] == channel]
        if len(taken) == len(rule.rule.find):
            yield rule.problem(
                f"this rule never decides in the channel '{channel}': '{taken[0].rule.id}' comes first",
                "remove the channel from one of the two",
                key="where",
                word=channel,
                severity="warning",
            )


def _first(
    document: Document, rule: Placed, earlier: Sequence[Placed], pair: tuple[str, str]
) -> Placed | None:
    """Return the earlier rule that takes every finding of `pair` before `rule` can."""
    entity, channel = pair
    default = document.policy.defaults.min_score
    own = default if rule.rule.min_score is None else rule.rule.min_score
    for other in earlier:
        score = default if other.rule.min_score is None else other.rule.min_score
        if entity in other.rule.find and channel in other.rule.where and score <= own:
            return other
    return None


def _outdone(document: Document, rule: Placed, base: Sequence[Placed]) -> Iterator[Problem]:
    """Find a scope's rule that is milder than what the policy does anyway."""
    own = ACTIONS.index(rule.rule.action.type)
    stricter: list[Placed] = []
    for entity in rule.rule.find:
        for channel in rule.rule.where:
            other = _first(document, rule, base, (entity, channel))
            if other is None or other.rule.action.rank <= own:
                return
            stricter.append(other)
    yield rule.problem(
        f"the scope's rule has no effect: '{stricter[0].rule.id}' is stricter already",
        "a scope may be stricter, never weaker",
        key="action",
        severity="warning",
    )
