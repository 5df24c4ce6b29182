"""The same proxy in parts, one process each, so that the table can say which part costs what.

`python -m bench.hop KIND UPSTREAM_PORT FOLDER STREAM PORT`. A KIND is "hop" (the
forwarding alone, nothing is guarded), "inside" (the middleware around the
provider's own application: no second connection), "memory" or "disk" (the whole
proxy without name finders, its ledger in memory or on the disk).
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from bench import provider
from guardrail.asgi import GuardMiddleware
from guardrail.proxy.forward import Forwarder, trusted
from guardrail.proxy.front import Callers, Front
from guardrail.proxy.metrics import MeasuredGuard
from guardrail.proxy.upstreams import Upstreams
from guardrail.testing import KnownValues

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = Path(__file__).parent / "leak.toml"


def policy_in(folder: Path, stream: str) -> Path:
    """Return the policy of the comparison with this mode of streams."""
    path = folder / f"{stream}.toml"
    with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
        file.write(POLICY.read_text("utf-8").replace("[defaults]\n", f'[defaults]\nstream = "{stream}"\n'))
    return path


class Bare:
    """The forwarding alone, with the life of a server."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._forwarder(scope, receive, send)
            return
        await receive()
        async with self._forwarder:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def made(stack: ExitStack, kind: str, upstream: str, folder: Path, stream: str) -> ASGIApp:
    """Return the application of this kind."""
    routes = Upstreams.parse([f"http://127.0.0.1:{upstream}"])
    if kind == "hop":
        return Bare(Forwarder(routes, trusted()))
    ledger = None if kind == "memory" else folder / f"{kind}-{stream}.db"
    guard = stack.enter_context(
        MeasuredGuard.load(
            policy_in(folder, stream), ledger=ledger, names="none", recognizers=[KnownValues({})]
        )
    )
    if kind == "inside":
        return GuardMiddleware(provider.app, guard)
    callers = Callers(guard, routes)
    return Front(guard, Forwarder(routes, trusted()), callers)


if __name__ == "__main__":
    kind, upstream, folder, stream, port = sys.argv[1:]
    with ExitStack() as stack:
        app = made(stack, kind, upstream, Path(folder), stream)
        uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="critical", access_log=False)
