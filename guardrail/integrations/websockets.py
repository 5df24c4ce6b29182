"""Guard the connections that SDKs make with `websockets`: OpenAI Realtime, Gemini Live.

    from guardrail.integrations import websockets

    websockets.install(guard)                            # every client connection of the process
    websockets.wrap_connection(connection, guard)        # one

A message that must not go on raises the guard's own error (`BlockedError` ...) out of
`send` or `recv`, and the connection is closed with the code that says why. With
`install`, query and named fields of the handshake are guarded too; a connection that
is wrapped has had its handshake.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections import deque
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.duplex import IDLE_SECONDS
from guardrail.errors import ConfigError, GuardrailError
from guardrail.integrations.frames import as_frame, decoded, is_data, joined
from guardrail.integrations.handshake import guarded_handshake, guarded_handshake_async
from guardrail.socket_steps import SocketSteps
from guardrail.steps import outcome_of
from guardrail.transport.clients import MAX_BODY
from guardrail.transport.hosts import Hosts
from guardrail.transport.threads import end, end_later, run, run_later
from guardrail.transport.uncovered import covers
from guardrail.wire.maps import protocol_for

try:
    from websockets.asyncio.client import ClientConnection as AsyncConnection
    from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
    from websockets.sync.client import ClientConnection as SyncConnection
except ImportError:
    raise ConfigError("websockets is not installed", advice="pip install 'websockets>=15'") from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from guardrail.exchange import Outcome
    from guardrail.guard import Guard
    from guardrail.wire.framing import Message

    Connection = SyncConnection | AsyncConnection

__all__ = ["install", "uninstall", "wrap_connection"]

_METHODS: Final = ("send", "recv", "recv_streaming", "close")
_MARK: Final = "_guardrail"
_PASSES: Final = "_guardrail_passes"


class _Socket:
    """One connection: its steps, what waits for its reader, and how it ended."""

    def __init__(self, steps: SocketSteps, limit: int) -> None:
        self.steps = steps
        self.limit = limit
        self.ready: deque[Message] = deque()
        self.failure: GuardrailError | None = None
        self.turn = threading.Lock()
        self.turn_in_loop = asyncio.Lock()
        self._opening = threading.Lock()
        self._open = False
        self._finished = False

    def begin(self) -> None:
        """Record the beginning, once, before the first message."""
        with self._opening:
            if not self._open:
                self.steps.open()
                self._open = True

    def up(self, message: Message) -> list[Message]:
        self.begin()
        return self.steps.up(message)

    def down(self, message: Message) -> None:
        self.begin()
        self.ready.extend(self.steps.down(message))

    def idle(self) -> None:
        self.begin()
        self.ready.extend(self.steps.idle())

    def finish(self) -> bool:
        """Take what is held at a clean end; tell whether there is anything."""
        if not self._finished:
            self._finished = True
            self.begin()
            self.ready.extend(self.steps.finish())
        return bool(self.ready)

    def stop(self, error: GuardrailError) -> tuple[int, str]:
        """Keep the last words for the reader and the error for after them; return how to close."""
        words, code, reason = self.steps.farewell(error)
        self.ready.extend(words)
        self.failure = error
        return code, reason


def wrap_connection(connection: Connection, guard: Guard, *, max_body: int = MAX_BODY) -> Connection:
    """Guard both directions of a client connection that is open; return it.

    The context is the one in force now, the protocol is told by the path. `max_body`
    is the number of bytes of one message.

    Raises:
        ConfigError: it is no such connection, or another guard has it.
    """
    if not isinstance(connection, SyncConnection | AsyncConnection):
        raise ConfigError(
            f"a {type(connection).__name__} is no client connection of websockets",
            advice="give what websockets.sync.client.connect or websockets.asyncio.client.connect returns",
        )
    attributes = vars(connection)
    if (owner := attributes.get(_MARK)) is not None:
        if owner is guard:
            return connection
        raise ConfigError("another guard has this connection", advice="make a connection for each guard")
    _, path, headers = _place(connection)
    steps = SocketSteps(
        guard, context=guard.current(), protocol=protocol_for("GET", path, headers), limit=max_body
    )
    socket = _Socket(steps, max_body)
    below = {
        name: functools.partial(original, connection) for name, original in _originals(connection).items()
    }
    kind = _AsyncEnd if isinstance(connection, AsyncConnection) else _SyncEnd
    guarded = kind(socket, below)
    attributes.update({name: getattr(guarded, name) for name in _METHODS}, **{_MARK: guard})
    return connection


class _SyncEnd:
    """The methods of a connection for threads."""

    def __init__(self, socket: _Socket, below: Mapping[str, Callable[..., object]]) -> None:
        self._socket = socket
        self._below = below

    def send(self, message: object, text: bool | None = None) -> None:  # noqa: FBT001 - websockets' signature
        """Send a message; what goes on was recorded before."""
        socket = self._socket
        data = (
            joined(message, socket.limit)
            if isinstance(message, Iterable) and not is_data(message)
            else message
        )
        with socket.turn:
            try:
                out = run(socket.up, as_frame(data, text=text))
            except GuardrailError as error:
                self._stop(error)
                raise
            for one in out:
                self._below["send"](one)

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Message:  # noqa: FBT001 - see above
        """Return the next message."""
        socket = self._socket
        until = None if timeout is None else time.monotonic() + timeout
        patient = False
        while not socket.ready:
            if socket.failure is not None:
                raise socket.failure
            left = None if until is None else until - time.monotonic()
            try:
                message = self._below["recv"](left if patient else _sooner(left))
                patient = False
                run(socket.down, message)  # type: ignore[arg-type] # text or bytes
            except TimeoutError:
                if patient or (left is not None and left <= IDLE_SECONDS):
                    raise
                patient = True
                run(socket.idle)
            except GuardrailError as error:
                self._stop(error)
            except ConnectionClosed as error:
                if isinstance(error, ConnectionClosedOK) and run(socket.finish):
                    continue
                end(socket.steps, _ended(error))
                raise
        return decoded(socket.ready.popleft(), decode=decode)

    def recv_streaming(self, decode: bool | None = None) -> Iterator[Message]:  # noqa: FBT001 - see above
        """Yield the next message as one."""
        yield self.recv(decode=decode)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; the ledger says how it ended."""
        self._below["close"](code, reason)
        end(self._socket.steps, "ok")

    def _stop(self, error: GuardrailError) -> None:
        code, reason = self._socket.stop(error)
        self._below["close"](code, reason)
        end(self._socket.steps, outcome_of(error))


class _AsyncEnd:
    """The methods of a connection for event loops; the steps run beside the loop."""

    def __init__(self, socket: _Socket, below: Mapping[str, Callable[..., object]]) -> None:
        self._socket = socket
        self._below = below

    async def send(self, message: object, text: bool | None = None) -> None:  # noqa: FBT001 - websockets' signature
        """Send a message; what goes on was recorded before."""
        socket = self._socket
        data = message
        if isinstance(message, AsyncIterable):
            data = joined([part async for part in message], socket.limit)
        elif isinstance(message, Iterable) and not is_data(message):
            data = joined(message, socket.limit)
        async with socket.turn_in_loop:
            try:
                out = await run_later(socket.up, as_frame(data, text=text))
            except GuardrailError as error:
                await self._stop(error)
                raise
            for one in out:
                await self._below["send"](one)  # type: ignore[misc] # a coroutine

    async def recv(self, decode: bool | None = None) -> Message:  # noqa: FBT001 - see above
        """Return the next message. Who is cancelled here loses none."""
        socket = self._socket
        patient = False
        while not socket.ready:
            if socket.failure is not None:
                raise socket.failure
            try:
                async with asyncio.timeout(None if patient else IDLE_SECONDS):
                    message = await self._below["recv"]()  # type: ignore[misc] # a coroutine
            except TimeoutError:
                patient = True
                await run_later(socket.idle)
                continue
            except ConnectionClosed as error:
                if isinstance(error, ConnectionClosedOK) and await run_later(socket.finish):
                    continue
                await end_later(socket.steps, _ended(error))
                raise
            patient = False
            try:
                # A message that is read is guarded to its end, whoever stops waiting for it.
                await asyncio.shield(asyncio.ensure_future(run_later(socket.down, message)))
            except GuardrailError as error:
                await self._stop(error)
        return decoded(socket.ready.popleft(), decode=decode)

    async def recv_streaming(self, decode: bool | None = None) -> AsyncIterator[Message]:  # noqa: FBT001 - see above
        """Yield the next message as one."""
        yield await self.recv(decode=decode)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; the ledger says how it ended."""
        await self._below["close"](code, reason)  # type: ignore[misc] # a coroutine
        await end_later(self._socket.steps, "ok")

    async def _stop(self, error: GuardrailError) -> None:
        code, reason = self._socket.stop(error)
        await self._below["close"](code, reason)  # type: ignore[misc] # a coroutine
        await end_later(self._socket.steps, outcome_of(error))


# --- every connection of the process


@dataclass(frozen=True, slots=True)
class _Installed:
    guard: Guard
    hosts: Hosts
    max_body: int


_CLASSES: Final = (SyncConnection, AsyncConnection)
_ORIGINALS: Final[Mapping[type, Mapping[str, Callable[..., object]]]] = {
    kind: {name: getattr(kind, name) for name in _METHODS} for kind in _CLASSES
}
_LOCK: Final = threading.Lock()
_installed: _Installed | None = None


def install(guard: Guard, *, hosts: Sequence[str] = (), max_body: int = MAX_BODY) -> None:
    """Guard every client connection of `websockets` in this process; `hosts` are as for `guard.install`.

    Raises:
        ConfigError: another guard is installed.
    """
    global _installed  # noqa: PLW0603 - a process has one such state
    named = Hosts(hosts)
    with _LOCK:
        if _installed and _installed.guard is not guard:
            raise ConfigError(
                "another guard is installed in this process", advice="call its uninstall() first"
            )
        _installed = _Installed(guard, named, max_body)
        for kind in _CLASSES:
            for name in _METHODS:
                setattr(kind, name, _first_use(kind, name))
            setattr(kind, _HANDSHAKE, _HANDSHAKES[kind])
        covers("websockets", now=True)


def uninstall(guard: Guard) -> None:
    """Take the guard off again, if it is on; connections that it guards stay guarded."""
    global _installed  # noqa: PLW0603 - a process has one such state
    with _LOCK:
        if _installed is None or _installed.guard is not guard:
            return
        for kind in _CLASSES:
            for name, original in _ORIGINALS[kind].items():
                setattr(kind, name, original)
            setattr(kind, _HANDSHAKE, _ORIGINAL_HANDSHAKES[kind])
        _installed = None
        covers("websockets", now=False)


def _first_use(kind: type, name: str) -> Callable[..., object]:
    """Return a method that looks at a connection when it is first used, and guards it or lets it pass."""
    original = _ORIGINALS[kind][name]

    @functools.wraps(original)
    def method(connection: Connection, *args: object, **options: object) -> object:
        state = _installed
        if state is None or vars(connection).get(_PASSES):
            return original(connection, *args, **options)
        host, path, headers = _place(connection)
        if not state.hosts.guards(method="GET", host=host, path=path, headers=headers):
            vars(connection)[_PASSES] = True
            return original(connection, *args, **options)
        wrap_connection(connection, state.guard, max_body=state.max_body)
        return vars(connection)[name](*args, **options)

    return method


def _guard_of(connection: object) -> Guard | None:
    """Return the guard of a connection that is about to be opened."""
    state = _installed
    if state is None:
        return None
    uri = connection.protocol.uri  # type: ignore[attr-defined] # both kinds have it
    guards = state.hosts.guards(method="GET", host=uri.host, path=uri.path, headers={})
    return state.guard if guards else None


_HANDSHAKE: Final = "handshake"
_ORIGINAL_HANDSHAKES: Final = {kind: kind.handshake for kind in _CLASSES}
_HANDSHAKES: Final[Mapping[type, Callable[..., object]]] = {
    SyncConnection: guarded_handshake(SyncConnection.handshake, _guard_of),
    AsyncConnection: guarded_handshake_async(AsyncConnection.handshake, _guard_of),
}


def _originals(connection: Connection) -> Mapping[str, Callable[..., object]]:
    return next(_ORIGINALS[kind] for kind in _CLASSES if isinstance(connection, kind))


def _place(connection: Connection) -> tuple[str, str, dict[str, str]]:
    """Return host, path and headers of the handshake."""
    request = connection.request
    if request is None:
        return "", "", {}
    headers = {key.lower(): value for key, value in request.headers.raw_items()}
    host = headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name, request.path.partition("?")[0], headers


def _sooner(left: float | None) -> float:
    return IDLE_SECONDS if left is None else min(left, IDLE_SECONDS)


def _ended(error: ConnectionClosed) -> Outcome:
    return "ok" if isinstance(error, ConnectionClosedOK) else "error"
