"""A chat service: it asks a model, streams the answer on, and logs what it should not.

The guard is two lines: the middleware, and `logs.install`. To run it with the stub beside it:
    uvicorn --app-dir examples --port 8001 model_stub:app &
    MODEL_URL=http://127.0.0.1:8001/v1 python examples/chat_app.py
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from guardrail import Guard, logs
from guardrail.asgi import GuardMiddleware

logger = logging.getLogger("chat_app")


def create(model_url: str, guard: Guard | None = None) -> FastAPI:
    """Return the service in front of the model at `model_url`; unguarded without a guard."""
    http = DefaultAsyncHttpxClient(trust_env=False)
    model = AsyncOpenAI(base_url=model_url, api_key="none", http_client=http)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with model:
            yield

    app = FastAPI(lifespan=lifespan)
    if guard:
        app.add_middleware(GuardMiddleware, guard=guard)

    async def events(asked: dict) -> AsyncIterator[str]:
        text = ""
        async for chunk in await model.chat.completions.create(**asked):
            text += chunk.choices[0].delta.content or ""
            yield f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"
        logger.info("model answered: %s", text)
        yield "data: [DONE]\n\n"

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> StreamingResponse:
        asked = await request.json()
        # The mistake that is in every service somewhere: whole texts go to the log.
        logger.info("user wrote: %s", asked["messages"][-1]["content"])
        return StreamingResponse(events(asked), media_type="text/event-stream")

    return app


if __name__ == "__main__":
    import uvicorn

    with Guard.load("gdpr-chat", ledger="chat-ledger.db") as held, logs.install(held):
        uvicorn.run(create(os.environ["MODEL_URL"], held), port=8000)
