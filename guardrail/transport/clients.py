"""Guarded clients of httpx2 and httpx: new ones, ones that exist, and every one of a process.

The only file that imports the two libraries; either may be absent.
"""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from guardrail.errors import ConfigError, GuardrailWarning
from guardrail.transport.call import Call, Limits
from guardrail.transport.hosts import Hosts
from guardrail.transport.sending import is_passing, send, send_async
from guardrail.transport.uncovered import uncovered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import httpx2

    from guardrail.guard import Guard

__all__ = [
    "LIBRARIES",
    "MAX_BODY",
    "Library",
    "async_http_client",
    "http_client",
    "install",
    "uninstall",
    "wrap_client",
]

Library = Literal["httpx2", "httpx"]
LIBRARIES: Final[tuple[Library, ...]] = ("httpx2", "httpx")

MAX_BODY: Final = 67_108_864
"""Bytes of one request or one whole answer that are held in memory by default; streams may be longer.

Providers take requests of 32 to 50 MB, and 2,048 embeddings of 3,072 numbers are 34 MB.
"""

# What the SDKs give to the clients that they make: an answer may take minutes.
_SECONDS: Final = 600.0
_CONNECT_SECONDS: Final = 5.0
_MARK: Final = "__guardrail__"

C = TypeVar("C")


def http_client(
    guard: Guard, *, library: Library = "httpx2", max_body: int = 0, **options: object
) -> httpx2.Client:
    """Return a client whose every call is guarded; `options` are those of `httpx2.Client`.

    Redirects are followed and an answer may take ten minutes, as with the clients
    that SDKs make themselves.

    Raises:
        ConfigError: the library is not installed.
    """
    module = _library(library)
    made = module.Client(**_with_defaults(module, options))
    return cast("httpx2.Client", wrap_client(made, guard, max_body=max_body))


def async_http_client(
    guard: Guard, *, library: Library = "httpx2", max_body: int = 0, **options: object
) -> httpx2.AsyncClient:
    """Return the same for an event loop (asyncio or trio)."""
    module = _library(library)
    made = module.AsyncClient(**_with_defaults(module, options))
    return cast("httpx2.AsyncClient", wrap_client(made, guard, max_body=max_body))


def wrap_client(client: C, guard: Guard, *, max_body: int = 0) -> C:
    """Guard every call of a client that exists (httpx2 or httpx, sync or async); return it.

    Raises:
        ConfigError: it is no such client, or another guard has it.
    """
    module, is_async = _kind_of(client)
    attributes = vars(client)
    before = attributes.get("send")
    if (owner := getattr(before, _MARK, None)) is not None:
        if owner is guard:
            return client
        raise ConfigError("another guard has this client", advice="make a client for each guard")

    limits = Limits(_checked_limit(max_body))

    def original(*args: object, **named: object) -> object:
        # Looked up at each call: `install` may have come or gone since.
        return before(*args, **named) if before else type(client).send(client, *args, **named)  # type: ignore[attr-defined] # a client has it

    attributes["send"] = _guarded_send(
        original, is_async=is_async, begin=lambda request: Call.begin(guard, module, request, limits)
    )
    setattr(attributes["send"], _MARK, guard)
    return client


# --- every client of the process


@dataclass(frozen=True, slots=True)
class _Installed:
    guard: Guard
    hosts: Hosts
    limits: Limits
    originals: tuple[tuple[type, Callable[..., object]], ...]


_LOCK: Final = threading.Lock()
_installed: _Installed | None = None


def install(guard: Guard, *, hosts: Sequence[str] = (), max_body: int = 0, strict: bool = False) -> None:
    """Guard every httpx2 and httpx client of this process, made or to be made.

    Guarded are the providers' hosts, what speaks a provider's protocol on any host,
    and `hosts` ("llm.example.com", "*.example.com", "*"). Again with the same
    guard: the options change. What no hook covers is warned of by name (`GuardrailWarning`);
    with `strict`, it is refused.

    Raises:
        ConfigError: neither library is there; another guard is installed; with
            `strict`, something is not covered.
    """
    global _installed  # noqa: PLW0603 - a process has one such state
    named = Hosts(hosts)
    limits = Limits(_checked_limit(max_body))
    gaps = uncovered()
    if gaps and strict:
        raise ConfigError(_told(gaps), advice="; ".join(gap.advice for gap in gaps))
    with _LOCK:
        if _installed and _installed.guard is not guard:
            raise ConfigError(
                "another guard is installed in this process", advice="call its uninstall() first"
            )
        modules = [module for name in LIBRARIES if (module := _import(name))]
        if not modules:
            raise ConfigError(
                "there is no HTTP client to guard",
                advice="pip install 'guardrail-pii[sdk]' or install httpx2",
            )
        originals = _installed.originals if _installed else ()
        patched = {owner for owner, _ in originals}
        new = [
            (owner, is_async, module)
            for module in modules
            for owner, is_async in ((module.Client, False), (module.AsyncClient, True))
            if owner not in patched
        ]
        added = tuple((owner, owner.send) for owner, _, _ in new)
        _installed = _Installed(guard, named, limits, (*originals, *added))
        for owner, is_async, module in new:
            owner.send = _patched_send(owner.send, is_async=is_async, library=module)
    for gap in gaps:
        warnings.warn(f"{gap.name} is not guarded: {gap.advice}", GuardrailWarning, stacklevel=3)


def uninstall(guard: Guard) -> None:
    """Take the guard off again; clients that were wrapped stay guarded. Without effect where it is not on."""
    global _installed  # noqa: PLW0603 - a process has one such state
    with _LOCK:
        if _installed is None or _installed.guard is not guard:
            return
        for owner, original in _installed.originals:
            # What someone put above ours stays, and finds ours without effect below it.
            if hasattr(owner.__dict__.get("send"), _MARK):
                owner.send = original  # type: ignore[attr-defined] # a class of clients
        _installed = None


def _patched_send(
    original: Callable[..., object], *, is_async: bool, library: ModuleType
) -> Callable[..., object]:
    """Return a `send` for a class of clients, which asks at each call what is installed."""

    @functools.wraps(original)
    def sending(client: object, request: httpx2.Request, *args: object, **named: object) -> object:
        state = _installed
        if state is None or is_passing(request) or not _guards(state.hosts, request):
            return original(client, request, *args, **named)
        guarded = _guarded_send(
            functools.partial(original, client),
            is_async=is_async,
            begin=lambda one: Call.begin(state.guard, library, one, state.limits),
        )
        return guarded(request, *args, **named)

    setattr(sending, _MARK, True)
    return sending


def _guarded_send(
    original: Callable[..., object], *, is_async: bool, begin: Callable[[httpx2.Request], Call]
) -> Callable[..., object]:
    """Return a `send` that guards every request, with the signature of the client's own."""
    if is_async:

        async def sending_async(
            request: httpx2.Request, *, stream: bool = False, **options: object
        ) -> object:
            return await send_async(begin(request), original, stream=stream, options=options)  # type: ignore[arg-type] # the client's

        return sending_async

    def sending(request: httpx2.Request, *, stream: bool = False, **options: object) -> object:
        return send(begin(request), original, stream=stream, options=options)  # type: ignore[arg-type] # the client's

    return sending


def _guards(hosts: Hosts, request: httpx2.Request) -> bool:
    headers = {key.lower(): value for key, value in request.headers.items()}
    return hosts.guards(method=request.method, host=request.url.host, path=request.url.path, headers=headers)


def _told(gaps: Sequence[object]) -> str:
    return "not everything that may call a provider is guarded: " + ", ".join(str(gap) for gap in gaps)


def _kind_of(client: object) -> tuple[ModuleType, bool]:
    """Return the library of a client, and whether it is for event loops."""
    for name in LIBRARIES:
        module = sys.modules.get(name)  # whose client is there has been imported
        if module is not None:
            if isinstance(client, module.Client):
                return module, False
            if isinstance(client, module.AsyncClient):
                return module, True
    raise ConfigError(
        f"a {type(client).__name__} is no client of httpx2 or httpx",
        advice="give a Client or AsyncClient; for other libraries see guardrail.integrations",
    )


def _library(name: str) -> ModuleType:
    module = _import(name) if name in LIBRARIES else None
    if module is None:
        raise ConfigError(
            f"{name if name in LIBRARIES else 'that library'} is not installed",
            advice="pip install 'guardrail-pii[sdk]' has httpx2; the other is library=\"httpx\"",
        )
    return module


def _import(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


def _with_defaults(module: ModuleType, options: dict[str, object]) -> dict[str, object]:
    return {
        "timeout": module.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
        "follow_redirects": True,
        **options,
    }


def _checked_limit(size: int) -> int:
    if size < 0:
        raise ConfigError("max_body is a number of bytes", advice="leave it out for 64 MiB")
    return size or MAX_BODY
