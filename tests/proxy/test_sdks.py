"""The real SDKs by their base URL alone: nothing planted goes up, what was taken comes back, keys pass."""

from __future__ import annotations

import json

import pytest
from kinds import KINDS
from sdk_clients import MAIL, NAME, installed
from stub import BROUGHT, TOKEN

PLANTED = (NAME, MAIL)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_an_sdk_works_by_its_base_url_alone(kind, proxy, stub):
    installed(kind.sdk)
    before = proxy.guard.ledger.size
    seen = kind.call(None, proxy.url)
    proxy.settled()
    up = b"\n".join(body for _, _, _, body in stub.requests)
    assert TOKEN.search(up.decode())
    assert not any(value.encode() in up for value in PLANTED)
    told = json.dumps(seen, ensure_ascii=False)
    if kind.restores:
        assert all(value in told for value in PLANTED), "what was taken comes back"
        assert BROUGHT not in told, "what the model brings does not"
    assert [entry.type for entry in proxy.guard.ledger.entries(before)] == [
        "exchange.request",
        "exchange.response",
    ]

    assert_key_passed(stub)


def assert_key_passed(stub):
    _, path, headers, _ = stub.requests[-1]
    sent = {name.lower(): value for name, value in headers.items()}
    keys = [sent.get(name) for name in ("authorization", "x-api-key", "x-goog-api-key")]
    assert {"Bearer key", "key"} & set(keys), "in the header that the SDK uses"
    assert not any(name.startswith(("x-forwarded", "forwarded", "cookie")) for name in sent)
    assert "key" not in path
