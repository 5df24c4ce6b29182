"""Real servers for the tests: uvicorn, granian and hypercorn, each in a thread of this process.

A server is started once per module, with a `Stage` in the application's place;
every test puts its own application on it.
"""

import asyncio
import contextlib
import importlib.util
import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

KINDS = ("uvicorn", "granian", "hypercorn")


class Stage:
    """The application that a server runs: whichever is on it, and a count of its calls."""

    def __init__(self):
        self.app = None
        self.running = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.running -= 1

    @contextmanager
    def playing(self, app):
        """Put `app` on; on leaving, all its exchanges have ended."""
        self.app = app
        try:
            yield
        finally:
            for _ in range(2000):
                if not self.running:
                    break
                time.sleep(0.01)
            assert not self.running, "an exchange did not end"


@contextmanager
def started(kind, app, **options):
    """Serve `app` on a server of this kind; give its port."""
    if importlib.util.find_spec(kind) is None:
        pytest.skip(f"{kind} is not installed: pip install {kind}")
    with {"uvicorn": _uvicorn, "granian": _granian, "hypercorn": _hypercorn}[kind](app, **options) as port:
        _wait_for(port)
        yield port


@contextmanager
def served(app, **options):
    """Serve `app` alone, on uvicorn; give its port. On leaving, all exchanges have ended."""
    with started("uvicorn", app, **options) as port:
        yield port


def _wait_for(port):
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("the server did not open its port")


@contextmanager
def _in_thread(main, stop):
    """Run the coroutine of `main` in a loop of its own; `stop` is called in the loop to end it."""
    loop = asyncio.new_event_loop()

    def run():
        asyncio.set_event_loop(loop)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop)
        thread.join(60)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def _uvicorn(app, **options):
    import uvicorn

    settings = {"log_config": None, "lifespan": "auto", "timeout_graceful_shutdown": 20} | options
    server = uvicorn.Server(uvicorn.Config(app, **settings))
    with (
        _listening() as sock,
        _in_thread(lambda: server.serve(sockets=[sock]), lambda: setattr(server, "should_exit", True)),
    ):
        yield sock.getsockname()[1]


@contextmanager
def _hypercorn(app):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    ended = asyncio.Event()
    with _listening() as sock:
        config = Config()
        config.bind = [f"fd://{sock.fileno()}"]
        config.graceful_timeout = 20
        quiet = logging.getLogger("tests.hypercorn")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        config.accesslog = config.errorlog = quiet
        with _in_thread(lambda: serve(app, config, shutdown_trigger=ended.wait), ended.set):
            yield sock.getsockname()[1]
        sock.detach()  # the server has closed it


@contextmanager
def _granian(app):
    from granian.server.embed import Server

    with _listening() as sock:
        port = sock.getsockname()[1]
    server = Server(app, "127.0.0.1", port, interface="asgi", log_enabled=False)
    with _in_thread(server.serve, server.stop):
        yield port


@contextmanager
def _listening():
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    with sock:
        yield sock
