"""From a finding to a decision: first match inside a policy, strictest between policies.

The rules, as officers know them (policies/README.md), and what they mean here:

1. Inside a policy, the first rule that matches decides: it names the entity and
   the channel, and the finding is at least as sure as its `min_score`.
2. Between policies, and between a policy and its scopes, the strictest matching
   rule decides. A value comes back only where *all* of them let it come back.
3. `unlisted` applies only if no policy has a rule for the entity *in this channel*.
   A rule for prompts says nothing about logs: otherwise naming PERSON for prompts
   would let names pass in logs.

A finding that no policy counts (it is weaker than every `min_score` that applies)
has no decision. Deciding is pure: the same arguments give the same answer.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal

from guardrail import crypto
from guardrail.errors import PolicyError
from guardrail.policy.exceptions import Exceptions, weigh
from guardrail.policy.faults import place
from guardrail.policy.model import SETTINGS
from guardrail.policy.plan import active, all_rules, make_plan
from guardrail.policy.position import Source
from guardrail.policy.problem import Problem
from guardrail.policy.retention import CLASSES, DEFAULTS, compose, seconds
from guardrail.policy.scopes import FIELDS
from guardrail.types import Context, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.policy.model import Policy, Rule
    from guardrail.policy.plan import Plan
    from guardrail.policy.position import Path
    from guardrail.policy.problem import Severity
    from guardrail.types import Channel, Finding

__all__ = ["Document", "Example", "PolicySet"]

Setting = Literal["on_error", "on_unreadable", "unknown_field", "stream"]
CACHED: Final = 4_096
_place = attrgetter(*FIELDS)


@dataclass(frozen=True, slots=True)
class Document:
    """A policy as it was loaded: the bytes of its file, their SHA-256, and what they say."""

    name: str
    version: str
    digest: bytes
    source: bytes = field(repr=False)
    title: str
    file: str
    policy: Policy = field(repr=False)

    @classmethod
    def of(cls, policy: Policy, *, source: bytes, file: str) -> Document:
        """Bind a policy to the bytes that it was read from."""
        digest = crypto.digest(source)
        return cls(policy.name, policy.version, digest, source, policy.title, file, policy)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return every rule, those of the scopes last."""
        return all_rules(self.policy)

    def problem(
        self, path: Path, message: str, advice: str = "", *, word: str = "", severity: Severity = "error"
    ) -> Problem:
        """Return a problem that points at `path` in the file, or at a word there."""
        raw, index = _indexed(self.source)
        at = place(path, raw, index.find(path, word))
        return Problem(self.file, at, message, advice, severity)


@dataclass(frozen=True, slots=True)
class Example:
    """A policy's own test: `text` in channel `where` becomes `expect`, or is blocked.

    In `expect`, `<PERSON_*>` stands for any token of that entity, `<PERSON:h1:*>` and
    `<PERSON:1*>` for its hash and its sealed form; every other `*` is itself.
    """

    policy: str
    text: str = field(repr=False)
    where: Channel
    expect: str = field(repr=False)
    blocked: bool = False
    context: Context = field(default_factory=Context)
    file: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class PolicySet:
    """One or several policies that decide together. Immutable and safe to share.

    A policy in shadow mode decides nothing while another is in force.
    """

    documents: tuple[Document, ...]
    _scoped: bool = field(default=False, repr=False, compare=False)
    _lists: tuple[Exceptions, ...] = field(default=(), repr=False, compare=False)
    _plans: dict[object, Plan] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> PolicySet:
        """Compose documents, in order of their names.

        Raises:
            PolicyError: two policies share a name, or there are none.
        """
        ordered = tuple(sorted(documents, key=lambda document: document.name))
        if not ordered:
            raise PolicyError("no policy is given", advice="name at least one policy file")
        for one, other in pairwise(ordered):
            if one.name == other.name:
                raise PolicyError(
                    f"{other.file}: a policy named '{one.name}' is already loaded from {one.file}",
                    advice="give each policy its own name; the ledger tells them apart by it",
                )
        live = [d.policy for d in ordered if d.policy.mode == "enforce"] or [d.policy for d in ordered]
        listed = any(policy.allow or policy.hot for policy in live)
        lists = tuple(Exceptions.of(policy) for policy in live) if listed else ()
        return cls(ordered, any(document.policy.scopes for document in ordered), _lists=lists)

    @property
    def digest(self) -> bytes:
        """Return the digest of the file, or of the digests of several in order of their names."""
        digests = [document.digest for document in self.documents]
        return digests[0] if len(digests) == 1 else crypto.digest(crypto.length_prefixed(*digests))

    @property
    def entities(self) -> frozenset[str]:
        """Return every entity that a rule names, scopes included."""
        return frozenset(e for d in self.documents for rule in d.rules for e in rule.find)

    @property
    def actions(self) -> frozenset[str]:
        """Return every action that a rule names, scopes included."""
        return frozenset(rule.action.type for d in self.documents for rule in d.rules)

    @property
    def min_score(self) -> float:
        """Return the least score from which a finding counts anywhere in these policies."""
        said = [
            *(d.policy.defaults.min_score for d in self.documents),
            *(scope.min_score for d in self.documents for scope in d.policy.scopes),
            *(rule.min_score for d in self.documents for rule in d.rules),
        ]
        return min(score for score in said if score is not None)

    @property
    def mode(self) -> Literal["enforce", "shadow"]:
        """Return "shadow" if every policy is in shadow mode: decide and record, change nothing."""
        return "shadow" if all(d.policy.mode == "shadow" for d in self.documents) else "enforce"

    @property
    def beside(self) -> PolicySet | None:
        """Return the policies in shadow beside others in force, to decide for comparison."""
        shadow = tuple(d for d in self.documents if d.policy.mode == "shadow")
        return PolicySet.of(shadow) if 0 < len(shadow) < len(self.documents) else None

    @property
    def examples(self) -> tuple[Example, ...]:
        """Return the policies' own tests; each is meant for its policy alone."""
        return tuple(
            Example(
                document.name,
                example.text,
                example.where,
                example.expect or "",
                example.blocked,
                Context(**example.context.model_dump()),
                document.file,
                document.problem(("examples", number, "text"), "").where,
            )
            for document in self.documents
            for number, example in enumerate(document.policy.examples)
        )

    def decide(
        self, finding: Finding, *, channel: Channel, context: Context, allowed: frozenset[str] = frozenset()
    ) -> Decision | None:
        """Return what happens to `finding`, or None where it is weaker than every `min_score`.

        `allowed` names the policies whose allow lists hold the value (see `weigh`).
        """
        for best in self._plan(finding.entity, channel, context, allowed):
            if finding.score >= best.min_score:
                return Decision(finding, best.action, best.policy, best.rule, best.controls, best.restore)
        return None

    def weigh(self, text: str, findings: Iterable[Finding]) -> Iterator[tuple[Finding, frozenset[str]]]:
        """Yield each finding of `text`, its score as hot words make it, with the policies that allow it."""
        if self._lists:
            yield from weigh(self._lists, text, findings)
        else:
            yield from ((finding, frozenset()) for finding in findings)

    def setting(self, name: Setting, context: Context) -> str:
        """Return the strictest `on_error`, `on_unreadable`, `unknown_field` or `stream` that holds here."""
        said = [
            value
            for d in self.in_force()
            for part in (d.policy.defaults, *active(d.policy, context))
            if (value := getattr(part, name)) is not None
        ]
        return str(max(said, key=SETTINGS[name].index))

    def keep(self, retention_class: str) -> int:
        """Return for how many seconds a class of record is kept; 0 is never.

        Raises:
            PolicyError: no class of that name.
        """
        if retention_class not in CLASSES:
            raise PolicyError(
                f"unknown retention class '{retention_class}'", advice=f"classes: {', '.join(CLASSES)}"
            )
        said = [k for d in self.in_force() if (k := d.policy.retention.get(retention_class)) is not None]
        return compose(said) if said else seconds(DEFAULTS[retention_class])

    def in_force(self) -> tuple[Document, ...]:
        """Return the policies that decide: all that are not in shadow, or all where all are."""
        live = tuple(d for d in self.documents if d.policy.mode == "enforce")
        return live or self.documents

    def _plan(self, entity: str, channel: Channel, context: Context, allowed: frozenset[str]) -> Plan:
        """Return what decides, by falling score.

        The plans are kept: a prompt has many findings of few kinds. The number is
        bounded, since routes and tenants come from outside.
        """
        key = (entity, channel, _place(context) if self._scoped else (), allowed)
        plan = self._plans.get(key)
        if plan is None:
            policies = [document.policy for document in self.in_force()]
            plan = make_plan(policies, entity=entity, channel=channel, context=context, allowed=allowed)
            if len(self._plans) >= CACHED:
                self._plans.clear()
            self._plans[key] = plan
        return plan


@lru_cache(maxsize=64)
def _indexed(source: bytes) -> tuple[dict[str, object], Source]:
    text = source.decode("utf-8-sig").replace("\r\n", "\n")
    return tomllib.loads(text), Source(text)
