"""What changes from one set of policies to another, and what that would have done to past findings.

Both sets are asked for every entity that either names, in every channel and
under every condition of their scopes: what the files say differently but decide
alike is no difference. A ledger holds kinds and counts, no scores: past findings
are taken for sure ones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from guardrail.policy.model import SETTINGS
from guardrail.policy.plan import hides, make_plan
from guardrail.policy.retention import CLASSES
from guardrail.policy.scopes import FIELDS
from guardrail.types import CHANNELS, Context, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from guardrail.policy.decide import PolicySet
    from guardrail.policy.plan import Candidate, Plan
    from guardrail.types import Channel

__all__ = ["OTHERS", "Difference", "Replayed", "Trend", "compare", "replay"]

Trend = Literal["stricter", "weaker", "different"]

OTHERS: Final = "(not named)"
"""Stands for every entity that no rule of either set names."""

_NOTHING: Final = "nothing"
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is decided differently; `what` is an entity, a setting or a retention class."""

    what: str
    where: str  # channels, and the scope's condition; "" where neither matters
    before: str
    after: str
    trend: Trend


@dataclass(frozen=True, slots=True)
class Replayed:
    """Past findings of one kind in one channel: how many, what became of them, what would have."""

    entity: str
    channel: Channel
    count: int
    before: str
    after: str


def compare(old: PolicySet, new: PolicySet) -> tuple[Difference, ...]:
    """Return every difference, weaker ones first; none where both decide alike everywhere."""
    places = _places(old, new)
    found = [*_modes(old, new), *_lists(old, new), *_retention(old, new)]
    general: set[tuple[str, str, str]] = set()
    for label, context in places.items():
        rows = [*_settings(old, new, context), *_entities(old, new, context)]
        # What changes everywhere need not be said again for each scope.
        fresh = [row for row in rows if (row[0], row[2].before, row[2].after) not in general]
        general |= {(key, row.before, row.after) for key, _, row in rows if not label}
        found += [_merged(row, label, channels) for row, channels in _grouped(fresh)]
    order = ("weaker", "different", "stricter")
    return tuple(sorted(found, key=lambda one: (order.index(one.trend), one.what, one.where)))


def replay(
    new: PolicySet, recorded: Iterable[tuple[Channel, Context, Mapping[str, Mapping[str, int]]]]
) -> tuple[Replayed, ...]:
    """Return what `new` would have done with recorded findings, the most frequent first.

    `recorded` holds, per entry, where the findings were made and their counts by
    entity and action. A recorded score is not known: each counts as sure.
    """
    counts: Counter[tuple[str, Channel, str, str]] = Counter()
    for channel, context, findings in recorded:
        for entity, actions in findings.items():
            decision = new.decide(Finding(0, 0, entity, 1.0, ""), channel=channel, context=context)
            after = decision.action.type if decision else _NOTHING
            for action, count in actions.items():
                counts[entity, channel, action, after] += count
    return tuple(
        Replayed(entity, channel, count, before, after)
        for (entity, channel, before, after), count in counts.most_common()
    )


def _places(old: PolicySet, new: PolicySet) -> dict[str, Context]:
    """Return the conditions to compare under: none, and each scope's own."""
    places = {"": Context()}
    for policies in (old, new):
        for document in policies.in_force():
            for scope in document.policy.scopes:
                said = {name: glob for name in FIELDS if (glob := getattr(scope.when, name)) is not None}
                label = ", ".join(f"{name} {glob}" for name, glob in said.items())
                places[label] = Context(**{name: glob.replace("*", "") for name, glob in said.items()})
    return places


_Row = tuple[str, str, Difference]  # what it is told apart by, its channel, the difference


def _entities(old: PolicySet, new: PolicySet, context: Context) -> list[_Row]:
    rows: list[_Row] = []
    for entity in (*sorted(old.entities | new.entities), OTHERS):
        for channel in CHANNELS:
            before, after = (_plan(one, entity, channel, context) for one in (old, new))
            if _told(before) != _told(after):
                change = Difference(entity, "", _told(before), _told(after), _trend(before, after))
                rows.append((f"{entity}/{channel}", channel, change))
    return rows


def _plan(policies: PolicySet, entity: str, channel: Channel, context: Context) -> Plan:
    live = [document.policy for document in policies.in_force()]
    return make_plan(live, entity=entity, channel=channel, context=context)


def _told(plan: Plan) -> str:
    return "; ".join(f"{_action(one)} from score {one.min_score:g}" for one in plan) or _NOTHING


def _action(candidate: Candidate) -> str:
    options = " ".join(f"{name}={value}" for name, value in candidate.action.options)
    back = f"restored in {' '.join(candidate.restore)}" if candidate.restore else ""
    return " ".join(filter(None, (candidate.action.type, options, back)))


def _trend(before: Plan, after: Plan) -> Trend:
    scores = {one.min_score for one in (*before, *after)}
    steps = {_step(_at(before, score), _at(after, score)) for score in scores}
    if steps <= {0, 1}:
        return "stricter" if 1 in steps else "different"
    return "weaker" if steps <= {0, -1} else "different"


def _at(plan: Plan, score: float) -> Candidate | None:
    return next((one for one in plan if score >= one.min_score), None)


def _step(before: Candidate | None, after: Candidate | None) -> int:
    """Return 1 where `after` is stricter, -1 where it is weaker, 0 where that cannot be said."""
    one, other = _strictness(before), _strictness(after)
    if one != other:
        return 1 if other > one else -1
    if before is None or after is None or before.restore == after.restore:
        return 0
    if set(after.restore) < set(before.restore):
        return 1
    return -1 if set(before.restore) < set(after.restore) else 0


def _strictness(candidate: Candidate | None) -> tuple[int, int]:
    return (-1, 0) if candidate is None else (candidate.action.rank, hides(candidate.action))


def _settings(old: PolicySet, new: PolicySet, context: Context) -> list[_Row]:
    rows = []
    for name, values in SETTINGS.items():
        before, after = (one.setting(name, context) for one in (old, new))  # type: ignore[arg-type] # its keys
        if before != after:
            trend: Trend = "stricter" if values.index(after) > values.index(before) else "weaker"
            rows.append((name, "", Difference(name, "", before, after, trend)))
    return rows


def _modes(old: PolicySet, new: PolicySet) -> list[Difference]:
    if old.mode == new.mode:
        return []
    return [Difference("mode", "", old.mode, new.mode, "weaker" if new.mode == "shadow" else "stricter")]


def _lists(old: PolicySet, new: PolicySet) -> list[Difference]:
    """Tell that allow lists or hot words changed, never their values: those may be personal data."""
    found = []
    for name in ("allow", "hot"):
        before, after = (tuple(getattr(d.policy, name) for d in one.in_force()) for one in (old, new))
        if any(before) != any(after) or set(filter(None, before)) != set(filter(None, after)):
            was, becomes = (f"{sum(map(len, side))} lists" for side in (before, after))
            found.append(Difference(f"[[{name}]]", "", was, becomes, "different"))
    return found


def _retention(old: PolicySet, new: PolicySet) -> list[Difference]:
    found = []
    for name in CLASSES:
        before, after = old.keep(name), new.keep(name)
        if before != after:
            found.append(Difference(f"retention of {name}", "", _time(before), _time(after), "different"))
    return found


def _time(seconds: int) -> str:
    if not seconds:
        return "never kept"
    return f"{seconds // _DAY} days" if seconds % _DAY == 0 else f"{seconds} seconds"


def _grouped(rows: Iterable[_Row]) -> list[tuple[Difference, list[str]]]:
    """Return each difference once, with the channels that it holds in."""
    groups: dict[Difference, list[str]] = {}
    for _, channel, row in rows:
        groups.setdefault(row, []).append(channel)
    return list(groups.items())


def _merged(row: Difference, label: str, channels: list[str]) -> Difference:
    named = "all channels" if len(channels) == len(CHANNELS) else ", ".join(filter(None, channels))
    where = f"{named} (where {label})" if named and label else named or label
    return Difference(row.what, where, row.before, row.after, row.trend)
