"""Move a date by a secret number of days: the same for all dates of one person, so intervals stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail import crypto, days
from guardrail.operators.plain import placeholder

if TYPE_CHECKING:
    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["DAYS", "offset", "shift"]

DAYS: Final = 365
"""How many days a date moves at most, where the policy does not say."""

_ORDERS: Final[dict[str, days.Order]] = {"dmy": "dmy", "mdy": "mdy"}


def shift(value: str, decision: Decision, tools: Tools) -> str:
    """Return the date some days away, written as it was, or `[TYPE]` for what is no whole date.

    Options: `days` (at most so many, either way; 1 to 3650), `weekdays = true` (whole
    weeks only: a Monday stays one), `order = "dmy" | "mdy"` (which number is the day).
    """
    action, entity = decision.action, decision.finding.entity
    order = _ORDERS.get(str(action.option("order")), "")
    day = days.read(value, order)
    secret = (tools.whose or tools.near or tools.key)("shift")
    by = offset(secret, most=int(action.option("days", DAYS)), weeks=bool(action.option("weekdays", False)))
    moved = day.moved(by) if day else ""
    if not day or not moved:
        return placeholder(entity)
    # Which number was the day is told with it: an answer may write other dates like this one.
    tools.stand(f"{entity}/{day.order}" if day.order else entity, value, (moved,), kind="date")
    return moved


def offset(secret: bytes, *, most: int, weeks: bool = False) -> int:
    """Return the number of days for a secret: -most..most and never 0; with `weeks`, a multiple of seven.

    Spec: docs/spec/operators.md, "Shift".
    """
    unit = 7 if weeks else 1
    steps = max(1, most // unit)
    mark = crypto.mac(secret, b"pgl/v1/shift", b"%d" % most, b"weeks" if weeks else b"days")
    step = int.from_bytes(mark[:8], "big") % (2 * steps)
    return (step - steps if step < steps else step - steps + 1) * unit
