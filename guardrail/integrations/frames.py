"""Messages of a websocket as libraries take and give them: text, bytes, or fragments of either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.wire.framing import Message

__all__ = ["as_frame", "decoded", "is_data", "joined"]


def is_data(message: object) -> bool:
    """Tell whether a message is one, and no sequence of fragments (a dict is neither)."""
    return isinstance(message, str | bytes | bytearray | memoryview | dict)


def joined(parts: Iterable[object], limit: int) -> Message:
    """Return the fragments of a message as one: a value may lie across two of them.

    Raises:
        BodyError: more than `limit` characters or bytes.
    """
    held: list[str | bytes] = []
    size = 0
    for part in parts:
        one = part if isinstance(part, str) else bytes(part)  # type: ignore[call-overload] # bytes-like
        size += len(one)
        if size > limit:
            raise BodyError("a message is too large to be guarded", advice="send it in parts", status=413)
        held.append(one)
    if all(isinstance(one, str) for one in held):
        return "".join(one for one in held if isinstance(one, str))
    return b"".join(one if isinstance(one, bytes) else one.encode() for one in held)


def as_frame(message: object, *, text: bool | None) -> Message:
    """Return text for a text frame and bytes for a binary one; `text` overrides what the type says."""
    data = message if isinstance(message, str | bytes) else bytes(message)  # type: ignore[call-overload] # bytes-like
    if text is True and isinstance(data, bytes):
        return data.decode()
    if text is False and isinstance(data, str):
        return data.encode()
    return data


def decoded(message: Message, *, decode: bool | None) -> Message:
    """Return a message as its reader wants it: text (True), bytes (False), or as it came (None)."""
    if decode is False and isinstance(message, str):
        return message.encode()
    if decode is True and isinstance(message, bytes):
        return message.decode()
    return message
