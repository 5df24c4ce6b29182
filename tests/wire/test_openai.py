"""The map of Chat Completions names every field that the installed SDK knows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sdk_types import CLOSED, FREE, dotted, fields_of

from guardrail.wire.document import JsonDocument
from guardrail.wire.erase import erased
from guardrail.wire.openai import CHAT
from guardrail.wire.sse import EventReader, data_of

chat = pytest.importorskip("openai.types.chat", reason="the openai SDK is not installed")

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared"))


def sdk_types():
    from openai.types.chat import completion_create_params as params

    return (
        (params.CompletionCreateParamsStreaming, CHAT.request),
        (params.CompletionCreateParamsNonStreaming, CHAT.request),
        (chat.ChatCompletion, CHAT.response),
        (chat.ChatCompletionChunk, CHAT.event),
    )


@pytest.mark.parametrize("at", range(4))
def test_no_field_of_the_sdk_is_unknown(at):
    kind, fields = sdk_types()[at]
    paths = dict(fields_of(kind))
    assert len(paths) > 50
    unknown = [dotted(path) for path in paths if fields.kind(path) in {"unknown", "loose"}]
    assert unknown == [], "decide what these fields of the SDK are, in guardrail/wire/openai.py"


# Strings without a closed list that are not looked at: each was decided. Names that a caller invents
# for tools and schemas are shape (a model must call them by the name), references are no text.
DECIDED = {
    "audio.voice",
    "audio.voice.id",
    "function_call.name",
    "functions.*.name",
    "messages.*.audio.id",
    "messages.*.content.*.file.file_id",
    "messages.*.function_call.name",
    "messages.*.tool_call_id",
    "messages.*.tool_calls.*.custom.name",
    "messages.*.tool_calls.*.function.name",
    "messages.*.tool_calls.*.id",
    "model",
    "moderation.model",
    "response_format.json_schema.name",
    "tool_choice.custom.name",
    "tool_choice.function.name",
    "tools.*.custom.format.grammar.definition",
    "tools.*.custom.name",
    "tools.*.function.name",
    "choices.*.message.audio.id",
    "choices.*.message.function_call.name",
    "choices.*.message.tool_calls.*.custom.name",
    "choices.*.message.tool_calls.*.function.name",
    "choices.*.message.tool_calls.*.id",
    "choices.*.delta.audio.id",
    "choices.*.delta.function_call.name",
    "choices.*.delta.tool_calls.*.function.name",
    "choices.*.delta.tool_calls.*.id",
    "id",
    "moderation.input.code",
    "moderation.input.model",
    "moderation.input.results.*.model",
    "moderation.output.code",
    "moderation.output.model",
    "moderation.output.results.*.model",
    "system_fingerprint",
    # Log probabilities repeat the answer: they are nulled before anything is read.
    "choices.*.logprobs.content.*.token",
    "choices.*.logprobs.content.*.top_logprobs.*.token",
    "choices.*.logprobs.refusal.*.token",
    "choices.*.logprobs.refusal.*.top_logprobs.*.token",
    "obfuscation",
}


@pytest.mark.parametrize("at", range(4))
def test_every_free_text_of_the_sdk_is_looked_at_or_was_decided_not_to_be(at):
    kind, fields = sdk_types()[at]
    free = {
        dotted(path) for path, what in fields_of(kind) if what == FREE and fields.kind(path) == "structural"
    }
    assert free <= DECIDED


@pytest.mark.parametrize("at", range(4))
def test_no_word_of_a_closed_list_is_held_for_text(at):
    kind, fields = sdk_types()[at]
    free = {path for path, what in fields_of(kind) if what == FREE}
    closed = [path for path, what in fields_of(kind) if what == CLOSED and path not in free]
    assert [dotted(path) for path in closed if fields.kind(path) not in {"structural", "unknown"}] == []


REQUEST_TEXTS = [
    ("messages", 0, "content"),
    ("messages", 1, "content", 0, "text"),
    ("messages", 1, "name"),
    ("messages", 1, "reasoning_content"),
    ("messages", 2, "tool_calls", 0, "function", "arguments"),
    ("messages", 2, "tool_calls", 0, "custom", "input"),
    ("tools", 0, "function", "description"),
    ("tools", 0, "function", "parameters", "properties", "to", "description"),
    ("tools", 0, "function", "parameters", "properties", "to", "enum", 0),
    ("tools", 0, "function", "parameters", "examples", 0),
    ("response_format", "json_schema", "schema", "title"),
    ("metadata", "customer"),
    ("user",),
    ("tool_choice", "allowed_tools", "tools", 0, "description"),
    ("stop", 1),
    ("prediction", "content"),
    ("web_search_options", "user_location", "approximate", "city"),
]


@pytest.mark.parametrize("path", REQUEST_TEXTS, ids=dotted)
def test_what_a_person_writes_in_a_request_is_text(path):
    assert CHAT.request.kind(path) in {"text", "identifier"}


UNKNOWN = [
    ("messages", 0, "new_field"),
    ("messages", 0, "content", 0, "new_field"),
    ("new_field",),
    ("tool_choice", "note"),
    ("messages", 0, "role", "x"),
]


@pytest.mark.parametrize("path", UNKNOWN, ids=dotted)
def test_what_no_type_names_in_a_request_is_unknown_and_never_structural(path):
    assert CHAT.request.kind(path) == "unknown"


@pytest.mark.parametrize("name", ["content", "reasoning_content", "reasoning", "refusal"])
def test_every_other_string_of_an_answer_is_text_or_a_piece_of_one(name):
    assert CHAT.response.kind(("choices", 0, "message", name)) == "text"
    assert CHAT.event.kind(("choices", 0, "delta", name)) == "delta"


def fixtures(prefix, suffix):
    folder = SHARED / "wire_fixtures"
    if not folder.is_dir():
        pytest.skip("the captured requests are not beside the checkout")
    found = sorted(folder.glob(f"{prefix}.openai.chat*.{suffix}"))
    assert found
    return found


def bodies_in(value):
    """Return what looks like a Chat Completions body anywhere in a capture."""
    if isinstance(value, dict):
        if "messages" in value or "choices" in value:
            return [value]
        return [body for item in value.values() for body in bodies_in(item)]
    if isinstance(value, list):
        return [body for item in value for body in bodies_in(item)]
    if isinstance(value, str) and value.startswith("{"):
        return bodies_in(json.loads(value))
    return []


@pytest.mark.parametrize(("prefix", "fields"), [("req", CHAT.request), ("resp", CHAT.response)])
def test_captured_bodies_have_no_unknown_field(prefix, fields):
    for path in fixtures(prefix, "json"):
        bodies = bodies_in(json.loads(path.read_text()))
        assert bodies, path.name
        for body in bodies:
            document = JsonDocument(json.dumps(body), fields)
            unknown = [leaf.path for leaf in document.leaves if leaf.kind == "unknown" and not leaf.is_key]
            assert unknown == [], path.name


def test_captured_streams_have_no_unknown_field():
    for path in fixtures("resp", "sse"):
        events = list(EventReader().feed(path.read_bytes()))
        assert data_of(events[-1]) == "[DONE]"
        for event in events[:-1]:
            document = JsonDocument(erased(CHAT, data_of(event)), CHAT.event)
            assert [leaf.path for leaf in document.leaves if leaf.kind == "unknown" and not leaf.is_key] == []


def test_what_no_type_names_in_an_answer_is_unknown_and_a_piece_of_a_text_where_it_streams():
    assert CHAT.response.kind(("choices", 0, "message", "new_field")) == "unknown"
    assert CHAT.event.kind(("choices", 0, "delta", "new_field")) == "loose"
