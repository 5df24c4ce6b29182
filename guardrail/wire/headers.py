"""Header lists of ASGI: pairs of bytes, names in lower case, order kept.

All functions return new lists: the caller's list may be shared with others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "DIGESTS",
    "HeaderList",
    "for_application",
    "for_client",
    "joined",
    "length",
    "replaced",
    "single",
    "stated",
    "without",
]

HeaderList: TypeAlias = "list[tuple[bytes, bytes]]"

DIGESTS: Final = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest"})
"""What states the bytes of a body (RFC 1864, RFC 3230, RFC 9530): false once they changed."""

_ASKED: Final = frozenset({b"accept-encoding", b"range", b"if-range"})
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_BYTES: Final = frozenset({b"content-length", b"content-encoding", b"etag", b"accept-ranges"})


def single(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Return the value of a header that may stand once only; "" where it is absent.

    Raises:
        BodyError: it stands there with two values (400). The guard would believe
            one of them and the application the other.
    """
    values = {value.strip() for key, value in headers if key.lower() == name}
    if len(values) > 1:
        raise BodyError(f"the header {name.decode('ascii')} has two values", advice="send this header once")
    return values.pop().decode("latin-1") if values else ""


def joined(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Return all values of a list-valued header as one (RFC 9110 §5.3)."""
    return ", ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the stated Content-Length in bytes, or 0 where none can be read."""
    return stated(headers) or 0


def stated(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Return the stated Content-Length in bytes, or None where none can be read."""
    said = joined(headers, b"content-length").encode("latin-1")
    return int(said) if said.isdigit() and len(said) < 20 else None


def without(headers: Iterable[tuple[bytes, bytes]], *names: frozenset[bytes]) -> HeaderList:
    """Return the list without the headers named in any of `names`."""
    gone = frozenset().union(*names)
    return [(key, value) for key, value in headers if key.lower() not in gone]


def replaced(headers: HeaderList, names: frozenset[bytes], guarded: Callable[[str, str], str]) -> HeaderList:
    """Return the list with `guarded(name, value)` as the value of every field in `names` (lower-case).

    A value is UTF-8 where it can be, else ISO-8859-1 (RFC 9110 §5.5); unchanged, it keeps its bytes.
    """
    kept = []
    for key, value in headers:
        name = key.lower()
        if name in names:
            charset = "utf-8" if _is_utf8(value) else "latin-1"
            text = value.decode(charset)
            new = guarded(name.decode("latin-1"), text)
            if new != text:
                kept.append((key, new.encode(charset, "replace")))
                continue
        kept.append((key, value))
    return kept


def for_application(headers: HeaderList, *, body: bytes, decoded: bool, changed: bool) -> HeaderList:
    """Return the headers of a request as the application gets them, with `body` replayed in one part.

    It is not asked for compressed or partial answers, which the guard could not
    read. `decoded` says that no content coding is left on the body, `changed` that
    its bytes are not those of the client.
    """
    gone = set(_ASKED)
    framed = bool(body) or any(key.lower() in _FRAMING for key, _ in headers)
    if framed:
        gone |= _FRAMING
    if decoded:
        gone.add(b"content-encoding")
    if changed:
        gone |= DIGESTS
    kept = without(headers, frozenset(gone))
    # Without this header any coding would do (RFC 9110 §12.5.3).
    kept.append((b"accept-encoding", b"identity"))
    if framed:
        kept.append((b"content-length", b"%d" % len(body)))
    return kept


def for_client(headers: HeaderList, *, length: int | None) -> HeaderList:
    """Return the headers of an answer whose bytes are no longer the application's.

    `length` is the new one in bytes, None for a stream.
    """
    kept = without(headers, _BYTES, DIGESTS)
    return kept if length is None else [*kept, (b"content-length", b"%d" % length)]


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
