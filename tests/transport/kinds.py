"""The call kinds of the real SDKs: each makes one call and returns all that the caller's code can see.

Each takes the HTTP client to hand over (None where every client of the process is guarded) and the URL.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider_bodies import TOOL
from sdk_clients import (
    FLAT_TOOLS,
    HISTORY,
    MAIL,
    NAME,
    SYSTEM,
    TEXT,
    TOOLS,
    anthropic_client,
    cohere_client,
    genai_client,
    mistral_client,
    openai_client,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Kind:
    """One kind of call: its name, its SDK, the library its client is of, and the call."""

    name: str
    sdk: str
    call: Callable
    library: str = "httpx2"
    is_async: bool = False
    restores: bool = True  # the answer repeats what was asked

    def __str__(self):
        return self.name


# --- OpenAI


def chat(http, url):
    made = openai_client(http, url).chat.completions.create(model="stub", messages=HISTORY)
    assert (made.id, made.usage.total_tokens, made.choices[0].finish_reason) == ("chatcmpl-1", 21, "stop")
    return made.choices[0].message.content


def chat_tools(http, url):
    made = openai_client(http, url).chat.completions.create(model="stub", messages=HISTORY, tools=TOOLS)
    call = made.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, made.choices[0].finish_reason) == ("call_1", TOOL, "tool_calls")
    return json.loads(call.function.arguments)


def chat_stream(http, url):
    chunks = openai_client(http, url).chat.completions.create(model="stub", messages=HISTORY, stream=True)
    return joined_chunks(list(chunks))


def joined_chunks(chunks):
    assert {chunk.id for chunk in chunks} == {"chatcmpl-1"}
    assert (chunks[-1].choices[0].finish_reason, chunks[-1].usage.total_tokens) == ("stop", 21)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def chat_stream_tools(http, url):
    chunks = list(
        openai_client(http, url).chat.completions.create(
            model="stub", messages=HISTORY, tools=TOOLS, stream=True
        )
    )
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert (calls[0].id, calls[0].function.name) == ("call_1", TOOL)
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    return json.loads("".join(call.function.arguments or "" for call in calls))


def chat_stream_helper(http, url):
    client = openai_client(http, url)
    with client.chat.completions.stream(model="stub", messages=HISTORY) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "content.delta")
    told = stream.get_final_completion().choices[0].message.content
    assert told == deltas
    return told


def _model():
    from pydantic import BaseModel

    class Answer(BaseModel):
        who: str

    return Answer


def chat_parse(http, url):
    made = openai_client(http, url).chat.completions.parse(
        model="stub", messages=HISTORY, response_format=_model()
    )
    return made.choices[0].message.parsed.who


def responses(http, url):
    made = openai_client(http, url).responses.create(
        model="stub", input=TEXT, instructions=SYSTEM, tools=FLAT_TOOLS
    )
    assert (made.id, made.status, made.usage.total_tokens) == ("resp_1", "completed", 3)
    assert made.instructions == SYSTEM
    return [made.output_text, json.loads(made.output[1].arguments)]


def responses_stream(http, url):
    stream = openai_client(http, url).responses.create(
        model="stub", input=TEXT, instructions=SYSTEM, tools=FLAT_TOOLS, stream=True
    )
    return joined_events(list(stream))


def joined_events(events):
    """Return the text and the arguments; what is told again in the ends is the same."""
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    args = "".join(event.delta for event in events if event.type == "response.function_call_arguments.delta")
    ended = events[-1].response
    assert events[-1].type == "response.completed"
    assert (ended.output_text, ended.usage.total_tokens, ended.instructions) == (text, 3, SYSTEM)
    done = [event.text for event in events if event.type == "response.output_text.done"]
    assert done == [text]
    assert json.loads(ended.output[1].arguments) == json.loads(args)
    return [text, json.loads(args)]


def responses_parse(http, url):
    made = openai_client(http, url).responses.parse(model="stub", input=TEXT, text_format=_model())
    return made.output_parsed.who


def embeddings(http, url):
    made = openai_client(http, url).embeddings.create(model="stub", input=[TEXT, "second"])
    assert [one.embedding for one in made.data] == [[1.0, -2.5e-07]] * 2
    return made.model_dump_json()


# --- Anthropic

MESSAGES = {
    "model": "stub",
    "max_tokens": 9,
    "system": SYSTEM,
    "messages": [
        {"role": "user", "content": TEXT},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t0", "name": TOOL, "input": {"to": [MAIL]}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t0", "content": f"sent to {MAIL}"}],
        },
    ],
    "tools": [{"name": TOOL, "description": SYSTEM, "input_schema": {"type": "object"}}],
}


def message(http, url):
    made = anthropic_client(http, url).messages.create(**MESSAGES)
    return seen_message(made)


def seen_message(made):
    assert (made.id, made.usage.output_tokens, made.stop_reason) == ("msg_1", 9, "tool_use")
    text, tool = made.content
    assert (tool.id, tool.name) == ("toolu_1", TOOL)
    return [text.text, tool.input]


def message_stream(http, url):
    with anthropic_client(http, url).messages.stream(**MESSAGES) as stream:
        text = "".join(stream.text_stream)
        seen = seen_message(stream.get_final_message())
    assert seen[0] == text
    return seen


# --- Gemini


def _gemini(client):
    config = client._api_client and {"system_instruction": SYSTEM}
    return {"model": "stub", "contents": TEXT, "config": config}


def gemini(http, url):
    client = genai_client(http, url)
    made = client.models.generate_content(**_gemini(client))
    assert made.usage_metadata.total_token_count == 9
    return made.text


def gemini_stream(http, url):
    client = genai_client(http, url)
    chunks = list(client.models.generate_content_stream(**_gemini(client)))
    assert chunks[-1].candidates[0].finish_reason.value == "STOP"
    return "".join(chunk.text or "" for chunk in chunks)


# --- Mistral and Cohere


def mistral(http, url):
    made = mistral_client(http, url).chat.complete(model="stub", messages=[{"role": "user", "content": TEXT}])
    assert made.usage.total_tokens == 21
    return made.choices[0].message.content


def mistral_stream(http, url):
    with mistral_client(http, url).chat.stream(
        model="stub", messages=[{"role": "user", "content": TEXT}]
    ) as stream:
        chunks = [event.data for event in stream]
    assert chunks[-1].choices[0].finish_reason == "stop"
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def _cohere():
    documents = [{"id": "d1", "data": {"text": f"{NAME} has {MAIL}"}}]
    return {"model": "stub", "messages": [{"role": "user", "content": TEXT}], "documents": documents}


def cohere(http, url):
    made = cohere_client(http, url).chat(**_cohere())
    assert made.usage.tokens.output_tokens == 2
    return made.message.content[0].text


def cohere_stream(http, url):
    events = list(cohere_client(http, url).chat_stream(**_cohere()))
    assert events[-1].type == "message-end"
    return "".join(event.delta.message.content.text for event in events if event.type == "content-delta")


# --- in an event loop


def chat_async(http, url):
    async def run():
        async with openai_client(http, url, is_async=True) as client:
            made = await client.chat.completions.create(model="stub", messages=HISTORY)
            return made.choices[0].message.content

    return asyncio.run(run())


def chat_stream_async(http, url):
    async def run():
        async with openai_client(http, url, is_async=True) as client:
            stream = await client.chat.completions.create(model="stub", messages=HISTORY, stream=True)
            return joined_chunks([chunk async for chunk in stream])

    return asyncio.run(run())


def responses_stream_async(http, url):
    async def run():
        async with openai_client(http, url, is_async=True) as client:
            stream = await client.responses.create(
                model="stub", input=TEXT, instructions=SYSTEM, tools=FLAT_TOOLS, stream=True
            )
            return joined_events([event async for event in stream])

    return asyncio.run(run())


def message_stream_async(http, url):
    async def run():
        async with (
            anthropic_client(http, url, is_async=True) as client,
            client.messages.stream(**MESSAGES) as stream,
        ):
            text = "".join([piece async for piece in stream.text_stream])
            seen = seen_message(await stream.get_final_message())
            assert seen[0] == text
            return seen

    return asyncio.run(run())


def gemini_stream_async(http, url):
    async def run():
        client = genai_client(http, url, is_async=True)
        stream = await client.aio.models.generate_content_stream(**_gemini(client))
        return "".join([chunk.text or "" async for chunk in stream])

    return asyncio.run(run())


def mistral_stream_async(http, url):
    async def run():
        stream = await mistral_client(http, url, is_async=True).chat.stream_async(
            model="stub", messages=[{"role": "user", "content": TEXT}]
        )
        async with stream:
            return "".join([event.data.choices[0].delta.content or "" async for event in stream])

    return asyncio.run(run())


def cohere_stream_async(http, url):
    async def run():
        client = cohere_client(http, url, is_async=True)
        events = [event async for event in client.chat_stream(**_cohere())]
        return "".join(event.delta.message.content.text for event in events if event.type == "content-delta")

    return asyncio.run(run())


KINDS = [
    Kind("openai chat", "openai", chat),
    Kind("openai chat with tools", "openai", chat_tools),
    Kind("openai chat, streamed", "openai", chat_stream),
    Kind("openai chat with tools, streamed", "openai", chat_stream_tools),
    Kind("openai chat, stream helper", "openai", chat_stream_helper),
    Kind("openai chat, parsed", "openai", chat_parse),
    Kind("openai responses", "openai", responses),
    Kind("openai responses, streamed", "openai", responses_stream),
    Kind("openai responses, parsed", "openai", responses_parse),
    Kind("openai embeddings", "openai", embeddings, restores=False),
    Kind("anthropic message", "anthropic", message),
    Kind("anthropic message, stream helper", "anthropic", message_stream),
    Kind("gemini", "google.genai", gemini),
    Kind("gemini, streamed", "google.genai", gemini_stream),
    Kind("mistral", "mistralai", mistral),
    Kind("mistral, streamed", "mistralai", mistral_stream),
    Kind("cohere", "cohere", cohere, library="httpx"),
    Kind("cohere, streamed", "cohere", cohere_stream, library="httpx"),
    Kind("openai chat, async", "openai", chat_async, is_async=True),
    Kind("openai chat, streamed, async", "openai", chat_stream_async, is_async=True),
    Kind("openai responses, streamed, async", "openai", responses_stream_async, is_async=True),
    Kind("anthropic message, stream helper, async", "anthropic", message_stream_async, is_async=True),
    Kind("gemini, streamed, async", "google.genai", gemini_stream_async, is_async=True),
    Kind("mistral, streamed, async", "mistralai", mistral_stream_async, is_async=True),
    Kind("cohere, streamed, async", "cohere", cohere_stream_async, library="httpx", is_async=True),
]
