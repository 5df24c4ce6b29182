"""Events of a stream that are alike but for their piece of text: they are read once, then filled in.

Almost every event of an answer repeats the one before it, byte for byte, around
one string. An event that does so has the same fields of the same kinds, so what
was found out about the first holds for it (docs/adr/0157).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from guardrail.wire.json import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.wire.document import JsonDocument

__all__ = ["Between", "Filled", "Repeated"]

# What else may differ: numbers and padding that say nothing of the text (of OpenAI's events).
_VARYING: Final = frozenset({("sequence_number",), ("obfuscation",)})
_STRING: Final = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+)"')
_INSIDE: Final = re.compile(r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+')
_ALONE: Final = 3  # parts of data in which the text alone may differ: it, and what stands around it
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,15})(?![0-9.eE])")
# Padding is padding only as long as it says nothing.
_PADDING: Final = re.compile(r'"((?:(?![0-9]{5})[A-Za-z0-9+/_=-]){0,64})"')
_MARK: Final = "{}"


class Filled:
    """One event that repeats another: its text, and its data with another text in its place."""

    __slots__ = ("_end", "_frame", "_start", "data", "text", "varying")

    def __init__(self, data: str, span: tuple[int, int], text: str, frame: tuple[str, str, int]) -> None:
        self.data = data
        self.text = text
        *self._frame, self.varying = frame  # what stands around the data; characters of numbers and padding
        self._start, self._end = span

    def event(self, text: str) -> bytes:
        """Return the event with another text in its place."""
        before, after = self._frame
        return f"{before}{self.render({0: text})}{after}".encode()

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the data with the text of its only leaf replaced."""
        new = changes[0]
        return (
            self.data if new == self.text else self.data[: self._start] + quote(new) + self.data[self._end :]
        )


class Between:
    """One event that differs from another in its text alone: what stands around that is the form's."""

    __slots__ = ("_form", "_raw", "text")
    varying = 0

    def __init__(self, form: Repeated, raw: str) -> None:
        self._form = form
        self._raw = raw  # the text in the notation of the event
        self.text = str(json.loads(f'"{raw}"')) if "\\" in raw else raw

    def event(self, text: str) -> bytes:
        """Return the event with another text in its place."""
        before, after = self._form.ends
        return before + quote(text)[1:-1].encode() + after

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the data with the text of its only leaf replaced."""
        new = self._raw if changes[0] == self.text else quote(changes[0])[1:-1]
        before, after = self._form.around
        return f"{before}{new}{after}"


class Repeated:
    """The form of one event, and what was counted of it."""

    def __init__(self, before: str, data: list[str | re.Pattern[str]], place: int, after: str) -> None:
        self._before = before
        self._data = data  # literal parts and patterns, in turn
        self._place = place  # which of them is the text
        self._after = after
        self.structural = 0  # bytes of the event's fields that are no text
        self.framing = 0
        self.around = ("", "")  # the data around the text, and the event: where nothing else may differ
        self.ends = (b"", b"")
        if len(data) == _ALONE:
            self.around = (f'{data[0]}"', f'"{data[2]}')
            self.ends = (f"{before}{self.around[0]}".encode(), f"{self.around[1]}{after}".encode())

    @classmethod
    def of(
        cls, event: bytes, data: str, document: JsonDocument, framed: Callable[[bytes, str], bytes]
    ) -> Repeated | None:
        """Return the form of an event with one piece of text and nothing else that is text; None of others.

        `framed` returns the event with other data.
        """
        pieces = [at for at, leaf in enumerate(document.leaves) if leaf.kind == "delta"]
        whole = event.decode("utf-8", "replace")
        before, _, after = framed(event, _MARK).decode("utf-8", "replace").partition(_MARK)
        if len(pieces) != 1 or not document.leaves[pieces[0]].names or whole != before + data + after:
            return None
        parts: list[str | re.Pattern[str]] = []
        at = place = structural = 0
        for number, leaf in enumerate(document.leaves):
            if number != pieces[0] and leaf.kind != "structural":
                return None
            varies = leaf.path in _VARYING and not leaf.is_key
            if number != pieces[0] and not varies:
                structural += len(leaf.text.encode("utf-8", "surrogatepass"))
                continue
            span = document.span(number)
            if span is None:
                return None
            place = len(parts) + 1 if number == pieces[0] else place
            text = _STRING if number == pieces[0] else _PADDING
            parts += [data[at : span[0]], text if data[span[0]] == '"' else _NUMBER]
            at = span[1]
        form = cls(before, [*parts, data[at:]], place, after)
        form.structural = structural
        form.framing = 0
        return form

    def match(self, event: bytes) -> Filled | Between | None:
        """Return what an event of this form holds; None where it has another."""
        return self._between(event) if self.ends[0] else self._filled(event)

    def _between(self, event: bytes) -> Between | None:
        before, after = self.ends
        end = len(event) - len(after)
        if end < len(before) or not event.startswith(before) or not event.endswith(after):
            return None
        try:
            raw = event[len(before) : end].decode("utf-8")
        except UnicodeDecodeError:
            return None
        return Between(self, raw) if _INSIDE.fullmatch(raw) else None

    def _filled(self, event: bytes) -> Filled | None:
        try:
            whole = event.decode("utf-8")
        except UnicodeDecodeError:
            return None
        start = len(self._before)
        if not whole.startswith(self._before) or not whole.endswith(self._after):
            return None
        at, varying, text, span = start, 0, "", (0, 0)
        for number, part in enumerate(self._data):
            if isinstance(part, str):
                if not whole.startswith(part, at):
                    return None
                at += len(part)
                continue
            found = part.match(whole, at)
            if found is None:
                return None
            at = found.end()
            if number == self._place:
                text, span = found[1], (found.start() - start, at - start)
            else:
                varying += len(found[1])
        if at + len(self._after) != len(whole):
            return None
        if "\\" in text:
            text = str(json.loads(f'"{text}"'))
        return Filled(whole[start:at], span, text, (self._before, self._after, varying))
