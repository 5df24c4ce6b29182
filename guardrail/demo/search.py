"""Search for a planted value, in the spellings in which it could have slipped through.

Letters and digits alone are compared, in lower case: `4111-1111 1111 1111` is
found as `4111111111111111`. Of a long number every eight characters in a row
count as the number; the last four, which a policy may leave, do not. In files,
hexadecimal, base64 and UTF-16 are looked for as well.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.demo.conversation import Planted

__all__ = ["found_in_bytes", "found_in_json", "found_in_text"]

WINDOW: Final = 8  # characters of a number that count as the number
_DIGITS: Final = 10  # from this many on, a value is a long number


def found_in_text(planted: Planted, text: str) -> bool:
    """Tell whether the value, or a part of it, is in the text."""
    squeezed = _squeezed(text)
    return any(needle in squeezed for needle in _needles(planted))


def found_in_json(planted: Planted, body: bytes) -> bool:
    """Tell whether the value is in a JSON body, in its bytes or in one of its strings."""
    return found_in_text(planted, body.decode("utf-8", "replace")) or any(
        found_in_text(planted, text) for text in _strings(json.loads(body))
    )


def found_in_bytes(planted: Planted, data: bytes) -> bool:
    """Tell whether the value is anywhere in a file, plain or encoded."""
    return found_in_text(planted, data.decode("latin-1")) or any(
        form in data for text in (planted.value, *planted.parts) for form in _encoded(text)
    )


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _needles(planted: Planted) -> Iterator[str]:
    for text in (planted.value, *planted.parts):
        yield _squeezed(text)
    value = _squeezed(planted.value)
    if not planted.whole and sum(map(str.isdigit, value)) >= _DIGITS:
        yield from (value[at : at + WINDOW] for at in range(len(value) - WINDOW + 1))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_strings(item))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _encoded(text: str) -> Iterator[bytes]:
    data = text.encode("utf-8")
    yield from (data.hex().encode(), data.hex().upper().encode(), text.encode("utf-16-le"))
    for lead in range(3):
        # Depending on where the value begins, base64 has three forms; their edges mix with what is beside it.
        whole = base64.b64encode(bytes(lead) + data)
        yield (core := whole[-(-lead * 8 // 6) : (lead + len(data)) * 8 // 6])
        yield core.translate(bytes.maketrans(b"+/", b"-_"))
