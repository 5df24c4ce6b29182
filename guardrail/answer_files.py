"""Answers that are files or forms of parts: read whole, restored and scrubbed inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from guardrail.answer import MAX_ANSWER, new_texts
from guardrail.errors import BodyError
from guardrail.files import open_file
from guardrail.files.form import FormParts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.case import Case
    from guardrail.wire.document import Leaves
    from guardrail.wire.json import Path

    class _Encoded(Leaves, Protocol):
        def encode(self, changes: Mapping[int, str]) -> bytes: ...


__all__ = ["FileAnswer"]


class FileAnswer:
    """One file, or one form of parts: nothing is sent before all of it was read."""

    def __init__(self, case: Case, content_type: str, *, parts: bool) -> None:
        self._case = case
        self._content_type = content_type
        self._parts = parts
        self._body = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Keep the bytes; raise `BodyError` (413) when they are too many."""
        self._body += chunk
        if len(self._body) > MAX_ANSWER:
            raise BodyError("the answer is too large", advice="answer in parts", status=413)
        return b""

    def finish(self) -> bytes:
        """Return the answer; raise `BodyError` where it cannot be read, or not be rewritten and must."""
        body = bytes(self._body)
        if not body:
            return b""
        opened: _Encoded | None
        opened = (
            FormParts(body, self._content_type) if self._parts else open_file(body, media=self._content_type)
        )
        if opened is None:
            self._case.unreadable("a file of this kind", body)
            return body
        changes = new_texts(self._case, opened, _to_nobody)
        return opened.encode(changes) if changes or self._parts else body

    def light(self, chunk: bytes) -> int:
        """Return none of it: it is read whole."""
        del chunk
        return 0

    def tick(self, now: float) -> bytes:
        """Return nothing: a file is whole or nothing."""
        del now
        return b""


def _to_nobody(path: Path, values: Mapping[Path, str]) -> str | None:
    del path, values
    return None
