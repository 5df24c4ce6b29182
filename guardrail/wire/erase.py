"""Write away what repeats the text of an answer token by token: its log probabilities."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.wire.json import read
from guardrail.wire.protocol import matches

if TYPE_CHECKING:
    from guardrail.wire.protocol import ProtocolMap

__all__ = ["erased"]

_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)  # Python refuses integers of 4301 digits


def erased(protocol: ProtocolMap, data: str) -> str:
    """Return a body or an event of a protocol without what its map says is `erased`; every other byte stays.

    The fields are found by the reader that finds all other texts: another parser
    might see another document.
    """
    if not protocol.erased or not _worth_reading(protocol).search(data):
        return data
    try:
        slots = read(data, lenient=True)
    except BodyError:
        return data  # what is no JSON is read as plain text, every character of it
    parts = []
    at = 0
    for slot in slots:
        # A field inside of one that was erased already is gone with it.
        if slot.start < at or slot.kind != "key":
            continue
        if any(matches(pattern, slot.path) for pattern in protocol.erased):
            start = _COLON.match(data, slot.end)
            begin = start.end() if start else slot.end
            parts += [data[at:begin], protocol.erased_as]
            at = _DECODER.raw_decode(data, begin)[1]
    return "".join([*parts, data[at:]])


@lru_cache(maxsize=16)
def _worth_reading(protocol: ProtocolMap) -> re.Pattern[str]:
    """Return what only a document has that holds such a field, or one whose key is escaped.

    Almost every event has `"logprobs": null` or an empty list.
    """
    names = "|".join(sorted({re.escape(pattern.rpartition(".")[2]) for pattern in protocol.erased}))
    return re.compile(rf'"(?:{names})"[ \t\n\r]*+:[ \t\n\r]*+(?!null|\[[ \t\n\r]*+\])|\\u00')
