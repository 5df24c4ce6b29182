"""Lines of JSON, one document each (NDJSON, JSON Lines), and JSON text sequences (RFC 7464).

A body of them is read whole, record by record; a stream of them is cut into
lines. A line that is no JSON is plain text. A line of a batch names the path of
the call that it holds: its body is read by the map of that path.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.wire.document import JsonDocument, TextDocument, WithFiles
from guardrail.wire.json import TOO_DEEP
from guardrail.wire.maps import PROTOCOLS, protocol_for
from guardrail.wire.protocol import GENERIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.wire.document import Document, Fields, Leaf
    from guardrail.wire.json import Path
    from guardrail.wire.protocol import Kind

__all__ = ["LinesDocument"]

_LINE: Final = re.compile(r"[\r\n\x1e]+")
_ENVELOPE: Final = frozenset({("custom_id",), ("method",), ("url",)})


class LinesDocument:
    """Records, each read for itself; what stands between them keeps its bytes."""

    def __init__(self, text: str, fields: Fields = GENERIC.request, *, lenient: bool = True) -> None:
        """Read the records; raise `BodyError` where one is nested too deep."""
        self._parts: list[str | Document] = []
        at = 0
        for gap in [*_LINE.finditer(text), None]:
            record = text[at : gap.start()] if gap else text[at:]
            if record:
                self._parts.append(_read(record, fields, lenient=lenient) if record.strip() else record)
            if gap:
                self._parts.append(gap[0])
                at = gap.end()
        self._places = [
            (number, inside)
            for number, part in enumerate(self._parts)
            if not isinstance(part, str)
            for inside in range(len(part.leaves))
        ]
        self.leaves: Sequence[Leaf] = [
            leaf for part in self._parts if not isinstance(part, str) for leaf in part.leaves
        ]

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the records; those without a change keep their bytes."""
        by_part: dict[int, dict[int, str]] = {}
        for at, new in changes.items():
            number, inside = self._places[at]
            by_part.setdefault(number, {})[inside] = new
        return "".join(
            part if isinstance(part, str) else part.render(by_part.get(number, {}))
            for number, part in enumerate(self._parts)
        )


class _Call:
    """A record that holds a call: the fields of its body are those of the path that it names."""

    def __init__(self, otherwise: Fields) -> None:
        self._otherwise = otherwise

    def kind(self, path: Path, beside: Callable[[Path], str] | None = None, *, number: bool = False) -> Kind:
        """Return the kind of a field of the record."""
        url = beside(("url",)) if beside else ""
        name = protocol_for("POST", url, {}) if url else ""
        if not name:
            return self._otherwise.kind(path, beside, number=number)
        if path in _ENVELOPE:
            return "structural"
        if path[:1] == ("body",):
            inside = partial(_below, beside) if beside else None
            return PROTOCOLS[name].request.kind(path[1:], inside, number=number)
        return self._otherwise.kind(path, beside, number=number)


def _below(beside: Callable[[Path], str], path: Path) -> str:
    return beside(("body", *path))


def _read(record: str, fields: Fields, *, lenient: bool) -> Document:
    call: Fields = _Call(fields)
    if isinstance(fields, WithFiles):
        call = WithFiles(call, fields.opener)
    try:
        return JsonDocument(record, call, lenient=lenient)
    except BodyError as error:
        if error.status == TOO_DEEP:
            raise
        return TextDocument(record)
