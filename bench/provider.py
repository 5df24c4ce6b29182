"""The provider of the comparisons: one answer, whole or as events of five characters."""

from __future__ import annotations

import asyncio
import json
import socket
import sys

TEMPLATE = (
    "The lamp {n} on the left side is blue when all cables are in place and it is warm. "
    "Turn the switch {n} times, wait until the light is steady, and then close the lid. "
    "If nothing in the manual helps, write to tobias.keller@example.org or call 212-555-0142, please. "
    "Order {n} arrived late and the box was open, so keep the receipt until it has been looked at. "
)


def answer(seed: int) -> str:
    """Return what the model says: another text for another seed."""
    return TEMPLATE.format(n=10_000 + seed) + TEMPLATE.format(n=20_000 + seed)


ANSWER = answer(0)
_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({**_HEAD, "choices": [choice]}).encode() + b"\n\n"


def pieces(text: str) -> list[bytes]:
    """Return a text as events of five characters."""
    deltas = [_event({"content": text[at : at + 5]}) for at in range(0, len(text), 5)]
    return [_event({"role": "assistant", "content": ""}), *deltas, _event({}, "stop"), b"data: [DONE]\n\n"]


def whole(text: str) -> bytes:
    """Return a text as one body."""
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({**_HEAD, "object": "chat.completion", "choices": [message]}).encode()


PIECES = pieces(ANSWER)
SIZE = sum(map(len, PIECES))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def app(scope, receive, send):
    """Answer every POST; of its body, `seed` chooses the text, `wait` is seconds before it begins to come,
    and `pace` seconds between two events.
    """
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    asked = json.loads(body) if body else {}
    media = b"text/event-stream" if asked.get("stream") else b"application/json"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", media)]})
    text = answer(asked.get("seed", 0))
    if asked.get("wait"):
        await asyncio.sleep(asked["wait"])
    for piece in pieces(text) if asked.get("stream") else (whole(text),):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if asked.get("pace"):
            await asyncio.sleep(asked["pace"])
    await send({"type": "http.response.body", "body": b"", "more_body": False})


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", lifespan="off")
