"""One call of a client, guarded: what sync and async have in common, without I/O.

`Call` builds the request that may be sent and the answer that may be read out of
the objects of httpx2 or httpx; both libraries have the same classes, and which
of the two it is comes with the client. No private name of theirs is used.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError, ConfigError, DetectionError
from guardrail.steps import Steps
from guardrail.wire.headers import for_client, length, without
from guardrail.wire.maps import protocol_for
from guardrail.wire.refusals import form_for

if TYPE_CHECKING:
    from types import ModuleType

    import httpx2

    from guardrail.errors import GuardrailError
    from guardrail.guard import Guard

__all__ = ["Call", "Limits", "guarded_query", "is_own", "steps_for"]

_BODILESS: Final = frozenset({204, 205, 304})
_CODING: Final = frozenset({b"content-encoding"})
_RANGES: Final = frozenset({b"accept-ranges"})
# What lets a caller in, and what chooses the interface: the provider's affair, and no text.
_OWN: Final = frozenset(
    b"key api_key api-key subscription-key access_token api-version api_version alt beta model".split()
)
# Fields in which gateways are told whose call it is, beside what their users make up.
FIELDS: Final = frozenset(
    b"helicone-user-id helicone-session-name helicone-session-path x-portkey-metadata cf-aig-metadata "
    b"x-litellm-end-user-id x-litellm-customer-id x-user-id x-user-email".split()
)
_MARKED: Final = frozenset({"openai.chat", "mistral.chat", "anthropic.messages"})
_SIGNED: Final = b"AWS4-HMAC-"


@dataclass(frozen=True, slots=True)
class Limits:
    """`body`: bytes of one request or of one whole answer that are held; a stream may be longer."""

    body: int


def steps_for(guard: Guard, protocol: str, limits: Limits, *, form: str = "") -> Steps:
    """Return the steps of a new exchange; the context is the one in force in this thread or task."""
    context = guard.current()
    return Steps(guard, context=context, protocol=protocol, limit=limits.body, fields=FIELDS, form=form)


def guarded_query(steps: Steps, raw: bytes) -> bytes:
    """Return a query string, guarded; what is the provider's own as it is.

    Raises:
        GuardrailError: the request must not be sent.
    """
    pieces = raw.split(b"&")
    return b"&".join(piece if not piece or is_own(piece) else steps.query(piece) for piece in pieces)


def is_own(piece: bytes) -> bool:
    """Tell whether a piece of a query is the provider's own: a key, or what chooses the interface."""
    return piece.partition(b"=")[0].lower() in _OWN


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way, the steps of its exchange, and the library it belongs to."""

    library: ModuleType
    request: httpx2.Request
    steps: Steps = field(repr=False)
    marked: bool = False  # a stream of this protocol ends with a mark

    @classmethod
    def begin(cls, guard: Guard, library: ModuleType, request: httpx2.Request, limits: Limits) -> Call:
        """Return the call of a request; the context is the one in force in this thread or task."""
        headers = {key.lower(): value for key, value in request.headers.items()}
        protocol = protocol_for(request.method, request.url.path, headers)
        steps = steps_for(guard, protocol, limits, form=form_for(protocol, headers))
        return cls(library, request, steps, marked=protocol in _MARKED)

    # --- the request

    def at_hand(self) -> bytes | None:
        """Return the body if it is in memory, None if it is a stream that must be read."""
        try:
            return self.request.content
        except self.library.RequestNotRead:
            return None

    def check_size(self, size: int) -> None:
        """Refuse a body that is too large to be held.

        Raises:
            BodyError: 413.
        """
        if size > self.steps.limit:
            raise BodyError(
                "the body is too large to be guarded",
                advice="make it smaller, or raise `max_body` of the client",
                status=413,
            )

    def guarded(self, body: bytes) -> httpx2.Request:
        """Return the request that may be sent; the ledger holds the entry that says so.

        Raises:
            GuardrailError: it must not be sent.
        """
        self.check_size(len(body))
        headers = list(self.request.headers.raw)
        if "websocket" in self.request.headers.get("upgrade", "").lower():
            raise ConfigError(
                "a websocket is not guarded by this client",
                advice="use guardrail.integrations.websockets, or a client of its own",
            )
        query = guarded_query(self.steps, self.request.url.query)
        clean, headers = self.steps.open(body, headers)
        signed = self.request.headers.get("authorization", "").encode().startswith(_SIGNED)
        if signed and (clean != body or query != self.request.url.query):
            raise ConfigError(
                "the request was signed before the guard could change it",
                advice="let a proxy in front of the provider sign it, or use guardrail as that proxy",
            )
        url = self.request.url
        return self.library.Request(  # type: ignore[no-any-return] # the class of either library
            self.request.method,
            url if query == url.query else url.copy_with(query=query),
            headers=headers,
            content=clean or None,
            extensions=dict(self.request.extensions),
        )

    # --- the answer

    def begin_answer(self, response: httpx2.Response) -> str:
        """Return how the answer is handled: "whole", "stream", "pass", or "bare" where it has no body.

        Raises:
            GuardrailError: it must not be read.
        """
        if self.request.method == "HEAD" or response.status_code in _BODILESS:
            return "bare"
        if response.status_code == 206:
            # The request asked for no range: a value cut at its edge could not be found.
            raise DetectionError("the provider answers with a part of its content")
        return self.steps.begin(list(response.headers.raw))

    def is_empty(self, response: httpx2.Response) -> bool:
        """Tell whether the answer says of itself that it has no body."""
        headers = response.headers.raw
        return length(headers) == 0 and "content-length" in response.headers

    def relabel(self, response: httpx2.Response, kind: str, *, size: int | None = None) -> None:
        """Take away the headers that state the provider's bytes; `size` is the new length of a whole body."""
        headers = list(response.headers.raw)
        if kind in {"whole", "stream"}:
            headers = for_client(headers, length=size)
        response.headers = self.library.Headers(without(headers, _RANGES))

    def clear_history(self, response: httpx2.Response) -> None:
        """Empty the redirects that led here: nobody has looked at what the provider said in them."""
        emptied: list[httpx2.Response] = []
        for past in response.history:
            empty = self.library.Response(
                past.status_code,
                headers=for_client(list(past.headers.raw), length=0),
                content=b"",
                request=past.request,
                extensions=past.extensions,
                history=list(emptied),
            )
            self._timed_as(empty, past)
            emptied.append(empty)
        response.history = emptied

    def unpacked(self, response: httpx2.Response) -> httpx2.Response:
        """Return an answer whose body was read already (by a hook, or made so) as one to be read.

        Its content is decoded: no coding may be undone twice.
        """
        again = self.library.Response(
            response.status_code,
            headers=without(list(response.headers.raw), _CODING),
            stream=self.library.ByteStream(response.content),
            request=response.request,
            extensions=response.extensions,
            history=response.history,
            default_encoding=response.default_encoding,
        )
        self._timed_as(again, response)
        return again  # type: ignore[no-any-return] # the class of either library

    @staticmethod
    def _timed_as(response: httpx2.Response, before: httpx2.Response) -> None:
        response.next_request = before.next_request
        with suppress(RuntimeError):  # one that never was a stream has none
            response.elapsed = before.elapsed

    def refusal(self, error: GuardrailError, *, answering: bool) -> httpx2.Response:
        """Return the answer that tells the caller's SDK: which rule, never which value.

        Its request has no body: SDKs put it into their exceptions, and those into logs. A good
        request whose answer cannot be given is not to be sent (and paid) again: most SDKs look
        at `x-should-retry`.
        """
        status, headers, body = self.steps.refuse(error, answering=answering)
        if answering or status < 500:
            headers = [*headers, (b"x-should-retry", b"false")]
        bare = self.library.Request(
            self.request.method,
            self.request.url.copy_with(query=None),
            headers=without(list(self.request.headers.raw), frozenset({b"content-length"})),
        )
        response = self.library.Response(status, headers=headers, content=body, request=bare)
        response.elapsed = timedelta(0)
        return response  # type: ignore[no-any-return] # the class of either library
