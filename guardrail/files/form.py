"""A `multipart/form-data` body as one document: its fields, its files, their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.files import open_file
from guardrail.files.document import EncodedText, unread
from guardrail.wire.document import JsonDocument, Leaf, TextDocument, is_identifier, words
from guardrail.wire.json import TOO_DEEP
from guardrail.wire.media import Media
from guardrail.wire.multipart import Part, boundary_of, read, write
from guardrail.wire.protocol import GENERIC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.files import FileDocument
    from guardrail.wire.protocol import Kind

__all__ = ["FormParts"]

_TEXT: Final = b"text/plain; charset=utf-8"


class FormParts:
    """The parts of one form, each read by what it is."""

    def __init__(self, body: bytes, content_type: str) -> None:
        """Read the form.

        Raises:
            BodyError: it is broken (400), too large (413), or a part is in an encoding (415).
        """
        self._boundary = boundary_of(content_type)
        self._parts = read(body, self._boundary)
        self._open = [_opened(part) for part in self._parts]
        leaves: list[Leaf] = []
        self._starts: list[int] = []
        for part, opened in zip(self._parts, self._open, strict=True):
            self._starts.append(len(leaves))
            kind: Kind = "structural" if is_identifier(part.name) else "text"
            leaves.append(Leaf(part.name, kind, names=False, is_key=True))
            leaves.append(Leaf(part.filename or "", "text", hint="file name"))
            leaves += [unread(len(part.content))] if opened is None else opened.leaves
        self.leaves: Sequence[Leaf] = leaves

    def encode(self, changes: Mapping[int, str]) -> bytes:
        """Return the form with some leaves replaced.

        Raises:
            BodyError: a part would end the form early (400).
        """
        ends = [*self._starts, len(self.leaves)][1:]
        parts = []
        for part, opened, start, end in zip(self._parts, self._open, self._starts, ends, strict=True):
            own = {at - start: new for at, new in changes.items() if start <= at < end}
            parts.append(_changed(part, opened, own) if own else part)
        return write(parts, self._boundary)


def _opened(part: Part) -> FileDocument | None:
    if part.filename is not None:
        return open_file(part.content, name=part.filename, media=part.media)
    media = Media.parse(part.media or "text/plain")
    if media.form == "opaque":
        return open_file(part.content, media=part.media)
    try:
        text = part.content.decode(media.charset)
    except UnicodeDecodeError:
        return None
    hint = words(part.name)
    if media.form in {"json", "text"} and text.lstrip("\ufeff \t\r\n")[:1] in {"{", "[", '"'}:
        try:
            return EncodedText(JsonDocument(text, GENERIC.request, lenient=True), encoding=media.charset)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise
    return EncodedText(TextDocument(text, hint=hint), encoding=media.charset)


def _changed(part: Part, opened: FileDocument | None, changes: Mapping[int, str]) -> Part:
    """Return a part with its name (0), the name of its file (1), and texts of its content replaced."""
    filename = changes.get(1, part.filename)
    inside = {at - 2: new for at, new in changes.items() if at > 1}
    new = part.renamed(changes.get(0, part.name), filename) if changes.keys() & {0, 1} else part
    if not inside or opened is None:
        return new
    if opened.rewritable:
        return Part(new.headers, opened.encode(inside), new.name, new.filename, new.media)
    # What cannot be rewritten goes on as its text, and says so.
    named = new.renamed(new.name, f"{filename or 'file'}.txt")
    headers = [(key, value) for key, value in named.headers if key.lower() != b"content-type"]
    content = opened.plain(inside).encode("utf-8", "replace")
    return Part([*headers, (b"Content-Type", _TEXT)], content, new.name, named.filename, "text/plain")
