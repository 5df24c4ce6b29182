"""The real SDKs against a provider on loopback: nothing planted goes up, what was taken comes back."""

from __future__ import annotations

import base64
import importlib
import json

import pytest
from kinds import KINDS
from sdk_clients import MAIL, NAME, TEXT, installed, openai_client
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


@pytest.mark.parametrize("kind", KINDS[:1] + KINDS[11:12], ids=str)
def test_without_a_guard_the_same_search_finds_what_leaks(kind, stub):
    kind.call(None, stub.url)
    with pytest.raises(AssertionError):
        assert_clean_above(stub)


@pytest.mark.parametrize("place", ["azure", "openrouter", "path of a team"])
def test_a_base_url_with_a_path_of_its_own_speaks_the_same_protocol(guard, stub, place):
    openai = installed("openai")
    http = guard.http_client()
    if place == "azure":
        client = openai.AzureOpenAI(
            azure_endpoint=stub.url, api_version="2024-10-21", api_key="key", http_client=http
        )
    else:
        base = {"openrouter": "/api/v1", "path of a team": "/team-7/openai/v1"}[place]
        client = openai.OpenAI(base_url=stub.url + base, api_key="key", http_client=http)
    made = client.chat.completions.create(model="stub", messages=[{"role": "user", "content": TEXT}])
    assert NAME in made.choices[0].message.content
    assert BROUGHT not in made.choices[0].message.content
    assert_clean_above(stub)
    path = stub.requests[-1][1]
    assert place != "azure" or path == "/openai/deployments/stub/chat/completions?api-version=2024-10-21"


def test_the_raw_and_the_streaming_views_of_an_sdk_are_guarded_too(guard, stub):
    with guard.http_client() as http:
        client = openai_client(http, stub.url).chat.completions
        call = {"model": "stub", "messages": [{"role": "user", "content": TEXT}]}
        raw = client.with_raw_response.create(**call)
        assert NAME in raw.text
        assert raw.headers["x-request-id"] == "req_1"
        with client.with_streaming_response.create(**call) as streaming:
            text = "".join(streaming.iter_text())
    assert NAME in text
    assert BROUGHT not in raw.text + text


def test_a_file_that_is_uploaded_is_scrubbed_in_its_parts(guard, stub):
    listed = {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "a.txt"}
    listed |= {"purpose": "assistants", "status": "processed"}
    stub.faults["/files"] = lambda handler, _: handler.reply(listed)
    with guard.http_client() as http:
        client = openai_client(http, stub.url)
        made = client.files.create(
            file=("a.txt", f"I am {NAME}.".encode(), "text/plain"), purpose="assistants"
        )
    assert made.id == "f"
    assert_clean_above(stub)
    assert b"I am <PERSON_" in stub.received[-1]


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
