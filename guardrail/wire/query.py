"""The texts of a query string and of a header field; and the same with some of them replaced.

Source: WHATWG URL, "application/x-www-form-urlencoded"; RFC 3986 §3.4. A name or
a value that does not change keeps its bytes, percent-encoding and all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from guardrail.wire.document import Leaf, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FieldDocument", "QueryDocument", "field_document"]

_LOCATED: Final = frozenset({"location", "content-location", "referer"})
"""Fields whose value is a URL: of that, the query is text (RFC 9110 §10.2.2, §8.7, §10.1.3)."""

# What ends a field or a message (RFC 9110 §5.5): no new text may bring it in.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


class QueryDocument:
    """A query string: name and value of each pair; the names are the hints of their values."""

    def __init__(self, raw: str) -> None:
        """Take the query string without its "?", one character per byte (Latin-1)."""
        self._pairs = [pair.partition("=") for pair in raw.split("&")]
        leaves = []
        for name, _, value in self._pairs:
            said = _text(name)
            leaves.append(Leaf(said, "text", (said,), names=False))
            leaves.append(Leaf(_text(value), "text", (said,), words(said)))
        self.leaves: Sequence[Leaf] = leaves

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the query string, still one character per byte."""
        pairs = []
        for at, (name, equals, value) in enumerate(self._pairs):
            # A space as %20, never "+": that is read alike by those who know forms and those who do not.
            new_name = quote(changes[2 * at], safe="") if 2 * at in changes else name
            new_value = quote(changes[2 * at + 1], safe="") if 2 * at + 1 in changes else value
            pairs.append(new_name + equals + new_value)
        return "&".join(pairs)


class FieldDocument:
    """The value of one header field: one leaf, with the field's name as its hint."""

    def __init__(self, name: str, value: str) -> None:
        self.leaves: Sequence[Leaf] = (Leaf(value, "text", (name,), words(name.removeprefix("x-"))),)
        self._value = value

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the value, or what replaces it, on one line."""
        return _CONTROL.sub(" ", changes[0]) if 0 in changes else self._value


class _LocationDocument(QueryDocument):
    """A field whose value is a URL."""

    def __init__(self, value: str) -> None:
        url, self._hash, self._fragment = value.partition("#")
        self._place, self._mark, query = url.partition("?")
        super().__init__(query.encode("utf-8", "surrogatepass").decode("latin-1"))

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the URL with its query changed."""
        query = super().render(changes).encode("latin-1").decode("utf-8", "surrogatepass")
        return f"{self._place}{self._mark}{query}{self._hash}{self._fragment}"


def field_document(name: str, value: str) -> FieldDocument | QueryDocument:
    """Return the texts of the field `name` (lower-case)."""
    return _LocationDocument(value) if name in _LOCATED else FieldDocument(name, value)


def _text(part: str) -> str:
    """Return what a name or value says; bytes that are no UTF-8 are Latin-1, as old forms send."""
    said = unquote_to_bytes(part.replace("+", " ").encode("latin-1"))
    try:
        return said.decode("utf-8")
    except UnicodeDecodeError:
        return said.decode("latin-1")
