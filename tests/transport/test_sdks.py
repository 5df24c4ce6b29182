"""The real SDKs against a provider on loopback: nothing planted goes up, what was taken comes back."""

from __future__ import annotations

import base64
import importlib
import json

import pytest
from kinds import KINDS, MAIL, NAME, installed
from seen import outcomes
from stub import BROUGHT, TOKEN

from guardrail.transport import wrap_client

PLANTED = (NAME, MAIL)


@pytest.fixture(params=["http_client", "wrap_client", "install"])
def http(request, guard):
    """Return a function that gives an SDK its HTTP client, in one of three ways."""
    made = []

    def give(kind):
        installed(kind.sdk)
        if request.param == "install":
            return None
        if request.param == "http_client":
            make = guard.async_http_client if kind.is_async else guard.http_client
            client = make(library=kind.library)
        else:
            module = importlib.import_module(kind.library)
            existing = (module.AsyncClient if kind.is_async else module.Client)(follow_redirects=True)
            client = wrap_client(existing, guard)
            assert client is existing
        if not kind.is_async:
            made.append(client)
        return client

    if request.param == "install":
        with pytest.warns() if _gaps() else _quiet():
            guard.install()
    yield give
    guard.uninstall()
    for client in made:
        client.close()


def _gaps():
    from guardrail.transport import uncovered

    return uncovered()


def _quiet():
    import contextlib

    return contextlib.nullcontext()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_planted_value_goes_up_and_each_comes_back(kind, http, stub, guard):
    before = guard.ledger.size
    seen = kind.call(http(kind), stub.url)
    assert_clean_above(stub)
    told = json.dumps(seen, ensure_ascii=False)
    if kind.restores:
        assert all(value in told for value in told_to(stub)), "what was taken comes back"
        assert BROUGHT not in told, "what the model brings does not"
        assert "Sure. I know" in told or "note" in told
    assert outcomes(guard, before) == ["sent", "ok"]


def told_to(stub):
    """Return the planted values whose stand-ins the provider has seen."""
    body = stub.requests[-1][3].decode()
    assert TOKEN.search(body), "the provider was told nothing at all"
    return PLANTED


def assert_clean_above(stub):
    assert len(stub.received) == 1
    for raw in stub.received:
        folded = raw.decode("latin-1").lower()
        for value in PLANTED:
            for form in forms(value):
                assert form.lower() not in folded


def forms(value):
    """Return what a value may look like in a request."""
    plain = value.encode()
    return (
        value,
        value.replace("@", "%40").replace(" ", "+"),
        value.replace("@", "%40").replace(" ", "%20"),
        base64.b64encode(plain).decode().rstrip("=")[:-2],
        json.dumps(value).strip('"'),
    )
