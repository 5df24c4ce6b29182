"""A stand-in for a model provider: it streams Chat Completions and knows only what it was told.

It repeats facts from the user's messages, as a model would, and brings the personal data of a
colleague of its own. `received` holds every request body, byte for byte.
"""

import json
import re
from collections.abc import Iterator

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

PIECE = 5  # characters in one event: values and tokens arrive in pieces

FACTS = {
    "name": r"my name is (.+?)[.,]\s",
    "order": r"order (\S+)",
    "mail": r"write to (\S+)",
    "phone": r"call (.+?)[.,]\s",
    "address": r"kettle to (.+?)[.]\s",
    "sister": r"sister (.+?) lives",
    "iban": r"IBAN is (.+?),",
    "card": r"card (.+?)[.]",
    "device": r"ip=(\S+)",
}
COLLEAGUE = "My colleague Tobias Keller can help: tobias.keller@example.org, +44 20 7946 0812."
REPLIES = (
    f"Hello {{name}}! I will write to {{mail}} or call {{phone}} about order {{order}}. {COLLEAGUE}",
    "Thank you, {name}. The new kettle goes to {address}; {sister} can sign for it.",
    "We can refund to the account {iban} or to the card {card}. Which one, {name}?",
    f"The checkout failed for {{device}}. {{name}}, the refund of order {{order}} is on its way. {COLLEAGUE}",
)

app = FastAPI()
received: list[bytes] = []


@app.post("/v1/chat/completions")
async def complete(request: Request) -> StreamingResponse:
    """Answer the conversation so far, in pieces."""
    received.append(await request.body())
    told = [one["content"] for one in (await request.json())["messages"] if one["role"] == "user"]
    matches = {name: re.search(pattern, " \n".join(told) + " ") for name, pattern in FACTS.items()}
    facts = {name: match[1].rstrip(".,") if match else "?" for name, match in matches.items()}
    reply = REPLIES[min(len(told), len(REPLIES)) - 1].format(**facts)
    return StreamingResponse(stream(reply), media_type="text/event-stream")


def stream(text: str) -> Iterator[str]:
    """Yield a Chat Completions stream."""
    pieces = [{"content": text[at : at + PIECE]} for at in range(0, len(text), PIECE)]
    for delta in [{"role": "assistant"}, *pieces, {}]:
        choices = [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]
        chunk = {"id": "stub", "object": "chat.completion.chunk", "created": 0, "model": "stub"}
        yield f"data: {json.dumps({**chunk, 'choices': choices})}\n\n"
    yield "data: [DONE]\n\n"
