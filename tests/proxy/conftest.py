"""A proxy on loopback before the provider that the tests of the transport use."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

# In importlib mode, what tests share is found here: the provider, its bodies and the kinds of calls.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "transport")]

KNOWN = {"Jane Roe": "PERSON"}

POLICY = """
schema = 1
name = "proxy"
version = "1"
title = "For the tests of the proxy"
owner = "tests@example.com"
review_by = 2099-01-01

[defaults]
min_score = 0.5
unlisted = "redact"
on_error = "block"
on_unreadable = "pass"
unknown_field = "scrub"

[retention]
content = "never"
vault = "30 days"
ledger = "3 years"

[[rules]]
id = "people"
why = "the model need not know"
find = ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"]
action = "tokenize"
restore = ["completion", "tool:crm_*"]

[[rules]]
id = "cards"
why = "never leave"
find = ["CREDIT_CARD"]
action = "block"
"""


@pytest.fixture(scope="session")
def policy_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "proxy.toml"
    path.write_text(POLICY, "utf-8")
    return path


@pytest.fixture(scope="session")
def make_guard(policy_file):
    """Return a function that makes a measured guard without models, its ledger in memory."""
    from guardrail import policy as policies
    from guardrail.detect import Detector
    from guardrail.ledger import Ledger
    from guardrail.proxy.metrics import MeasuredGuard
    from guardrail.testing import KnownValues
    from guardrail.vault.keys import Keys

    loaded = policies.load(policy_file)
    detector = Detector.load(wanted=loaded.entities, names="none", extra=[KnownValues(KNOWN)])

    def make(**options):
        keys = Keys.ephemeral()
        ledger = Ledger.open(None, seed=keys.log_seed)
        return MeasuredGuard(policy=loaded, detector=detector, keys=keys, ledger=ledger, **options)

    return make


@pytest.fixture
def guard(make_guard):
    with make_guard() as made:
        yield made


@pytest.fixture(scope="session")
def _stub():
    from stub import Stub

    made = Stub()
    yield made
    made.close()


@pytest.fixture
def stub(_stub):
    """Return the provider, with nothing received yet."""
    _stub.forget()
    return _stub


class Running:
    """A proxy that runs in a thread of this process."""

    def __init__(self, front, port):
        self.front = front
        self.url = f"http://127.0.0.1:{port}"

    def settled(self):
        """Wait until every exchange has ended."""
        for _ in range(1000):
            if not self.front.open:
                return
            time.sleep(0.01)
        pytest.fail("an exchange did not end")


@contextmanager
def proxied(guard, *upstreams, timeout=20.0, max_body=1_000_000, ca_file=None, **headers):
    """Run a proxy before the upstreams for as long as the block lasts."""
    import uvicorn

    from guardrail.proxy.forward import Forwarder, trusted
    from guardrail.proxy.front import Callers, Front
    from guardrail.proxy.upstreams import Upstreams

    routes = Upstreams.parse(upstreams)
    callers = Callers(guard, routes, **headers)
    forwarder = Forwarder(routes, trusted(ca_file), timeout=timeout, dropped=callers.headers)
    front = Front(guard, forwarder, callers, max_body=max_body)
    config = uvicorn.Config(
        front, log_config=None, log_level="critical", lifespan="on", server_header=False, date_header=False
    )
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        running = Running(front, listener.getsockname()[1])
        try:
            yield running
            running.settled()
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def run_proxy():
    return proxied


@pytest.fixture(scope="module")
def _running(make_guard, _stub):
    with make_guard() as guard, proxied(guard, _stub.url) as running:
        running.guard = guard
        yield running


@pytest.fixture
def proxy(_running, stub):
    """Return a proxy before the provider, for any path; it serves all tests of a module."""
    yield _running
    _running.settled()
