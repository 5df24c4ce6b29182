"""What happens at every border, in one place: detect, decide, act.

`decide` turns passages into disjoint decisions; `act` carries one out. The
order matters twice. A finding is held against the policy before overlaps are
resolved: a guess too weak to count must not swallow a strong finding. And what
the policy allows never shields what it does not: an allowed finding is kept
only where no other overlaps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from guardrail import spans
from guardrail.errors import BlockedError, DetectionError, GuardrailError
from guardrail.operators import Tools, act, reveal
from guardrail.types import Decision, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardrail.policy import PolicySet
    from guardrail.types import Action, Channel, Context, Passage
    from guardrail.vault.keys import Keys
    from guardrail.vault.memory import TokenMap

__all__ = ["Border", "Detects"]

_OPERATOR_KEY: Final = 64  # bytes: enough for AES-256-SIV


class Detects(Protocol):
    """What a border needs of a detector."""

    entities: frozenset[str]
    versions: Mapping[str, str]

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...]]:
        """Return the findings of each passage; they may overlap."""
        ...


@dataclass(frozen=True, slots=True)
class Border:
    """A detector, a policy and the keys of its operators. Immutable and shared between exchanges."""

    detector: Detects
    policy: PolicySet
    keys: Keys

    def decide(
        self, passages: Sequence[Passage], *, channels: Sequence[Channel], context: Context
    ) -> list[tuple[Decision, ...]]:
        """Return, for each passage, disjoint decisions in the order of the text.

        Raises:
            DetectionError: the detector failed; the policy's `on_error` decides what follows.
        """
        if not passages:
            return []
        try:
            # Ours looks for a person of one passage in all of them; a detector of one's own need not.
            found = getattr(self.detector, "together", self.detector.detect)(passages)
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - a detector of one's own may raise anything
            raise DetectionError(
                f"the detector failed with {type(error).__name__}",
                advice="the policy's on_error decides what happens to the text",
            ) from None
        return [
            self._decide_one(passage.text, findings, channel=channel, context=context)
            for passage, findings, channel in zip(passages, found, channels, strict=True)
        ]

    def act(
        self,
        value: str,
        decision: Decision,
        *,
        tokens: TokenMap,
        restore: Iterable[str] | None,
        context: Context,
    ) -> str:
        """Return what stands in the place of `value`.

        `restore` names the destinations that may see it again; None for a value that
        the model brought: nobody gave it to us, and it is never restored.

        Raises:
            BlockedError: the decision blocks.
        """
        tools = Tools(
            issue=partial(tokens.issue, restore=restore),
            key=self._key(context),
            scope=context.tenant,
            stand=lambda *said, kind: tokens.standins.issue(*said, kind=kind, restore=restore),
            near=lambda purpose: tokens.standins.secret(purpose),  # noqa: PLW0108 - made when asked for first
            whose=self._whose(context),
        )
        return act(value, decision, tools)

    def reveal(self, form: str, entity: str, action: Action, *, context: Context) -> str:
        """Return the value of a form that a key opens: of `encrypt` or `fpe`, as the action says.

        Raises:
            OperatorError: it does not open, or is none of these.
            ConfigError: the library of `fpe` is not installed.
        """
        tools = Tools(issue=_no_token, key=self._key(context), scope=context.tenant)
        decision = Decision(Finding(0, len(form), entity, 1.0, "reveal"), action, policy="", rule="")
        return reveal(form, decision, tools)

    def _key(self, context: Context) -> Callable[[str], bytes]:
        return lambda purpose: self.keys.derive("operator", context.tenant, purpose, length=_OPERATOR_KEY)

    def _whose(self, context: Context) -> Callable[[str], bytes] | None:
        """Return the keys of the person whose dates are moved, else of the conversation, if one is known."""
        said = ("subject", context.subject) if context.subject else ("conversation", context.conversation)
        if not said[1]:
            return None
        return lambda purpose: self.keys.derive(
            "operator", context.tenant, purpose, *said, length=_OPERATOR_KEY
        )

    @staticmethod
    def refuse_blocked(decisions: Sequence[Decision]) -> None:
        """Raise `BlockedError` if a decision blocks."""
        for decision in decisions:
            if decision.action.type == "block":
                raise BlockedError(policy=decision.policy, rule=decision.rule, entity=decision.finding.entity)

    def _decide_one(
        self, text: str, findings: Sequence[Finding], *, channel: Channel, context: Context
    ) -> tuple[Decision, ...]:
        allowed: list[Decision] = []
        acted: list[tuple[Finding, int]] = []
        listed: dict[Finding, frozenset[str]] = {}
        for finding, names in self.policy.weigh(text, findings):
            decision = self.policy.decide(finding, channel=channel, context=context, allowed=names)
            if decision is None:
                continue
            if decision.action.type == "allow":
                allowed.append(decision)
            else:
                acted.append((finding, decision.action.rank))
                if names:
                    listed[finding] = names
        decisions = []
        for finding in spans.trim(text, spans.resolve(_strictest(acted))):
            # What resolving made of several findings is in nobody's allow list.
            names = listed.get(finding, frozenset())
            decision = self.policy.decide(finding, channel=channel, context=context, allowed=names)
            if decision is not None:
                decisions.append(decision)
        free = _outside(allowed, decisions)
        return tuple(sorted([*decisions, *free], key=lambda decision: decision.finding.start))


def _strictest(acted: Sequence[tuple[Finding, int]]) -> list[Finding]:
    """Return the findings; of those with one span, the ones with the strictest action.

    An encoded run holds several values and has one span: what may leave as a
    token must not cover what must not leave at all.
    """
    ranks: dict[tuple[int, int], int] = {}
    for finding, rank in acted:
        place = (finding.start, finding.end)
        ranks[place] = max(rank, ranks.get(place, 0))
    return [finding for finding, rank in acted if rank == ranks[finding.start, finding.end]]


def _outside(allowed: Sequence[Decision], decisions: Sequence[Decision]) -> list[Decision]:
    """Return the allowed decisions that touch no other, themselves disjoint."""
    kept: list[Decision] = []
    taken = [(decision.finding.start, decision.finding.end) for decision in decisions]
    for decision in sorted(allowed, key=lambda d: (d.finding.start, -d.finding.end, d.finding.entity)):
        start, end = decision.finding.start, decision.finding.end
        if all(end <= other_start or start >= other_end for other_start, other_end in taken):
            kept.append(decision)
            taken.append((start, end))
    return kept


def _no_token(entity: str, value: str) -> str:
    """Stand where no token is asked for."""
    del entity, value
    return ""
