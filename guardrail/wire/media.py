"""What a Content-Type header says: the media type, its charset, and how its body is read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from email.message import Message
from typing import Final, Literal, TypeAlias

from guardrail.errors import BodyError

__all__ = ["Form", "Media"]

Form: TypeAlias = Literal["json", "form", "events", "text", "opaque"]

_CHARSETS: Final = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})


@dataclass(frozen=True, slots=True)
class Media:
    """A media type, lower-case and without parameters, and a charset by Python's name."""

    type: str
    charset: str = "utf-8"

    @classmethod
    def parse(cls, content_type: str) -> Media:
        """Read a Content-Type header; "" is an opaque body.

        Raises:
            BodyError: an unknown charset, or one that hides ASCII, such as
                UTF-16 or UTF-7 (415): a parser behind us could read other text.
        """
        message = Message()
        message["content-type"] = content_type or "application/octet-stream"
        charset = message.get_content_charset("utf-8")
        try:
            name = codecs.lookup(charset).name
        except LookupError:
            name = ""
        if name not in _CHARSETS:
            raise BodyError(
                "the body's charset is not supported",
                advice="send UTF-8 (or ISO-8859-1, windows-1252)",
                status=415,
            )
        return cls(message.get_content_type(), "utf-8" if name == "ascii" else name)

    @property
    def form(self) -> Form:
        """Tell how such a body is read; what has no form here is opaque."""
        if self.type in {"application/json", "text/json"} or self.type.endswith("+json"):
            return "json"
        if self.type == "application/x-www-form-urlencoded":
            return "form"
        if self.type == "text/event-stream":
            return "events"
        if self.type.startswith("text/"):
            return "text"
        return "opaque"

    def decode(self, body: bytes) -> str:
        """Return the body's text; raise `BodyError` (400) where it is not of its charset."""
        try:
            return body.decode(self.charset)
        except UnicodeDecodeError:
            raise BodyError(
                f"the body is not {self.charset}",
                advice="send the body in the charset that its Content-Type names",
            ) from None

    def encode(self, text: str) -> bytes:
        """Return the bytes of `text`; a character that the charset lacks becomes a question mark."""
        return text.encode(self.charset, "replace")
