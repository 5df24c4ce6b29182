"""The provider of the comparisons: one answer, whole or as events of five characters."""

from __future__ import annotations

import asyncio
import json
import socket
import sys

ANSWER = (
    "The lamp on the left side is blue when all cables are in place and it is warm. "
    "Turn the switch twice, wait until the light is steady, and then close the lid. "
    "If nothing in the manual helps, write to tobias.keller@example.org or call 212-555-0142, please. "
    "The order arrived late and the box was open, so keep the receipt until it has been looked at. "
) * 2
_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({**_HEAD, "choices": [choice]}).encode() + b"\n\n"


PIECES = (
    _event({"role": "assistant", "content": ""}),
    *(_event({"content": ANSWER[at : at + 5]}) for at in range(0, len(ANSWER), 5)),
    _event({}, "stop"),
    b"data: [DONE]\n\n",
)
SIZE = sum(map(len, PIECES))
_MESSAGE = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
WHOLE = json.dumps({**_HEAD, "object": "chat.completion", "choices": [_MESSAGE]}).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def app(scope, receive, send):
    """Answer every POST; `pace` of its body is the seconds between two events."""
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
    for piece in PIECES if asked.get("stream") else (WHOLE,):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if asked.get("pace"):
            await asyncio.sleep(asked["pace"])
    await send({"type": "http.response.body", "body": b"", "more_body": False})


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", lifespan="off")
