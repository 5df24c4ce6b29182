"""Scopes: where a policy is stricter. Matching them, and refusing those that weaken."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from guardrail.policy.faults import place
from guardrail.policy.model import SETTINGS
from guardrail.policy.problem import Problem
from guardrail.types import ACTIONS

if TYPE_CHECKING:
    from guardrail.policy.model import Defaults, Policy, Rule, Scope, When
    from guardrail.policy.position import Path, Source
    from guardrail.types import Context

__all__ = ["FIELDS", "matches", "weaknesses"]

FIELDS: Final = ("route", "model", "provider", "region", "tenant", "role", "purpose")


def matches(when: When, context: Context) -> bool:
    """Tell whether every pattern of `when` fits; letter case does not count.

    A condition that is missed by its case would leave the laxer rules in force.
    """
    return all(
        _pattern(glob).fullmatch(str(getattr(context, name)).casefold()) is not None
        for name in FIELDS
        if (glob := getattr(when, name)) is not None
    )


@lru_cache(maxsize=4_096)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in glob.casefold().split("*")), re.DOTALL)


def weaknesses(policy: Policy, index: Source, file: str) -> list[Problem]:
    """Return a problem for each setting in which a scope is laxer, and for each id given twice."""
    found = [
        Problem(file, _at(index, number, key), message, "a scope may be stricter, never weaker; leave it out")
        for number, scope in enumerate(policy.scopes)
        for key, message in _weaker(scope, policy.defaults)
    ]
    return found + _twice(policy, index, file)


def _at(index: Source, number: int, key: str) -> str:
    path = ("scopes", number, key)
    return place(path, {}, index.find(path))


def _weaker(scope: Scope, defaults: Defaults) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    if scope.min_score is not None and scope.min_score > defaults.min_score:
        said.append(("min_score", f"min_score {scope.min_score} is weaker than {defaults.min_score}"))
    if scope.unlisted is not None and ACTIONS.index(scope.unlisted) < ACTIONS.index(defaults.unlisted):
        said.append(("unlisted", f"unlisted '{scope.unlisted}' is weaker than '{defaults.unlisted}'"))
    for name, order in SETTINGS.items():
        own, base = getattr(scope, name), getattr(defaults, name)
        if own is not None and order.index(own) < order.index(base):
            said.append((name, f"{name} '{own}' is weaker than '{base}'"))
    return said


def _twice(policy: Policy, index: Source, file: str) -> list[Problem]:
    """Find ids that two rules share: the ledger could not say which of them decided."""
    seen: set[str] = set()
    found = []
    paths: list[tuple[Path, Rule]] = [(("rules", i), rule) for i, rule in enumerate(policy.rules)]
    paths += [
        (("scopes", s, "rules", i), rule)
        for s, scope in enumerate(policy.scopes)
        for i, rule in enumerate(scope.rules)
    ]
    for path, rule in paths:
        if rule.id in seen:
            at = f"({index.find((*path, 'id'))})"
            found.append(Problem(file, at, f"two rules have the id '{rule.id}'", "give each rule its own id"))
        seen.add(rule.id)
    return found
