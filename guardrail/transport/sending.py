"""`Client.send` and `AsyncClient.send` with the guard around them.

The order is that of the proof: the request without what the policy takes away;
the ledger's entry, durable; only then the original `send`. What comes back is the
original response object with another body, so that hooks, history, cookies and
`.elapsed` stay. A refusal is a response too (403, 413, 503 ... in the form of the
providers' errors): SDKs raise their own exception for it and retry what is worth it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError, GuardrailError
from guardrail.transport.streams import async_body, async_whole, body, whole
from guardrail.transport.threads import end, end_later, outcome_in_loop, run, run_later

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import httpx2

    from guardrail.transport.call import Call

__all__ = ["is_passing", "passes_over", "send", "send_async"]

# The request that a guarded client is handing to its own `send` right now. Known by identity
# and by nothing that it carries: what is sent again later is guarded again.
_PASSING: Final[ContextVar[httpx2.Request | None]] = ContextVar("guardrail_passing", default=None)


def is_passing(request: object) -> bool:
    """Tell whether this very request has been guarded by the caller of the patched `send`."""
    return request is _PASSING.get()


def passes_over(method: str, host: str, raw_path: str) -> bool:
    """Tell whether another library is asked to carry the very request that has been guarded here."""
    request = _PASSING.get()
    if request is None:
        return False
    return (request.method, request.url.host, request.url.raw_path.decode()) == (method, host, raw_path)


@contextmanager
def _passing(request: httpx2.Request) -> Iterator[None]:
    token = _PASSING.set(request)
    try:
        yield
    finally:
        _PASSING.reset(token)


# --- for threads


def send(
    call: Call, inner: Callable[..., httpx2.Response], *, stream: bool, options: dict[str, object]
) -> httpx2.Response:
    """Send the request of a call by `inner`; return the guarded answer.

    Raises:
        httpx2.RequestError (or httpx's): what `inner` raises.
        GuardrailError: with `stream`, while the answer is read.
    """
    try:
        request = run(call.guarded, _read(call))
    except GuardrailError as error:
        return call.refusal(error, answering=False)
    except BaseException:
        end(call.steps, "error")
        raise
    try:
        with _passing(request):
            response = inner(request, stream=True, **options)
    except BaseException:
        end(call.steps, "error")
        raise
    try:
        return _answer(call, response, stream=stream)
    except GuardrailError as error:
        response.close()
        return call.refusal(error, answering=True)
    except BaseException:
        response.close()
        end(call.steps, "error")
        raise


def _read(call: Call) -> bytes:
    data = call.at_hand()
    if data is not None:
        return data
    held = bytearray()
    for part in call.request.stream:  # type: ignore[union-attr] # the original `send` checks it as well
        held += part
        call.check_size(len(held))
    return bytes(held)


def _answer(call: Call, response: httpx2.Response, *, stream: bool) -> httpx2.Response:
    call.clear_history(response)
    if response.is_stream_consumed:
        response = call.unpacked(response)
    below: httpx2.SyncByteStream = response.stream  # type: ignore[assignment] # a client for threads has no other
    with _naming(call, response):
        kind = _kind(call, response, below)
        if kind in {"whole", "bare"}:
            content = b"" if kind == "bare" else _collect(call, below)
            content, size = run(_guarded_whole, call, content)
            call.relabel(response, kind if size is not None else "bare", size=size)
            response.stream = whole(call.library, below, content)
        else:
            call.relabel(response, kind)
            response.stream = body(call.library, below, call.steps, marked=call.marked)
    if not stream:
        response.read()
    return response


def _kind(call: Call, response: httpx2.Response, below: httpx2.SyncByteStream) -> str:
    try:
        return run(call.begin_answer, response)
    except BodyError:
        # Nothing is the one thing that everyone can read.
        if call.is_empty(response) or not any(below):
            return "bare"
        raise


def _collect(call: Call, below: httpx2.SyncByteStream) -> bytes:
    held = bytearray()
    for part in below:
        held += part
        call.check_size(len(held))
    return bytes(held)


# --- for event loops


async def send_async(
    call: Call, inner: Callable[..., Awaitable[httpx2.Response]], *, stream: bool, options: dict[str, object]
) -> httpx2.Response:
    """Do the same in an event loop, with the steps beside it; see `send`."""
    try:
        data = call.at_hand()
        request = await run_later(call.guarded, await _read_async(call) if data is None else data)
    except GuardrailError as error:
        return await run_later(call.refusal, error, answering=False)
    except BaseException as error:
        await end_later(call.steps, outcome_in_loop(error))
        raise
    try:
        with _passing(request):
            response = await inner(request, stream=True, **options)
    except BaseException as error:
        await end_later(call.steps, outcome_in_loop(error))
        raise
    try:
        return await _answer_async(call, response, stream=stream)
    except GuardrailError as error:
        await response.aclose()
        return await run_later(call.refusal, error, answering=True)
    except BaseException as error:
        await response.aclose()
        await end_later(call.steps, outcome_in_loop(error))
        raise


async def _read_async(call: Call) -> bytes:
    held = bytearray()
    async for part in call.request.stream:  # type: ignore[union-attr] # the original `send` checks it as well
        held += part
        call.check_size(len(held))
    return bytes(held)


async def _answer_async(call: Call, response: httpx2.Response, *, stream: bool) -> httpx2.Response:
    call.clear_history(response)
    if response.is_stream_consumed:
        response = call.unpacked(response)
    below: httpx2.AsyncByteStream = response.stream  # type: ignore[assignment] # a client for loops has no other
    with _naming(call, response):
        kind = await _kind_async(call, response, below)
        if kind in {"whole", "bare"}:
            content = b"" if kind == "bare" else await _collect_async(call, below)
            content, size = await run_later(_guarded_whole, call, content)
            call.relabel(response, kind if size is not None else "bare", size=size)
            response.stream = async_whole(call.library, below, content)
        else:
            call.relabel(response, kind)
            response.stream = async_body(call.library, below, call.steps, marked=call.marked)
    if not stream:
        await response.aread()
    return response


async def _kind_async(call: Call, response: httpx2.Response, below: httpx2.AsyncByteStream) -> str:
    try:
        return await run_later(call.begin_answer, response)
    except BodyError:
        # Nothing is the one thing that everyone can read.
        if call.is_empty(response) or not await _has_bytes(below):
            return "bare"
        raise


async def _has_bytes(below: httpx2.AsyncByteStream) -> bool:
    async for part in below:
        if part:
            return True
    return False


async def _collect_async(call: Call, below: httpx2.AsyncByteStream) -> bytes:
    held = bytearray()
    async for part in below:
        held += part
        call.check_size(len(held))
    return bytes(held)


# --- for both


def _guarded_whole(call: Call, content: bytes) -> tuple[bytes, int | None]:
    """Return the guarded content and, where it is another one, its length; it is recorded."""
    if not content:
        call.steps.close("ok")
        return content, None
    out = call.steps.whole(content)
    return out, len(out) if out != content else None


@contextmanager
def _naming(call: Call, response: httpx2.Response) -> Iterator[None]:
    """Give an error of the network the request that it belongs to, as the client itself would."""
    try:
        yield
    except call.library.RequestError as error:
        error.request = response.request
        raise
