"""Say once who is asking: the context that is in force, for every call of the guard inside it.

    with guard.context(tenant="acme", conversation=chat_id):
        client.chat.completions.create(...)

It travels by `contextvars`: into tasks, `asyncio.to_thread` and the thread pools
of web frameworks, never from one request to another. A plain `threading.Thread`
starts without one before Python 3.14, and has the guard's base.
"""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final, ParamSpec, TypedDict, TypeVar

from guardrail.errors import ConfigError
from guardrail.ledger.facts import PLACE, PLACES
from guardrail.types import Context

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Named", "Within", "checked", "in_force"]

P = ParamSpec("P")
T = TypeVar("T")

_FIELDS: Final = tuple(one.name for one in fields(Context))


class Named(TypedDict, total=False):
    """The parts of a `Context` by name."""

    app: str
    route: str
    model: str
    provider: str
    region: str
    tenant: str
    role: str
    purpose: str
    actor: str
    subject: str
    conversation: str


@dataclass(frozen=True, slots=True)
class _Link:
    """One `with` that has been entered, and the one around it."""

    block: Within
    context: Context
    outer: _Link | None


_INNERMOST: Final[ContextVar[_Link | None]] = ContextVar("guardrail_context", default=None)


class Within:
    """A block in which a context is in force; may be entered again, and decorates functions.

    `holder` is the guard that it is said to. What is not named stays as around the block.
    """

    def __init__(self, holder: object, base: Context, whole: Context | None, named: Named) -> None:
        """Take what is to be in force.

        Raises:
            ConfigError: a name that a context has not, or that the ledger has no place for.
        """
        if unknown := [name for name in named if name not in _FIELDS]:
            raise ConfigError(f"a context has no {', '.join(unknown)}", advice=f"use {', '.join(_FIELDS)}")
        checked(replace(whole or base, **named))
        self._holder = holder
        self._base = base
        self._whole = whole
        self._named = named

    def holds_for(self, holder: object) -> bool:
        """Tell whether this block was opened on `holder`."""
        return self._holder is holder

    def __enter__(self) -> Context:
        around = self._whole or in_force(self._holder) or self._base
        context = replace(around, **self._named)
        _INNERMOST.set(_Link(self, context, _INNERMOST.get()))
        return context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Found by its block and not reset by a token: frameworks end a dependency in another
        # copy of the variables than they began it in, and a token is refused there.
        link = _INNERMOST.get()
        while link is not None and link.block is not self:
            link = link.outer
        if link is not None:
            _INNERMOST.set(link.outer)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` run inside this block.

        Raises:
            ConfigError: it is a generator, whose callers would be inside the block too.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ConfigError(
                "a context cannot be put around a generator", advice="write the `with` inside of it"
            )
        if inspect.iscoroutinefunction(function):

            async def later(*args: P.args, **options: P.kwargs) -> object:
                with self:
                    return await function(*args, **options)

            return functools.wraps(function)(later)  # type: ignore[return-value] # a coroutine is what T is

        @functools.wraps(function)
        def at_once(*args: P.args, **options: P.kwargs) -> T:
            with self:
                return function(*args, **options)

        return at_once


def in_force(holder: object) -> Context | None:
    """Return the context of the innermost block on `holder`, None outside of all."""
    link = _INNERMOST.get()
    while link is not None:
        if link.block.holds_for(holder):
            return link.context
        link = link.outer
    return None


def checked(context: Context) -> Context:
    """Return a context whose names have a place in the ledger; refuse others before any text is touched.

    Raises:
        ConfigError: what is no text, and what is no name.
    """
    for name in _FIELDS:
        value = getattr(context, name)
        if not isinstance(value, str):
            raise ConfigError(
                f"the context's {name} is of type {type(value).__name__}",
                advice="give a str, or leave it out",
            )
        if name in PLACES and value and not PLACE.fullmatch(value):
            raise ConfigError(
                f"the context's {name} is not a name that the ledger takes",
                advice="use at most 32 lower-case letters, digits and . _ - , and begin with a letter",
            )
    return context
