"""The pages for operators tell the truth and no value; who is asking is believed only where that was said."""

from __future__ import annotations

import json

import httpx2
import pytest

from guardrail.errors import ConfigError, LedgerError
from guardrail.proxy.front import PROVEN
from guardrail.proxy.metrics import Metrics
from guardrail.types import Context, Event

MAIL = "jane.roe@example.com"
PATH = "/v1/chat/completions"


def ask(proxy, text=f"I am {MAIL}", **headers):
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return httpx2.post(proxy.url + PATH, json=body, headers=headers, timeout=20)


def page(proxy, name):
    return httpx2.get(f"{proxy.url}/-/{name}", timeout=20)


def told(stub):
    return json.loads(stub.requests[-1][3])["messages"][0]["content"]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


# --- pages


def test_ready_means_ledger_detector_and_policy_work(proxy):
    answer = page(proxy, "ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "amiss": []})
    assert page(proxy, "health").json() == {"alive": True}


def test_a_ledger_that_refuses_is_not_ready_and_nothing_leaves(make_guard, stub, run_proxy):
    clock = Clock()
    with make_guard(clock=clock) as guard, run_proxy(guard, stub.url) as proxy:
        ask(proxy)
        assert page(proxy, "ready").status_code == 200
        stub.forget()
        working, guard.ledger.append = guard.ledger.append, _refuses
        assert ask(proxy).status_code == 503
        assert not stub.requests
        assert page(proxy, "ready").json() == {"ready": False, "amiss": ["ledger"]}
        assert "guardrail_ready 0" in page(proxy, "metrics").text
        guard.ledger.append = working
        assert page(proxy, "ready").status_code == 200, "it is tried again, not remembered"
        assert "guardrail_ledger_errors_total 0" not in page(proxy, "metrics").text


def _refuses(event):
    raise LedgerError("the disk is full", advice="make room")


def test_an_idle_ledger_is_proven_by_an_entry_and_a_busy_one_by_its_own(make_guard, stub, run_proxy):
    clock = Clock()
    with make_guard(clock=clock) as guard, run_proxy(guard, stub.url) as proxy:
        page(proxy, "ready")
        size = guard.ledger.size
        page(proxy, "ready")
        assert guard.ledger.size == size, "just proven"
        clock.now += PROVEN + 1
        page(proxy, "ready")
        assert [entry.type for entry in guard.ledger.entries(size)] == ["writer.heartbeat"]


def test_a_detector_that_fails_is_not_ready(make_guard, stub, run_proxy):
    with make_guard() as guard, run_proxy(guard, stub.url) as proxy:

        class Broken:
            def detect(self, passages):
                raise MemoryError

        guard.detector = Broken()
        assert page(proxy, "ready").json()["amiss"] == ["detector"]
        assert page(proxy, "ready").status_code == 503


def test_a_proxy_that_stops_is_not_ready(proxy):
    proxy.front.stopping = True
    try:
        assert page(proxy, "ready").json() == {"ready": False, "amiss": ["stopping"]}
        assert page(proxy, "health").status_code == 200
    finally:
        proxy.front.stopping = False


def test_metrics_count_kinds_and_hold_no_value(make_guard, stub, run_proxy):
    with make_guard() as guard, run_proxy(guard, stub.url, tenant="X-Tenant") as proxy:
        ask(proxy, **{"x-tenant": "acme"})
        ask(proxy, f"card 4111 1111 1111 1111 of {MAIL}")
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": f"I am {MAIL}"}]}
        assert httpx2.post(proxy.url + PATH, json=body, timeout=20).status_code == 200
        proxy.settled()
        answer = page(proxy, "metrics")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'guardrail_exchanges_total{outcome="ok"} 2' in lines
    assert 'guardrail_exchanges_total{outcome="blocked"} 1' in lines
    mails = 'guardrail_findings_total{side="request",entity="EMAIL_ADDRESS",action="tokenize"} 3'
    assert mails in lines
    assert 'guardrail_findings_total{side="request",entity="CREDIT_CARD",action="block"} 1' in lines
    assert "guardrail_exchanges_open 0" in lines
    assert not any(word in answer.text for word in ("jane", "4111", "acme", "tobias"))
    assert_reads_as_prometheus(lines)


def test_holds_of_streams_are_told_as_the_ledger_has_them():
    metrics = Metrics()
    for held in (3, 40, 9):
        facts = {
            "outcome": "ok",
            "held_p50": held,
            "held_p95": 2 * held,
            "hold_p50_us": 1500,
            "hold_p95_us": 2500,
        }
        metrics.recorded(Event("exchange.response", facts=facts))
    lines = list(metrics.lines(open_exchanges=0, ready=True))
    assert 'guardrail_stream_hold_characters{quantile="0.5"} 9' in lines
    assert 'guardrail_stream_hold_characters{quantile="0.95"} 18' in lines
    assert 'guardrail_stream_hold_seconds{quantile="0.95"} 0.0025' in lines
    assert_reads_as_prometheus(lines)


def assert_reads_as_prometheus(lines):
    import re

    sample = re.compile(r'[a-z_]+(\{([a-z]+="[^"\n]*"(,|(?=\})))+\})? [0-9.e-]+')
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(typed) == len(set(typed))
    for line in lines:
        assert line.startswith(("# HELP", "# TYPE")) or sample.fullmatch(line), line


def test_there_are_no_other_pages_and_none_is_forwarded(proxy, stub):
    assert page(proxy, "secrets").status_code == 404
    assert httpx2.post(f"{proxy.url}/-/ready", timeout=20).status_code == 405
    assert httpx2.head(f"{proxy.url}/-/ready", timeout=20).status_code == 200
    assert not stub.requests


# --- who is asking


def test_a_header_is_not_believed_unless_it_was_named(proxy, stub):
    seen = set()
    for conversation in ("one", "two"):
        ask(proxy, **{"x-conversation-id": conversation, "x-tenant": "acme"})
        seen.add(told(stub))
    assert len(seen) == 1


def test_tenant_and_conversation_are_scopes_of_their_own_and_stay_here(make_guard, stub, run_proxy):
    with (
        make_guard() as guard,
        run_proxy(guard, stub.url, tenant="X-Tenant", conversation="X-Conversation-Id") as proxy,
    ):
        seen = []
        for tenant, conversation in (("a", "1"), ("a", "2"), ("b", "1"), ("a", "1")):
            ask(proxy, **{"x-tenant": tenant, "X-Conversation-ID": conversation})
            seen.append(told(stub))
            up = {name.lower() for name in stub.requests[-1][2]}
            assert not {"x-tenant", "x-conversation-id"} & up
        assert len(set(seen)) == 3
        assert seen[0] == seen[3]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-tenant": "Jane Roe"}, 400),
        ({"x-tenant": "a" * 40}, 400),
        ({"x-conversation-id": "c" * 300}, 400),
    ],
)
def test_a_header_that_is_no_name_is_refused(headers, status, make_guard, stub, run_proxy):
    with (
        make_guard() as guard,
        run_proxy(guard, stub.url, tenant="X-Tenant", conversation="X-Conversation-Id") as proxy,
    ):
        answer = ask(proxy, **headers)
    assert answer.status_code == status
    assert "Jane" not in answer.text
    assert not stub.requests


def test_the_provider_of_a_path_is_known_to_the_policy(guard):
    from guardrail.proxy.front import Callers
    from guardrail.proxy.upstreams import Upstreams

    routes = Upstreams.parse(["https://api.openai.com", "/anthropic=https://api.anthropic.com"])
    callers = Callers(guard, routes)
    scope = {"type": "http", "headers": []}
    assert callers({**scope, "path": PATH}).provider == "openai"
    assert callers({**scope, "path": "/anthropic/v1/messages"}).provider == "anthropic"
    assert callers.headers == frozenset()


def test_a_context_that_the_ledger_cannot_hold_does_not_start(make_guard):
    with pytest.raises(ConfigError):
        make_guard(context=Context(tenant="Jane Roe"))
