"""What a Content-Type header says: the media type, its charset, and how its body is read."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Form", "Media"]

Form: TypeAlias = Literal[
    "json", "form", "events", "lines", "sequence", "multipart", "file", "text", "opaque"
]

_LINES: Final = ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_FILES: Final = ("application/pdf", "application/xml", "application/csv", "message/rfc822")
_FORMS: Final[Mapping[str, Form]] = {
    "application/json": "json",
    "text/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "text/event-stream": "events",
    "application/json-seq": "sequence",
    **dict.fromkeys(_FILES, "file"),
    **{f"application/{name}": "lines" for name in _LINES},
}
_CHARSETS: Final = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 §5.6.2
_TYPE: Final = re.compile(rf"[ \t]*({_WORD}/{_WORD})[ \t]*(?=;|\Z)")
_PARAMETER: Final = re.compile(rf';[ \t]*(?:({_WORD})=({_WORD}|"(?:[^"\\]|\\.)*"))?[ \t]*')


@dataclass(frozen=True, slots=True)
class Media:
    """A media type, lower-case and without parameters, and a charset by Python's name."""

    type: str
    charset: str = "utf-8"

    @classmethod
    def parse(cls, content_type: str) -> Media:
        """Read a Content-Type header; "", and what is no media type, is an opaque body.

        Raises:
            BodyError: a charset that is unknown, told twice, or hides ASCII, such
                as UTF-16 or UTF-7 (415): a parser behind us could read other
                text. For the same reason JSON (RFC 8259 §8.1), forms and events
                are UTF-8 alone: most parsers never look at the charset there.
        """
        found = _TYPE.match(content_type)
        media = cls(found[1].lower() if found else "application/octet-stream")
        if not found or media.form in {"opaque", "file", "multipart"}:
            return media
        charset = _charset(content_type[found.end() :])
        if charset not in _CHARSETS or (media.form != "text" and charset not in {"utf-8", "ascii"}):
            raise BodyError(
                "the body's charset is not supported",
                advice="send UTF-8 (of plain text, ISO-8859-1 and windows-1252 are read too)",
                status=415,
            )
        return cls(media.type, "utf-8" if charset == "ascii" else charset)

    @property
    def form(self) -> Form:
        """Tell how such a body is read; what has no form here is opaque."""
        if self.type in _FORMS:
            return _FORMS[self.type]
        if self.type.endswith("+json"):
            return "json"
        if self.type.endswith("+xml") or self.type.startswith(_OFFICE):
            return "file"
        return "text" if self.type.startswith("text/") else "opaque"

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


def _charset(parameters: str) -> str:
    """Return the charset by Python's name, "" where it cannot be told for certain."""
    told = []
    at = 0
    while at < len(parameters):
        found = _PARAMETER.match(parameters, at)
        if not found:
            return ""
        at = found.end()
        name, value = (found[1] or "").lower(), found[2] or ""
        if name.startswith("charset"):  # "charset*" (RFC 8187) is one more way to say it
            told.append(value.strip('"') if name == "charset" else "")
    if not told:
        return "utf-8"
    try:
        return codecs.lookup(told[0]).name if len(told) == 1 else ""
    except (LookupError, ValueError):
        return ""
