"""Guard the calls that SDKs of model providers make over httpx2 and httpx.

    client = OpenAI(http_client=guard.http_client())    # one client
    guard.install()                                     # every client of the process

`wrap_client` guards one that exists already. See docs/sdks.md for each SDK.
"""

from guardrail.transport.clients import (
    LIBRARIES,
    MAX_BODY,
    Library,
    async_http_client,
    http_client,
    install,
    uninstall,
    wrap_client,
)
from guardrail.transport.hosts import PROVIDERS
from guardrail.transport.uncovered import Gap, uncovered

__all__ = [
    "LIBRARIES",
    "MAX_BODY",
    "PROVIDERS",
    "Gap",
    "Library",
    "async_http_client",
    "http_client",
    "install",
    "uncovered",
    "uninstall",
    "wrap_client",
]
