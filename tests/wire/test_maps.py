"""The path tells the protocol; in its map, what a person or a tool writes is text, and nothing else is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from guardrail.ledger.facts import FACTS
from guardrail.wire.document import JsonDocument
from guardrail.wire.erase import erased
from guardrail.wire.events import GenericEvents
from guardrail.wire.maps import PROTOCOLS, protocol_for
from guardrail.wire.shapes import shape_of
from guardrail.wire.sse import EventReader, data_of

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared")) / "wire_fixtures"

PATHS = [
    ("POST", "/v1/chat/completions", {}, "openai.chat"),
    ("post", "/openai/deployments/d/chat/completions?api-version=1", {}, "openai.chat"),
    ("POST", "/v1/chat/completions", {"host": "api.mistral.ai"}, "mistral.chat"),
    ("POST", "/v1/chat/completions", {"host": "API.mistral.ai:443"}, "mistral.chat"),
    ("POST", "/v1/chat/completions", {"host": "notmistral.ai"}, "openai.chat"),
    ("POST", "/v1/chat/completions", {"user-agent": "mistral-client-python/3.7.0"}, "mistral.chat"),
    ("POST", "/v1/responses", {}, "openai.responses"),
    ("POST", "/gateway/v1/responses/", {}, "openai.responses"),
    ("GET", "/v1/responses/resp_1?stream=true", {}, "openai.responses"),
    ("GET", "/v1/chat/completions", {}, ""),
    ("POST", "/v1/embeddings", {}, "openai.embeddings"),
    ("POST", "/v1/messages", {}, "anthropic.messages"),
    ("POST", "/v1/messages/count_tokens", {}, "anthropic.messages"),
    ("POST", "/v1/messages/batches", {}, "anthropic.batches"),
    ("GET", "/v1/messages/batches/msgbatch_1/results", {}, "anthropic.batches"),
    ("POST", "/v1/messages/batches/msgbatch_1/cancel", {}, ""),
    ("POST", "/v1/batches", {}, "openai.batches"),
    ("GET", "/v1/batches/batch_1", {}, "openai.batches"),
    ("POST", "/batches", {}, ""),
    (
        "GET",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        {},
        "gemini.live",
    ),
    ("GET", "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent", {}, "gemini.live"),
    ("POST", "/v1beta/models/gemini-x:generateContent", {}, "gemini.generate"),
    ("POST", "/v1/models/gemini-x:streamGenerateContent?alt=sse", {}, "gemini.generate"),
    ("POST", "/v2/chat", {}, "cohere.chat"),
    ("POST", "/chat", {}, ""),
    ("DELETE", "/v1/responses/resp_1", {}, ""),
    ("POST", "", {}, ""),
]


@pytest.mark.parametrize(("method", "path", "headers", "name"), PATHS)
def test_the_path_tells_the_protocol(method, path, headers, name):
    assert protocol_for(method, path, headers) == name
    assert name in PROTOCOLS


def test_every_protocol_has_a_name_that_an_entry_may_hold():
    assert {name or "generic" for name in PROTOCOLS} <= FACTS["protocol"]


def test_every_protocol_that_streams_has_a_shape_of_its_own_for_each_stream():
    generic = {name for name, protocol in PROTOCOLS.items() if type(shape_of(protocol)) is GenericEvents}
    assert generic == {"", "openai.embeddings", "openai.batches"}
    for protocol in PROTOCOLS.values():
        assert shape_of(protocol) is not shape_of(protocol)


# Below what no type names, nothing is structural; what a tool shapes is text whatever its keys say.
UNKNOWN = [
    ("openai.responses", ("input", 0, "brand_new", "id")),
    ("openai.responses", ("brand_new",)),
    ("anthropic.messages", ("messages", 0, "content", 0, "brand_new", "type")),
    ("anthropic.messages", ("system", 0, "brand_new")),
    ("gemini.generate", ("contents", 0, "parts", 0, "brandNew", "id")),
    ("cohere.chat", ("messages", 0, "brand_new", "type")),
    ("openai.embeddings", ("brand_new",)),
]
SHAPED = [
    ("openai.responses", ("input", 0, "arguments", "type")),
    ("anthropic.messages", ("messages", 0, "content", 0, "input", "id")),
    ("anthropic.messages", ("tools", 0, "input_examples", 0, "type")),
    ("gemini.generate", ("contents", 0, "parts", 0, "functionCall", "args", "id")),
    ("gemini.generate", ("contents", 0, "parts", 0, "function_response", "response", "name")),
    ("cohere.chat", ("documents", 0, "data", "id")),
    ("mistral.chat", ("messages", 0, "tool_calls", 0, "function", "arguments", "type")),
]


@pytest.mark.parametrize(("name", "path"), UNKNOWN, ids=str)
def test_below_an_unknown_field_nothing_is_structural(name, path):
    assert PROTOCOLS[name].request.kind(path) == "unknown"


@pytest.mark.parametrize(("name", "path"), SHAPED, ids=str)
def test_what_a_tool_or_a_caller_shapes_is_text(name, path):
    assert PROTOCOLS[name].request.kind(path) == "text"


def test_a_field_whose_sibling_is_not_told_is_looked_at():
    path = ("messages", 0, "content", 0, "source", "data")
    told = {(*path[:-1], "type"): "base64"}
    fields = PROTOCOLS["anthropic.messages"].request
    assert fields.kind(path) == "text"
    assert fields.kind(path, lambda place: told.get(place, "")) == "binary"


def test_a_tool_is_named_by_its_own_name_or_by_its_type():
    protocol = PROTOCOLS["openai.responses"]
    values = {("output", 0, "type"): "function_call", ("output", 0, "name"): "make_call"}
    assert protocol.tool(("output", 0, "arguments"), values) == "make_call"
    values = {("output", 0, "type"): "shell_call"}
    assert protocol.tool(("output", 0, "action", "commands", 0), values) == "shell"
    assert protocol.tool(("output", 0, "code"), values) is None


def test_a_text_of_a_tools_result_is_told_from_a_prompt():
    protocol = PROTOCOLS["anthropic.messages"]
    block = ("messages", 0, "content", 0)
    assert protocol.is_result((*block, "content"), {(*block, "type"): "tool_result"})
    assert not protocol.is_result((*block, "text"), {(*block, "type"): "text"})
    assert not protocol.is_result(("system",), {})
    part = ("contents", 0, "parts", 0)
    assert PROTOCOLS["gemini.generate"].is_result((*part, "functionResponse", "response", "a"), {})


SDKS = {
    "openai.responses": "openai.responses",
    "openai.embeddings": "openai.embeddings",
    "anthropic.messages": "anthropic",
    "gemini.generate": "genai",
    "mistral.chat": "mistral",
    "cohere.chat": "cohere",
}


def fixtures(prefix, name, suffix):
    if not SHARED.is_dir():
        pytest.skip("the captured requests are not beside the checkout")
    return sorted(SHARED.glob(f"{prefix}.{SDKS[name]}*.{suffix}"))


def unknown(text, fields):
    leaves = JsonDocument(text, fields).leaves
    return [leaf.path for leaf in leaves if leaf.kind == "unknown" and not leaf.is_key]


@pytest.mark.parametrize("name", SDKS)
def test_captured_bodies_have_no_unknown_field_and_tell_their_protocol(name):
    protocol = PROTOCOLS[name]
    found = fixtures("req", name, "json")
    assert found
    for path in found:
        sent = json.loads(path.read_text())
        assert protocol_for(sent["method"], sent["path"], dict(sent["headers"])) == name, path.name
        assert unknown(json.dumps(sent["body"]), protocol.request) == [], path.name
    for path in fixtures("resp", name, "json"):
        assert unknown(path.read_text(), protocol.response) == [], path.name
    for path in fixtures("resp", name, "sse"):
        for event in EventReader().feed(path.read_bytes()):
            assert unknown(erased(protocol, data_of(event)), protocol.event) == [], path.name
