"""A web application on a loopback port of its own, in a thread, for as long as a block lasts."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import uvicorn

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

__all__ = ["serving"]

PATIENCE: Final = 20.0  # seconds for a server to stop


class _Server(uvicorn.Server):
    """Says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve `app`; yield its address, "http://127.0.0.1:40123". When the block is left, it has stopped.

    Raises:
        ConfigError: it does not start.
    """
    config = uvicorn.Config(app, log_config=None, log_level="warning", timeout_graceful_shutdown=2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(config)

        def serve() -> None:
            with suppress(SystemExit):  # uvicorn ends its process where the application does not start
                server.run([listener])

        thread = threading.Thread(target=serve, name="guardrail-demo", daemon=True)
        thread.start()
        try:
            while thread.is_alive() and not server.ready.wait(0.1):
                pass
            if not server.ready.is_set():
                raise ConfigError("a local server did not start", advice="run the demo again")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
