"""Show the first or last characters of a value, as on a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["mask_text", "mask_value"]

MAX_SHOWN: Final = 8
MIN_HIDDEN: Final = 4


def mask_value(value: str, decision: Decision, tools: Tools) -> str:  # noqa: ARG001 - all operators look alike
    """Mask `value` with the options `keep_first`, `keep_last` and `char` of the action."""
    options = dict(decision.action.options)
    return mask_text(
        value,
        first=int(options.get("keep_first", 0)),
        last=int(options.get("keep_last", 0)),
        char=str(options.get("char", "*")),
    )


def mask_text(value: str, *, first: int = 0, last: int = 0, char: str = "*") -> str:
    """Return one `char` per letter or digit of `value`, but the first and last of them.

    Separators go: "DE89 3704" and "DE893704" look alike. At least four letters or
    digits stay hidden, and at most eight are kept on each side: a value that is too
    short for that is hidden whole, since a code of four digits that keeps its last
    four is not masked.
    """
    letters = [letter for letter in value if letter.isalnum()]
    first, last = min(max(first, 0), MAX_SHOWN), min(max(last, 0), MAX_SHOWN)
    if len(letters) < first + last + MIN_HIDDEN:
        return char * (len(letters) or len(value))
    hidden = len(letters) - first - last
    return "".join(letters[:first]) + char * hidden + "".join(letters[len(letters) - last :])
