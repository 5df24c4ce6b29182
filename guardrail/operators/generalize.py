"""Make a value coarser: a date its month or year, an age its decade, an address its network.

What cannot be made coarser safely is redacted, never passed.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from guardrail.entities import ENTITIES
from guardrail.operators import ages, dates, places
from guardrail.operators.plain import placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.operators.tools import Tools
    from guardrail.types import Action, Decision

__all__ = ["generalize_value"]


def generalize_value(value: str, decision: Decision, tools: Tools) -> str:
    """Return a coarser form of `value`, or `[TYPE]` where there is none.

    Options: `date = "month" | "year"`, `band` (width of a band of numbers), `rules =
    "safe-harbor"` for 45 CFR 164.514(b)(2): years only, years of birth of people over
    89 in one group, no IP network.
    """
    entity = decision.finding.entity
    coarse = _BY_ENTITY.get(entity, _number)(value.strip(), decision.action, tools)
    return coarse or placeholder(entity)


def _date(value: str, action: Action, tools: Tools) -> str:
    if _strict(action):
        return dates.year_of(value, oldest=tools.today().year - ages.OLDEST)
    return dates.year_of(value) if action.option("date") == "year" else dates.month_of(value)


def _age(value: str, action: Action, tools: Tools) -> str:  # noqa: ARG001 - all look alike
    return ages.age_band(value, width=int(action.option("band", 10)))


def _place(value: str, action: Action, tools: Tools) -> str:  # noqa: ARG001 - all look alike
    return places.zip3(value)


def _ip(value: str, action: Action, tools: Tools) -> str:  # noqa: ARG001 - all look alike
    """Return the /24 or /48 network; under Safe Harbor an address goes whole (164.514(b)(2)(i)(O)).

    A network that is at least as wide stays: what was made coarser once comes back in answers.
    """
    try:
        network = ipaddress.ip_interface(value).network
    except ValueError:
        return ""
    if _strict(action):
        return ""
    width = 24 if network.version == 4 else 48
    return str(network if network.prefixlen <= width else network.supernet(new_prefix=width))


def _number(value: str, action: Action, tools: Tools) -> str:  # noqa: ARG001 - all look alike
    """Return the band of a number of a user's own entity, where the policy gives its width."""
    return ages.band(value, width=int(action.option("band", 0)))


def _nothing(value: str, action: Action, tools: Tools) -> str:  # noqa: ARG001 - all look alike
    return ""


def _strict(action: Action) -> bool:
    return action.option("rules") == "safe-harbor"


# An entity of guardrail's own that is not here has no coarser form: a band of 10
# around a card number would show all digits but one.
_BY_ENTITY: Final[Mapping[str, Callable[[str, Action, Tools], str]]] = {
    **dict.fromkeys(ENTITIES, _nothing),
    "DATE_TIME": _date,
    "AGE": _age,
    "ADDRESS": _place,
    "LOCATION": _place,
    "IP_ADDRESS": _ip,
}
