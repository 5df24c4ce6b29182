"""Every rule of a document with its place in the file, for messages that point at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrail.policy.decide import Document
    from guardrail.policy.model import Rule
    from guardrail.policy.position import Path
    from guardrail.policy.problem import Problem, Severity

__all__ = ["Placed", "placed"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule, the document that it is in, and its path there; `scope` counts from 0."""

    document: Document
    rule: Rule
    path: Path
    scope: int | None = None

    def problem(
        self, message: str, advice: str = "", *, key: str = "", word: str = "", severity: Severity = "error"
    ) -> Problem:
        """Return a problem at this rule, or at one of its keys or words."""
        path = (*self.path, key) if key else (*self.path, "id")
        return self.document.problem(path, message, advice, word=word, severity=severity)


def placed(document: Document) -> list[Placed]:
    """Return the rules of the policy in order, then those of its scopes."""
    own = [Placed(document, rule, ("rules", i)) for i, rule in enumerate(document.policy.rules)]
    scoped = [
        Placed(document, rule, ("scopes", s, "rules", i), scope=s)
        for s, scope in enumerate(document.policy.scopes)
        for i, rule in enumerate(scope.rules)
    ]
    return own + scoped
