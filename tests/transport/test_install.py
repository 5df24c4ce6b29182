"""One call guards every client of the process that speaks to a model; what it cannot guard it names."""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings
from types import ModuleType

import pytest
from seen import BODY, MAIL, NAME, outcomes, said

from guardrail import ConfigError, GuardrailWarning
from guardrail.testing import memory_guard
from guardrail.transport import http_client, install, uncovered, uninstall, wrap_client
from guardrail.transport.hosts import Hosts

CHAT = "/v1/chat/completions"


@pytest.fixture(params=["httpx2", "httpx"])
def library(request):
    return pytest.importorskip(request.param, reason="pip install 'guardrail-pii[sdk]' and httpx")


@pytest.fixture
def put(guard):
    """Return a function that installs the guard without the warnings, which have tests of their own."""

    def on(**options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GuardrailWarning)
            guard.install(**options)

    yield on
    guard.uninstall()


def test_clients_that_were_made_before_are_guarded(put, library, stub):
    with library.Client() as client:
        put()
        assert NAME in said(client.post(stub.url + CHAT, json=BODY))
    assert MAIL.encode() not in stub.received[-1]


def _hosts_of_sdks():
    """Yield the hosts that the installed SDKs ask when nobody tells them another."""
    openai = pytest.importorskip("openai", reason="pip install 'guardrail-pii[sdks]'")
    anthropic = pytest.importorskip("anthropic", reason="pip install 'guardrail-pii[sdks]'")
    genai = pytest.importorskip("google.genai", reason="pip install 'guardrail-pii[sdks]'")
    pytest.importorskip("mistralai", reason="pip install 'guardrail-pii[sdks]'")
    cohere = pytest.importorskip("cohere", reason="pip install 'guardrail-pii[sdks]'")
    from mistralai.client.sdkconfiguration import SERVERS

    yield openai.OpenAI(api_key="k").base_url.host
    yield from (f"{region}.api.openai.com" for region in ("eu", "us", "mtls"))
    azure = {"azure_endpoint": "https://us.openai.azure.com", "api_version": "1", "api_key": "k"}
    yield openai.AzureOpenAI(**azure).base_url.host
    yield anthropic.Anthropic(api_key="k").base_url.host
    for region in ("global", "us", "eu", "us-east5"):
        yield anthropic.AnthropicVertex(region=region, project_id="p", access_token="t").base_url.host
    client = genai.Client(vertexai=True, project="p", location="eu", credentials=_credentials())
    yield client._api_client._http_options.base_url.removeprefix("https://").rstrip("/")
    yield from ("us-east5-aiplatform.mtls.googleapis.com", "aiplatform.mtls.googleapis.com")
    yield genai.Client(api_key="k")._api_client._http_options.base_url.removeprefix("https://").rstrip("/")
    yield from (url.removeprefix("https://") for url in SERVERS.values())
    yield cohere.ClientEnvironment.PRODUCTION.value.removeprefix("https://").partition("/")[0]


def _credentials():
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()


def test_every_host_that_an_installed_sdk_asks_by_itself_is_guarded():
    hosts = Hosts()
    unknown = [host for host in _hosts_of_sdks() if not hosts.includes(host)]
    assert unknown == []


def test_so_are_the_functions_of_the_library(put, library, stub):
    put()
    assert NAME in said(library.post(stub.url + CHAT, json=BODY))
    assert MAIL.encode() not in stub.received[-1]


def test_so_is_the_client_of_an_event_loop(put, library, stub):
    async def run():
        async with library.AsyncClient() as client:
            return await client.post(stub.url + CHAT, json=BODY)

    put()
    assert NAME in said(asyncio.run(run()))
    assert MAIL.encode() not in stub.received[-1]


def test_what_speaks_no_protocol_to_no_provider_passes_untouched(put, library, stub, guard, since):
    put()
    stub.faults["/mine"] = lambda handler, body: handler.whole(body, "application/json")
    answer = library.post(stub.url + "/mine", json=BODY)
    assert answer.json() == BODY
    assert outcomes(guard, since) == []


def test_a_host_that_is_named_is_guarded_on_every_path(put, library, stub):
    put(hosts=("127.0.0.1",))
    library.post(stub.url + "/mine", json=BODY)
    assert MAIL.encode() not in stub.received[-1]


def test_installing_again_changes_the_options_and_guards_once(put, library, stub, guard, since):
    put(hosts=("127.0.0.1",))
    put()
    library.post(stub.url + "/mine", json=BODY)
    assert MAIL.encode() in stub.received[-1]
    library.post(stub.url + CHAT, json=BODY)
    assert outcomes(guard, since) == ["sent", "ok"]


def test_a_client_of_its_own_guard_is_guarded_once(put, library, stub, guard, since):
    before = guard.http_client(library=library.__name__)
    put()
    with before, http_client(guard, library=library.__name__) as after:
        before.post(stub.url + CHAT, json=BODY)
        after.post(stub.url + CHAT, json=BODY)
    assert outcomes(guard, since) == ["sent", "ok"] * 2


def test_what_is_sent_again_is_guarded_again(put, library, stub, guard, since):
    put()
    with library.Client() as client:
        first = client.post(stub.url + CHAT, json=BODY)
        client.send(first.request)
    assert outcomes(guard, since) == ["sent", "ok"] * 2


def test_uninstalling_leaves_no_trace(put, library, stub, guard, since):
    original = library.Client.send, library.AsyncClient.send
    put()
    assert library.Client.send is not original[0]
    guard.uninstall()
    guard.uninstall()
    assert (library.Client.send, library.AsyncClient.send) == original
    library.post(stub.url + CHAT, json=BODY)
    assert outcomes(guard, since) == []


def test_a_client_that_was_wrapped_stays_guarded(put, library, stub, guard, since):
    put()
    with wrap_client(library.Client(), guard) as client:
        guard.uninstall()
        client.post(stub.url + CHAT, json=BODY)
    assert outcomes(guard, since) == ["sent", "ok"]


def test_what_someone_put_above_ours_stays_and_finds_it_without_effect(
    put, library, stub, guard, monkeypatch
):
    since = guard.ledger.size
    put()
    below = library.Client.send
    calls = []

    def above(client, request, **options):
        calls.append(request)
        return below(client, request, **options)

    with monkeypatch.context() as patch:
        patch.setattr(library.Client, "send", above)
        guard.uninstall()
        library.post(stub.url + CHAT, json=BODY)
        assert (len(calls), outcomes(guard, since)) == (1, [])
    library.Client.send = below.__wrapped__


def test_one_process_has_one_guard(put, policy_file):
    put()
    with memory_guard(policy_file()) as other:
        with pytest.raises(ConfigError, match="another guard is installed"):
            install(other)
        uninstall(other)  # not on: without effect


@pytest.mark.filterwarnings("ignore::guardrail.GuardrailWarning")
def test_many_threads_may_install_and_call_at_once(put, library, stub, guard):
    original = library.Client.send
    failures = []

    def work(number):
        try:
            for _ in range(3):
                put()
                if number % 2:
                    library.post(stub.url + CHAT, json=BODY)
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert not any(MAIL.encode() in one for one in stub.received)
    guard.uninstall()
    assert library.Client.send is original


def test_without_any_client_there_is_nothing_to_install(guard, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx2", None)
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ConfigError, match="no HTTP client"):
        guard.install()


# --- hosts


@pytest.mark.parametrize(
    ("url", "guarded"),
    [
        ("https://api.openai.com/v1/files", True),
        ("https://API.OpenAI.com./v1/files", True),
        ("https://eu.api.openai.com/v1/files", True),
        ("https://mine.openai.azure.com/openai/deployments/d/audio", True),
        ("https://api.anthropic.com/v1/messages/batches", True),
        ("https://europe-west1-aiplatform.googleapis.com/v1/x", True),
        ("https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/invoke", True),
        ("https://openrouter.ai/api/v1/anything", True),
        ("http://127.0.0.1:8000/v1/chat/completions", True),
        ("http://localhost:11434/v1/responses", True),
        ("https://gateway.example/team-7/openai/v1/chat/completions?api-version=1", True),
        ("https://gateway.example/anthropic/v1/messages", True),
        ("https://gateway.example/google/v1beta/models/m:streamGenerateContent", True),
        ("https://api.openai.com.evil.example/v1/files", False),
        ("https://openai.com.example/", False),
        ("https://storage.example/bucket/key", False),
        ("https://gateway.example/v1/chat/completions/status", False),
    ],
)
def test_a_request_to_a_provider_or_in_its_words_is_guarded(url, guarded):
    httpx2 = pytest.importorskip("httpx2")
    request = httpx2.Request("POST", url)
    headers = dict(request.headers)
    seen = Hosts().guards(method="POST", host=request.url.host, path=request.url.path, headers=headers)
    assert seen is guarded


def test_hosts_of_ones_own_may_have_stars():
    hosts = Hosts(("llm.example.com", "*.internal"))
    assert hosts.includes("llm.example.com")
    assert hosts.includes("a.b.internal")
    assert not hosts.includes("llmXexample.com")
    assert Hosts(("*",)).includes("anything.example")


@pytest.mark.parametrize("names", ["api.example.com", ("https://api.example.com",), ("api.example.com/v1",)])
def test_what_is_no_host_is_refused(names):
    with pytest.raises(ConfigError, match="host names"):
        Hosts(names)


# --- what is not covered


PROVIDERS_LIBRARIES = (
    "aiohttp",
    "boto3",
    "botocore",
    "dashscope",
    "google.cloud.aiplatform",
    "google.genai",
    "helicone_helpers",
    "openai",
    "replicate",
    "vertexai",
    "websockets",
)


@pytest.fixture
def only(monkeypatch):
    """Return a function that makes it look as if only these modules were there."""

    def pretend(*there):
        for name in PROVIDERS_LIBRARIES:
            monkeypatch.setitem(sys.modules, name, ModuleType(name) if name in there else None)

    return pretend


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ((), []),
        (("aiohttp",), []),
        (("google.genai", "aiohttp"), ["google-genai"]),
        (("openai", "websockets"), ["websockets"]),
        (("boto3",), ["boto3"]),
        (("vertexai",), ["grpc"]),
        (("helicone_helpers",), ["requests"]),
    ],
)
def test_what_no_hook_covers_is_named(only, there, named):
    only(*there)
    assert [str(gap).split()[0].split("'")[0] for gap in uncovered()] == named


def test_a_library_that_cannot_be_looked_for_is_not_there(monkeypatch):
    monkeypatch.delitem(sys.modules, "google.genai", raising=False)
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    assert not [gap for gap in uncovered() if "google" in gap.name]


def test_installing_warns_of_it_with_what_to_do(guard, only):
    only("boto3", "botocore")
    try:
        with pytest.warns(
            GuardrailWarning, match=r"boto3 .* is not guarded: send it through `guardrail proxy`"
        ):
            guard.install()
    finally:
        guard.uninstall()


def test_and_strictly_refuses(guard, only, library):
    only("boto3")
    original = library.Client.send
    with pytest.raises(ConfigError, match="is guarded: boto3") as caught:
        guard.install(strict=True)
    assert "guardrail proxy" in caught.value.advice
    assert library.Client.send is original
