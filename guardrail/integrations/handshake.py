"""The opening handshake of a connection of `websockets`: its query and its named fields are guarded."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from guardrail.transport.call import Limits, guarded_query, is_own, steps_for
from guardrail.transport.threads import end, end_later, run, run_later

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from websockets.client import ClientProtocol

    from guardrail.guard import Guard
    from guardrail.steps import Steps

    Given = Mapping[str, str] | Iterable[tuple[str, str]] | None
    Chosen = Callable[[object], Guard | None]

__all__ = ["guarded_handshake", "guarded_handshake_async"]

_LIMITS = Limits(1_048_576)


def guarded_handshake(original: Callable[..., None], chosen: Chosen) -> Callable[..., None]:
    """Return a `handshake` for connections of threads; `chosen` tells the guard of a connection."""

    @functools.wraps(original)
    def handshake(
        connection: object, additional_headers: Given = None, *args: object, **options: object
    ) -> None:
        guard = chosen(connection)
        if guard is None:
            original(connection, additional_headers, *args, **options)
            return
        steps, headers = run(_scrubbed, guard, _protocol(connection), additional_headers)
        outcome = "error"
        try:
            original(connection, headers, *args, **options)
            outcome = "ok"
        finally:
            end(steps, outcome)  # type: ignore[arg-type] # one of two words

    return handshake


def guarded_handshake_async(
    original: Callable[..., Awaitable[None]], chosen: Chosen
) -> Callable[..., Awaitable[None]]:
    """Return the same for connections of event loops."""

    @functools.wraps(original)
    async def handshake(
        connection: object, additional_headers: Given = None, *args: object, **options: object
    ) -> None:
        guard = chosen(connection)
        if guard is None:
            await original(connection, additional_headers, *args, **options)
            return
        steps, headers = await run_later(_scrubbed, guard, _protocol(connection), additional_headers)
        outcome = "error"
        try:
            await original(connection, headers, *args, **options)
            outcome = "ok"
        finally:
            await end_later(steps, outcome)  # type: ignore[arg-type] # one of two words

    return handshake


def _protocol(connection: object) -> ClientProtocol:
    return connection.protocol  # type: ignore[attr-defined, no-any-return] # both kinds have it


def _scrubbed(guard: Guard, protocol: ClientProtocol, given: Given) -> tuple[Steps, Given]:
    """Put the guarded query in place; return the guarded fields. Recorded where there is anything to look at.

    Raises:
        GuardrailError: the handshake must not be sent.
    """
    steps = steps_for(guard, "", _LIMITS)
    items = given.items() if isinstance(given, Mapping) else given or ()
    pairs = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in items]
    raw = protocol.uri.query.encode()
    if not steps.names(pairs) and all(is_own(piece) for piece in raw.split(b"&") if piece):
        return steps, [(name.decode("latin-1"), value.decode()) for name, value in pairs]
    query = guarded_query(steps, raw)
    kept = {name.lower() for name, _ in pairs}
    _, headers = steps.open(b"", pairs)
    if query != raw:
        protocol.uri = replace(protocol.uri, query=query.decode("latin-1"))
    return steps, [
        (name.decode("latin-1"), value.decode()) for name, value in headers if name.lower() in kept
    ]
