"""A provider is believed to be itself by its certificate alone; who is not believed is told nothing."""

from __future__ import annotations

import asyncio
import logging
import ssl

import pytest
from certificates import self_signed
from seen import BODY, NAME, outcomes, said

CHAT = "/v1/chat/completions"
KEY = "sk-canary-0123456789"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls") / "provider.pem")


@pytest.fixture
def provider(certificate):
    from stub import Stub

    made = Stub()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made._server.socket = context.wrap_socket(
        made._server.socket, server_side=True, do_handshake_on_connect=False
    )
    made.url = made.url.replace("http", "https")
    yield made
    made.close()


@pytest.fixture(params=["httpx2", "httpx"])
def library(request):
    return pytest.importorskip(request.param, reason="pip install 'guardrail-pii[sdk]' and httpx")


def test_a_certificate_that_nobody_vouches_for_is_refused_by_guarded_clients(guard, library, provider, since):
    with guard.http_client(library=library.__name__) as client, pytest.raises(library.ConnectError):
        client.post(provider.url + CHAT, json=BODY)

    async def run():
        async with guard.async_http_client(library=library.__name__) as client:
            await client.post(provider.url + CHAT, json=BODY)

    with pytest.raises(library.ConnectError):
        asyncio.run(run())
    assert provider.received == []
    assert outcomes(guard, since) == ["sent", "error"] * 2


def test_one_that_the_caller_trusts_is_spoken_to_and_keys_go_to_it_and_into_no_log(
    guard, library, provider, certificate, caplog
):
    caplog.set_level(logging.DEBUG)
    trusted = ssl.create_default_context(cafile=certificate)
    with guard.http_client(library=library.__name__, verify=trusted) as client:
        response = client.post(provider.url + CHAT, json=BODY, headers={"authorization": f"Bearer {KEY}"})
    assert NAME in said(response)
    assert f"Bearer {KEY}".encode() in provider.received[-1]
    assert KEY not in caplog.text
    assert not any(KEY.encode() in entry.header for entry in guard.ledger.entries())
