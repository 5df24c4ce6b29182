"""Run the proxy: bind, serve, and end without losing a stream.

The first SIGTERM or SIGINT stops the accepting of connections and lets answers
that are under way come to their ends, for `grace` seconds at most; a second one
cuts them. The ledger is closed by whoever opened it, after the last exchange.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from guardrail.proxy.front import Front

__all__ = ["bound", "serve"]

KEEP_ALIVE: Final = 75  # seconds, longer than the pools of clients wait: they close first
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """Stops at the first signal, cuts at the second."""

    def __init__(self, config: uvicorn.Config, front: Front, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._front = front
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._tell()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's shape
        """Stop; the second time, at once. Readiness fails from now on."""
        self._front.stopping = True
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals while serving. They are not raised again: to be stopped is no fault."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Terse(logging.Formatter):
    """One line a record, without tracebacks and texts of foreign exceptions: they may hold what was read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the first line of the message and, at most, the kind of an exception."""
        line = record.getMessage().splitlines()[0][:300] if record.msg else ""
        kind = record.exc_info[0] if record.exc_info else None
        return f"{record.levelname.lower()}: {line}" + (f" ({kind.__name__})" if kind else "")


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes any that is free.

    Raises:
        ConfigError: the address is taken, not ours, or not allowed.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError) as fault:
        reason = (getattr(fault, "strerror", None) or "no such address").lower()
        raise ConfigError(
            f"{host}:{port} cannot be listened on: {reason}",
            advice="choose another --port or --host, or stop what listens there",
        ) from None
    return listener


def serve(front: Front, listener: socket.socket, *, grace: float, started: Callable[[], None]) -> None:
    """Serve until a signal; return when every exchange has ended.

    Raises:
        ConfigError: the server does not start.
    """
    _log_tersely()
    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,  # it would print paths, and with them keys
        lifespan="on",
        proxy_headers=False,  # nobody's word for an address is taken
        server_header=False,
        date_header=False,  # the provider's pass
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    server = Server(config, front, started)
    try:
        server.run([listener])
    except SystemExit:
        raise ConfigError("the server did not start", advice="run `guardrail doctor`") from None


def _log_tersely() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Terse())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "httpx2", "httpcore2", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
