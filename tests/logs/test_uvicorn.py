"""What a real server logs: its access log, its errors, and what ends in the background."""

import asyncio
import logging
import threading

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse
from starlette.routing import Route

from guardrail import logs

EMAIL = "ann.smith@example.com"
CARD = "4111 1111 1111 1111"


class _Server(uvicorn.Server):
    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        self.ready.set()


async def _fail():
    raise LookupError(f"no order for {EMAIL}")


async def fine(request):
    return JSONResponse({})


async def fails(request):
    await _fail()


async def fails_later(request):
    return JSONResponse({}, background=BackgroundTask(_fail))


async def forgets(request):
    """Leave a task behind whose failure nobody looks at: the event loop logs it, with its repr."""
    asyncio.get_running_loop().call_exception_handler(
        {"message": f"a task for {EMAIL} failed", "exception": LookupError(CARD), "task": EMAIL}
    )
    return JSONResponse({})


PATHS = [
    f"/fine?email={EMAIL}",
    "/fine?email=ann.smith%40example.com&card=4111+1111+1111+1111",
    f"/fine/{EMAIL}",
    "/fails",
    "/later",
    "/forgets",
]


@pytest.fixture
def logged(tmp_path):
    """Return what a function that runs with a server of every path has left in the log file, as text."""
    file = tmp_path / "server.log"
    config = {
        **uvicorn.config.LOGGING_CONFIG,
        "handlers": {
            "default": {"class": "logging.FileHandler", "filename": str(file), "formatter": "default"},
            "access": {"class": "logging.FileHandler", "filename": str(file), "formatter": "access"},
        },
        "loggers": {
            **uvicorn.config.LOGGING_CONFIG["loggers"],
            "asyncio": {"handlers": ["default"], "level": "INFO"},
        },
    }
    app = Starlette(
        routes=[
            Route("/fine", fine),
            Route("/fails", fails),
            Route("/later", fails_later),
            Route("/forgets", forgets),
        ]
    )
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=config, lifespan="off"))

    def run():
        thread = threading.Thread(target=server.run)
        thread.start()
        assert server.ready.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        for path in PATHS:
            httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60)
        server.should_exit = True
        thread.join(60)
        return file.read_text("utf-8")

    yield run
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "asyncio"):
        for handler in logging.getLogger(name).handlers[:]:
            logging.getLogger(name).removeHandler(handler)
            handler.close()


VALUES = (EMAIL, "ann.smith", CARD, "4111 1111", "4111+1111")


def test_a_real_server_writes_no_planted_value(guard, logged):
    with logs.install(guard):
        text = logged()
    for value in VALUES:
        assert value not in text
    assert '"GET /fine?email=[EMAIL_ADDRESS] HTTP/1.1" 200 OK' in text
    assert '"GET /fine/[EMAIL_ADDRESS] HTTP/1.1" 404 Not Found' in text
    assert text.count("LookupError: no order for [EMAIL_ADDRESS]") >= 2
    assert "a task for [EMAIL_ADDRESS] failed" in text
    assert "withheld" not in text


def test_a_server_without_the_guard_writes_them_all(logged):
    text = logged()
    for value in VALUES:
        assert value in text or value == CARD


def test_an_access_line_that_cannot_be_cleaned_is_withheld_in_its_own_form(guard, tmp_path):
    log = logging.getLogger("uvicorn.access")
    handler = logging.FileHandler(tmp_path / "access.log")
    handler.setFormatter(uvicorn.logging.AccessFormatter("%(client_addr)s %(request_line)s %(status_code)s"))
    log.addHandler(handler)
    level, log.level = log.level, logging.INFO
    line = ("127.0.0.1:1", "GET", "/\N{BALLOT X}?" + EMAIL, "1.1", 200)
    with logs.install(guard):
        log.info('%s - "%s %s HTTP/%s" %d', *line)
    log.level = level
    log.removeHandler(handler)
    handler.close()
    text = (tmp_path / "access.log").read_text()
    assert "[guardrail: log record withheld: DetectionError]" in text
    assert text.endswith(" 200 OK\n")
    assert EMAIL not in text
