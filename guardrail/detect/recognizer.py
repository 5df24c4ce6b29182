"""What a recognizer is, and how a function becomes one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from guardrail.types import Finding

__all__ = ["FunctionRecognizer", "Recognizer", "recognizer"]


# As in policies, or nobody could name it.
_ENTITY: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


@runtime_checkable
class Recognizer(Protocol):
    """Finds some entities in a text. Called from several threads at once.

    It may also have an attribute `needs: re.Pattern[str]`: a pattern that every
    text with a finding of it holds. It is not called for other texts (`gates.py`).
    """

    @property
    def name(self) -> str:
        """Return the name that stands in its findings."""
        ...

    @property
    def entities(self) -> frozenset[str]:
        """Return the entities that it can find."""
        ...

    def recognize(self, text: str) -> Iterable[Finding]:
        """Return findings with offsets in code points of `text`, scores in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class FunctionRecognizer:
    """A function as a recognizer; it can still be called as the function it was."""

    name: str
    entities: frozenset[str]
    function: Callable[[str], Iterable[Finding]]

    def __call__(self, text: str) -> Iterable[Finding]:
        """Call the function."""
        return self.function(text)

    def recognize(self, text: str) -> Iterable[Finding]:
        """Return what the function finds."""
        return self.function(text)


def recognizer(*entities: str) -> Callable[[Callable[[str], Iterator[Finding]]], FunctionRecognizer]:
    """Make a recognizer of a function that yields findings of `entities`.

    ::

        @recognizer("EMPLOYEE_ID")
        def employee_ids(text: str) -> Iterator[Finding]: ...

    Raises:
        ConfigError: no entity is named, or one that no policy could name.
    """
    if not entities or not all(_ENTITY.fullmatch(str(one)) for one in entities):
        raise ConfigError(
            "@recognizer needs the names of the entities that it finds",
            advice='write @recognizer("EMPLOYEE_ID"): 2 to 40 capitals, digits and _, a capital first',
        )

    def decorate(function: Callable[[str], Iterator[Finding]]) -> FunctionRecognizer:
        return FunctionRecognizer(function.__name__, frozenset(entities), function)

    return decorate
