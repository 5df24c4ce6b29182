"""The clients of the real SDKs, and what they are asked."""

from __future__ import annotations

import json

import pytest
from provider_bodies import TOOL

NAME, MAIL = "Jane Roe", "jane.roe@example.com"
TEXT = f"I am {NAME}, {MAIL}. Please write."
SYSTEM = f"Be kind to {MAIL}"

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": f"Writes to people such as {MAIL}",
            "parameters": {"type": "object", "properties": {"to": {"type": "array"}}},
        },
    }
]
FLAT_TOOLS = [{"type": "function", **TOOLS[0]["function"], "strict": False}]
HISTORY = [
    {"role": "system", "content": SYSTEM},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_0",
                "type": "function",
                "function": {"name": "lookup", "arguments": json.dumps({"email": MAIL})},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_0", "content": f"found {NAME}"},
    {"role": "user", "content": TEXT},
]


def installed(module):
    return pytest.importorskip(module, reason=f"pip install 'guardrail-pii[sdks]' has {module}")


# --- clients


def openai_client(http, url, *, is_async=False):
    openai = installed("openai")
    make = openai.AsyncOpenAI if is_async else openai.OpenAI
    return make(
        base_url=f"{url}/v1",
        api_key="key",
        http_client=http,
        max_retries=0,
        _strict_response_validation=True,
    )


def anthropic_client(http, url, *, is_async=False):
    anthropic = installed("anthropic")
    make = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
    return make(
        base_url=url, api_key="key", http_client=http, max_retries=0, _strict_response_validation=True
    )


def genai_client(http, url, *, is_async=False):
    genai = installed("google.genai")
    given = {("httpx_async_client" if is_async else "httpx_client"): http} if http else {}
    if is_async and not http:
        httpx2 = installed("httpx2")
        given = {"httpx_async_client": httpx2.AsyncClient()}  # else it would use aiohttp
    options = genai.types.HttpOptions(base_url=url, api_version="v1", **given)
    return genai.Client(api_key="key", http_options=options)


def mistral_client(http, url, *, is_async=False):
    installed("mistralai")
    from mistralai.client import Mistral

    given = {("async_client" if is_async else "client"): http} if http else {}
    return Mistral(api_key="key", server_url=url, **given)


def cohere_client(http, url, *, is_async=False):
    cohere = installed("cohere")
    make = cohere.AsyncClientV2 if is_async else cohere.ClientV2
    return make(api_key="key", base_url=url, httpx_client=http)
