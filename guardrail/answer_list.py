"""An answer that is a list of what would else be events: Gemini's stream without `alt=sse`."""

from __future__ import annotations

import json
import re
from typing import Final

from guardrail.answer import WholeAnswer
from guardrail.answer_events import EventAnswer
from guardrail.errors import BodyError
from guardrail.wire import sse
from guardrail.wire.json import TOO_DEEP, read

__all__ = ["ListAnswer"]

_ITEM: Final = re.compile(r"[ \t\r\n,]*\{")
_LINES: Final = re.compile(r"[\r\n]+")
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)  # Python refuses integers of 4301 digits


class ListAnswer(WholeAnswer):
    """A list of what would else be events: Gemini's stream without `alt=sse`. It goes out at its end."""

    def finish(self) -> bytes:
        """Return the list, its texts restored and scrubbed over all of its items."""
        text = self._media.decode(bytes(self._body))
        items = _items(text)
        if not items:
            return super().finish()
        events = EventAnswer(self._case, self._protocol)
        stream = b"".join(sse.with_data(b"data: \n\n", item) for item in items)
        out = events.feed(stream) + events.finish()
        new = [sse.data_of(event) or "" for event in sse.EventReader().feed(out)]
        return bytes(self._body) if new == items else self._media.encode(f"[{','.join(new)}]")


def _items(text: str) -> list[str]:
    """Return the items of a JSON list of objects, on one line each; none where it is no such list."""
    try:
        slots = read(text, lenient=True)
    except BodyError as error:
        if error.status == TOO_DEEP:
            raise
        return []
    body = text.strip("\ufeff \t\r\n")
    if not body.startswith("[") or any(not isinstance(slot.path[0], int) for slot in slots if slot.path):
        return []
    items = []
    at = 1
    while match := _ITEM.match(body, at):
        end = _DECODER.raw_decode(body, match.end() - 1)[1]
        # White space between tokens only: a string has no line end of its own.
        items.append(_LINES.sub(" ", body[match.end() - 1 : end]))
        at = end
    return items if body[at:].strip() == "]" else []
