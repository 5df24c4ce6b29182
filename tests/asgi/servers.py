"""A real server for a test: uvicorn in a thread, on a free port."""

import threading
from contextlib import contextmanager

import uvicorn


class _Server(uvicorn.Server):
    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        self.ready.set()


@contextmanager
def served(app, **options):
    """Serve `app`; give its port. On leaving, all exchanges have ended."""
    settings = {"log_config": None, "lifespan": "off", "timeout_graceful_shutdown": 20} | options
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, **settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(30), "the server did not start"
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)
