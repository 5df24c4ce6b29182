"""What docs/sdks.md shows, runs: every block, with the real SDK, against a provider on loopback."""

from __future__ import annotations

import asyncio
import re
import warnings
from pathlib import Path

import pytest
from stub import BROUGHT

from guardrail import GuardrailWarning
from guardrail.testing import memory_guard

PAGE = Path(__file__).parents[2] / "docs" / "sdks.md"
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {
    title: block[1]
    for title, text in SECTION.findall(PAGE.read_text("utf-8"))
    if (block := BLOCK.search(text))
}
NEEDS = {
    "OpenAI": "openai",
    "OpenAI, streamed in an event loop": "openai",
    "Anthropic": "anthropic",
    "Gemini": "google.genai",
    "Mistral": "mistralai",
    "Cohere": "cohere",
    "LangChain": "langchain_openai",
    "LiteLLM": "litellm",
    "aiohttp": "aiohttp",
    "A client that you have": "httpx2",
    "Every client of the process": "httpx2",
    "OpenAI Realtime": "openai",
}
CALLS = {"OpenAI", "Anthropic", "Gemini", "Mistral", "Cohere", "LangChain", "LiteLLM"}


@pytest.fixture
def guard(policy_file):
    with memory_guard(policy_file(), known={"Ann Smith": "PERSON"}) as made:
        yield made
        made.uninstall()


@pytest.fixture
def at_loopback(stub, monkeypatch):
    """Point every SDK to the provider of the tests, by what it reads from the environment."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.setenv(name, "key")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.setenv(name, stub.url + "/v1")
    for name in ("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, stub.url)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    return stub


def run(title, guard, stub):
    """Run a recipe; return what it leaves."""
    pytest.importorskip(
        NEEDS[title], reason=f"{NEEDS[title]} is not installed here (extra `sdks`, or its own)"
    )
    source = RECIPES[title].replace("Mistral(", f'Mistral(api_key="key", server_url="{stub.url}", ')
    # It reads its environment when it is imported, which another test may have done.
    source = source.replace("ClientV2(", f'ClientV2(api_key="key", base_url="{stub.url}", ')
    namespace = {"guard": guard}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GuardrailWarning)
        exec(compile(source, f"{PAGE.name}: {title}", "exec"), namespace)  # noqa: S102 - our own page
    return namespace


@pytest.mark.parametrize("title", sorted(CALLS))
def test_the_recipe_for(title, guard, at_loopback):
    run(title, guard, at_loopback)
    assert at_loopback.received
    assert not any(b"Ann Smith" in one for one in at_loopback.received)


def test_the_recipe_for_an_event_loop(guard, at_loopback):
    ask = run("OpenAI, streamed in an event loop", guard, at_loopback)["ask"]
    text = asyncio.run(ask())
    assert "Ann Smith" in text
    assert BROUGHT not in text


def test_the_recipe_for_realtime(guard, at_loopback, monkeypatch):
    serve = pytest.importorskip("websockets.sync.server", reason="pip install websockets").serve
    from threading import Thread

    from guardrail.integrations import websockets

    received = []

    def talk(connection):
        received.extend(connection)

    with serve(talk, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.socket.getsockname()[1]
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        try:
            run("OpenAI Realtime", guard, at_loopback)
        finally:
            websockets.uninstall(guard)
            server.shutdown()
            thread.join()
    assert "session.update" in received[0]
    assert "Ann Smith" not in received[0]


def test_the_recipe_for_aiohttp(guard, at_loopback):
    aiohttp = run("aiohttp", guard, at_loopback)["aiohttp"]
    aiohttp.uninstall(guard)


def test_the_recipe_for_a_client_that_you_have(guard, at_loopback):
    client = run("A client that you have", guard, at_loopback)["client"]
    client.post(at_loopback.url, json={"a": "I am Ann Smith"})
    assert b"Ann Smith" not in at_loopback.received[-1]


def test_the_recipe_for_every_client(guard, at_loopback):
    import httpx2

    run("Every client of the process", guard, at_loopback)
    httpx2.post(at_loopback.url + "/v1/chat/completions", json={"a": "I am Ann Smith"})
    assert b"Ann Smith" not in at_loopback.received[-1]


def test_every_recipe_of_the_page_is_run():
    assert set(RECIPES) == set(NEEDS)
