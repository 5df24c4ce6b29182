"""Judge the policies' own tests: does what came out agree with what the example expects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.policy.problem import Problem

if TYPE_CHECKING:
    from guardrail.policy.decide import Example

__all__ = ["agrees", "judge"]

# `<PERSON_*>`, `<PERSON:h1:*>`, `<PERSON:e1:*>` and `<PERSON:1*>`; a star elsewhere is a star of a mask.
_WILD: Final = re.compile(r"<[A-Z][A-Z0-9_]*(?:_|:h1:|:e1:|:1)\*>")


def agrees(expect: str, got: str) -> bool:
    """Tell whether `got` is what `expect` describes."""
    pattern, at = "", 0
    for match in _WILD.finditer(expect):
        pattern += re.escape(expect[at : match.start()]) + re.escape(match[0][:-2]) + r"[A-Za-z0-9_-]+>"
        at = match.end()
    return re.fullmatch(pattern + re.escape(expect[at:]), got) is not None


def judge(example: Example, got: str | None) -> Problem | None:
    """Return a problem where the example fails; `got` is None if the text was blocked.

    The message repeats neither text: an example may have been taken from life.
    """
    if got is None and example.blocked:
        return None
    if got is not None and not example.blocked and agrees(example.expect, got):
        return None
    fault = (
        "is blocked, which it does not expect"
        if got is None
        else "is not blocked, as it expects"
        if example.blocked
        else "does not give the text that it expects"
    )
    return Problem(example.file, example.place, f"the example {fault}", "correct the example or the rule")
