"""Of the handshake of a websocket, the query and the named fields are guarded, as of every request."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from seen import MAIL, SECRET, outcomes
from stub import TOKEN

from guardrail import BlockedError

guarded = pytest.importorskip("guardrail.integrations.websockets")

in_loop = pytest.importorskip("websockets.asyncio.client")
in_thread = pytest.importorskip("websockets.sync.client")
serve = pytest.importorskip("websockets.sync.server").serve


@pytest.fixture
def put(guard):
    guarded.install(guard, hosts=("127.0.0.1",))
    yield
    guarded.uninstall(guard)


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_query_and_named_fields_of_a_handshake_are_scrubbed(guard, put, since, kind):
    with _noting() as (url, seen):
        _connect(
            kind,
            url + "/echo?model=stub&note=jane.roe%40example.com&key=k",
            {"X-User-Email": MAIL, "X-Other": "1"},
        )
    (path, fields) = seen[0]
    assert path.startswith("/echo?model=stub&note=")
    assert path.endswith("&key=k")
    assert "jane.roe" not in path
    assert "EMAIL_ADDRESS_" in path
    assert TOKEN.fullmatch(fields["X-User-Email"])
    assert fields["X-Other"] == "1"
    assert "Accept-Encoding" not in fields
    assert outcomes(guard, since)[:2] == ["sent", "ok"]


def test_a_handshake_that_holds_nothing_to_look_at_has_no_entry(guard, put, since):
    with _noting() as (url, seen):
        _connect("threads", url + "/echo?model=stub", {"X-Other": "1"})
    assert seen[0][0] == "/echo?model=stub"
    assert guard.ledger.size == since


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_a_handshake_that_the_policy_blocks_is_never_made(guard, put, since, kind):
    with _noting() as (url, seen), pytest.raises(BlockedError, match="secrets"):
        _connect(kind, url + f"/echo?note=aws_access_key_id+%3D+{SECRET}", {})
    assert seen == []


@contextlib.contextmanager
def _noting():
    """Give the URL of a server, and what its handshakes were."""
    seen = []

    def note(connection):
        seen.append((connection.request.path, dict(connection.request.headers.raw_items())))

    with serve(note, "127.0.0.1", 0) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{made.socket.getsockname()[1]}", seen
        made.shutdown()
        thread.join()


def _connect(kind, url, headers):
    async def run():
        async with in_loop.connect(url, additional_headers=headers):
            pass

    if kind == "loop":
        asyncio.run(run())
        return
    with in_thread.connect(url, additional_headers=headers):
        pass


def test_uninstalled_a_handshake_is_as_the_caller_made_it(guard, put):
    guarded.uninstall(guard)
    with _noting() as (url, seen):
        _connect("threads", url + "/echo?note=jane.roe%40example.com", {})
    assert seen[0][0] == "/echo?note=jane.roe%40example.com"
