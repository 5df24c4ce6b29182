"""How long one call of `detect` may take: looked at between its steps, in the thread that made it.

What is under way is not broken off: a step (one recognizer on one text, one
window of a model) ends, and the next does not begin.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from time import monotonic
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError, DetectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Limits", "check", "left", "within"]

_until: Final = ContextVar("guardrail_detection_until", default=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: `own` for one call of a recognizer of the user's own, `whole` for one call of `detect`."""

    own: float = 10.0
    whole: float = 600.0

    def __post_init__(self) -> None:
        """Refuse what bounds nothing: nan and infinity are compared in silence."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)) or not 0 < value < math.inf:
                raise ConfigError(
                    f"the time limit {field.name!r} is not a number of seconds above 0",
                    advice="write Limits(own=10, whole=600)",
                )


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bound what runs inside; an outer bound that ends sooner holds."""
    token = _until.set(min(_until.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def left() -> float:
    """Return the seconds that are left; infinite outside of any bound."""
    return _until.get() - monotonic()


def check() -> None:
    """Raise `DetectionError` when the time is up: what was not looked at must not pass as clean."""
    if left() <= 0:
        raise DetectionError(
            "a detection ran out of its time as a whole",
            advice="send less at once, or raise Limits(whole=...); the policy's on_error decides on the text",
        )
