"""`guardrail proxy`: a guard between any client and its model provider."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guardrail.cli import options, output, vault
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    import socket
    import ssl

    from guardrail.ledger.remote import Place
    from guardrail.proxy.metrics import MeasuredGuard
    from guardrail.proxy.upstreams import Upstreams

__all__ = ["register"]

INSTALL: Final = "run: pip install 'guardrail-pii[proxy]'"
MIB: Final = 1_048_576

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
# Headers that mean something already: a key taken for a tenant would stand in the ledger.
_TAKEN: Final = frozenset(
    (
        "authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "cookie",
        "host",
        "content-type",
        "content-length",
    )
)

UpstreamTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--upstream",
        metavar="[/PREFIX=|model:NAME=]URL",
        help="Where requests go: all of them, those below a path, or those that name a model (a * at the "
        "end stands for the rest of a name). Repeatable.",
    ),
]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
Tenant = Annotated[str, typer.Option(metavar="NAME", help="The tenant of every request.")]
TenantHeader = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Believe this header for the tenant. Only behind something that sets it itself.",
    ),
]
ConversationHeader = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Believe this header for the id of the conversation, in which tokens are restored.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Certificates (PEM) to trust beside those that come with Python."),
]
Insecure = Annotated[
    bool, typer.Option("--insecure-upstream", help="Allow http:// to other machines: texts in the open.")
]
Grace = Annotated[
    float, typer.Option(metavar="SECONDS", min=1, max=3600, help="How long a stop waits for streams.")
]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=1, max=3600, help="How long an upstream may be silent.")
]
MaxBody = Annotated[int, typer.Option(metavar="MIB", min=1, max=1024, help="The largest body, in MiB.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "proxy",
        short_help="Stand between clients and their model provider, and guard both directions.",
        help=options.helped(
            "Forward requests to a model provider, and their answers back, through the guard. Clients "
            "change their base URL and nothing else. Keys pass through and are written nowhere. One process; "
            "several may share a ledger on one machine.",
            "guardrail proxy --upstream https://api.openai.com --ledger ledger.db",
            "guardrail proxy --upstream /anthropic=https://api.anthropic.com --upstream "
            "https://api.openai.com --policy gdpr-chat --ledger ledger.db --port 8080",
            "guardrail proxy --upstream model:claude-*=https://api.anthropic.com --upstream "
            "https://api.openai.com --ledger ledger.db",
            "guardrail proxy --upstream https://api.openai.com --ledger ledger.db --vault vault.db "
            "--conversation-header X-Conversation-Id",
            "OPENAI_BASE_URL=http://127.0.0.1:8080/v1 python app.py",
            "ANTHROPIC_BASE_URL=http://127.0.0.1:8080/anthropic python app.py",
            "curl http://127.0.0.1:8080/-/ready",
        ),
    )(proxy)


def proxy(  # noqa: PLR0913 - the options are the interface
    *,
    upstream: UpstreamTexts = None,
    policy: options.Policies = None,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    vault_at: vault.VaultPath = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    tenant: Tenant = "",
    tenant_header: TenantHeader = "",
    conversation_header: ConversationHeader = "",
    ca_file: CaFile = None,
    insecure_upstream: Insecure = False,
    grace: Grace = 30.0,
    timeout: Timeout = 600.0,
    max_body: MaxBody = 32,
    recognizers: options.Recognizers = None,
) -> None:
    """Run the command."""
    book = options.ledger_path(ledger, keys=keys)
    _check_headers(tenant_header, conversation_header)
    _check_installed()
    from guardrail.proxy import forward, front, metrics, serve, upstreams  # noqa: PLC0415 - needs the extra
    from guardrail.types import Context  # noqa: PLC0415 - commands start light

    routes = upstreams.Upstreams.parse(upstream or (), insecure=insecure_upstream)
    context = _trusted(ca_file)
    # Before the models are loaded: a port in use is told at once.
    with serve.bound(host, port) as listener:
        own = options.own_recognizers(recognizers)
        with output.progress("loading the detectors") as progress:
            guard = metrics.MeasuredGuard.load(
                *options.policies(policy),
                ledger=book,
                keys=keys,
                vault=vault_at,
                context=Context(tenant=tenant),
                recognizers=own,
                progress=progress,
            )
        with guard:
            callers = front.Callers(guard, routes, tenant=tenant_header, conversation=conversation_header)
            forwarder = forward.Forwarder(routes, context, timeout=timeout, dropped=callers.headers)
            face = front.Front(guard, forwarder, callers, max_body=max_body * MIB)

            def started() -> None:
                for line in _facts(guard, routes, book, listener):
                    output.inform(line)

            serve.serve(face, listener, grace=grace, started=started)
    output.inform("stopped: the ledger is closed and its last checkpoint is published")


def _check_installed() -> None:
    for name in ("httpx2", "uvicorn", "websockets"):
        if find_spec(name) is None:
            raise ConfigError(f"the proxy needs the package {name}", advice=INSTALL)


def _check_headers(*names: str) -> None:
    given = [name.lower() for name in names if name]
    if not all(_HEADER.fullmatch(name) for name in given) or len(set(given)) != len(given):
        raise ConfigError(
            "a header is no name, or named twice", advice="use a name such as X-Conversation-Id"
        )
    if set(given) & _TAKEN:
        raise ConfigError(
            "a header that holds keys or frames the request cannot say who asks",
            advice="use one of your own, such as X-Conversation-Id",
        )


def _trusted(ca_file: Path | None) -> "ssl.SSLContext":
    from guardrail.proxy.forward import trusted  # noqa: PLC0415 - needs the extra

    try:
        return trusted(None if ca_file is None else str(ca_file))
    except OSError as fault:  # ssl's errors are among them
        reason = (fault.strerror or "not certificates in PEM").lower()
        raise ConfigError(f"{ca_file} cannot be read: {reason}", advice="name a PEM file") from None


def _facts(
    guard: "MeasuredGuard", routes: "Upstreams", book: "Place", listener: "socket.socket"
) -> Iterator[str]:
    """Yield what runs here, one line a fact, and what to beware of."""
    host, port, *_ = listener.getsockname()
    shown = f"[{host}]" if ":" in host else host
    yield f"guardrail proxy listens on http://{shown}:{port}"
    for document in guard.policy.documents:
        yield f"policy    {document.name} {document.version}, sha256 {document.digest.hex()}"
    yield f"ledger    {book}, {guard.ledger.size} entries, public key {book.name}.vkey"
    yield f"vault     {guard.vault.store!r}, tokens come back for {guard.policy.keep('vault')} s"
    for upstream in routes.all:
        which = upstream.prefix or (f"model {upstream.model}" if upstream.model else "everything else")
        yield f"upstream  {which}: {upstream.address}"
    yield f"detectors {len(guard.detector.entities)} kinds of personal data"
    yield f"ready     http://{shown}:{port}/-/ready   health /-/health   metrics /-/metrics"
    for warning in _warnings(guard, routes, host):
        yield f"take care: {warning}"


def _warnings(guard: "MeasuredGuard", routes: "Upstreams", host: str) -> Iterator[str]:
    from datetime import UTC, datetime  # noqa: PLC0415 - as the rest, when it runs

    from guardrail.policy import lint  # noqa: PLC0415 - seconds of libraries

    if "PERSON" not in guard.detector.entities:
        yield "no model finds names; run: pip install 'guardrail-pii[models]'"
    if guard.policy.mode == "shadow":
        yield "the policy only watches: everything passes as it is"
    for setting in ("on_error", "on_unreadable", "unknown_field"):
        if guard.policy.setting(setting, guard.base) == "pass":
            yield f"the policy's {setting} is 'pass': such texts leave as they are"
    today = datetime.now(UTC).date()
    for problem in lint(guard.policy, detectable=guard.detector.entities, today=today):
        yield f"{problem.message}. {problem.advice}".rstrip(". ")
    if not (host.startswith("127.") or host == "::1"):
        yield "other machines can reach this port: put TLS and authentication before it"
    for upstream in routes.all:
        if upstream.scheme == "http":
            yield f"texts and keys go to {upstream.address} without TLS"
