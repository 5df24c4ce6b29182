"""Wrap a web application: it sees requests without personal data, its callers the restored answers.

Serve it with `uvicorn --app-dir examples wrap_app:app`; run as a script, it calls itself once.
"""

import asyncio

from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from guardrail import Guard
from guardrail.asgi import GuardMiddleware

guard = Guard.load("gdpr-chat")


async def chat(request: Request) -> JSONResponse:
    """Answer with the name that the application received."""
    name = (await request.json())["name"]
    print("the application received:", name)
    return JSONResponse({"answer": f"Welcome, {name}!"})


app = Starlette(routes=[Route("/chat", chat, methods=["POST"])])
app.add_middleware(GuardMiddleware, guard=guard)


async def main() -> None:
    """Ask the application once."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://local") as client:
        answer = await client.post("/chat", json={"name": "Johanna Brandt"})
        print("its caller gets back:", answer.json()["answer"])


if __name__ == "__main__":
    asyncio.run(main())
    guard.close()
