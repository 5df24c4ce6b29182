"""A JSON document that streams within a text: the arguments of a tool call, or an answer in JSON.

The text inside of its strings is un-escaped, goes through a stream of its own,
and is escaped again (docs/adr/0156). Rules:

1. What is not changed keeps its characters, escapes and white space included.
2. Where the document is JSON, so is what comes out: a value is escaped, and a
   number that is replaced becomes a string.
3. Where it stops being JSON, all that follows is plain text, and so is what had
   not left yet: what other parsers make of it, nobody knows.
4. A string that begins as a document does is one itself, to the depth of whole
   bodies (`guardrail.wire.document`).
"""

from __future__ import annotations

import json
import re
from collections import deque
from copy import copy
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.stream import LONGEST_HOLD, LOOK_BACK, Desk, Part, TextStream, joined, woven
from guardrail.wire.document import NESTED, digits, is_identifier, words
from guardrail.wire.json import MAX_DEPTH, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.withheld import Run

__all__ = ["JsonDesk", "JsonStream"]

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')
_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE: Final = re.compile(rf'{_PAIR}|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}})')
# The beginning of an escape, or of a pair of them.
_HALF: Final = re.compile(
    r"\\(?:u[0-9a-fA-F]{0,3})?\Z|"
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?\Z"
)
_STRING: Final = re.compile(
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+(?:"|((?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z))'
)
_SCALAR: Final = re.compile(r"[-+.0-9A-Za-z]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERAL: Final = frozenset({"true", "false", "null", "NaN", "Infinity", "-Infinity"})
_BOM: Final = "\ufeff"
_MAY_BEGIN: Final = frozenset("{[ \t\n\r" + _BOM)  # a document, or what stands before one


class JsonDesk(Desk, Protocol):
    """A desk for the texts of a document."""

    def about(self, hint: str, *, names: bool = True) -> JsonDesk:
        """Return the desk of the text that stands under this name."""
        ...

    def structural(self, text: str) -> None:
        """Take note of a text that is not looked at: a key that names the shape."""
        ...


class _String:
    """A string of the document while it is read: its stream, and the notation of what the stream holds."""

    def __init__(self, stream: TextStream | JsonStream) -> None:
        self.stream = stream
        self._raw: deque[tuple[str, int]] = deque()  # as it was written, and how many characters it says

    def fork(self) -> _String:
        """Return a copy to try pieces on."""
        other = copy(self)
        other.stream = self.stream.fork()
        return other

    def feed(self, raw: str, text: str) -> list[Part]:
        """Take a piece of the string as it was written, and what it says."""
        self._raw.append((raw, len(text)))
        return self.written(self.stream.take(text))

    def written(self, parts: list[Part]) -> list[Part]:
        """Return the parts in the notation of the document."""
        return [self._written(part) for part in parts]

    def rest(self) -> str:
        """Return what the stream holds, as it was written."""
        return "".join(raw for raw, _ in self._raw)

    def _written(self, part: Part) -> Part:
        left, out = part.size, []
        while left and self._raw:
            raw, size = self._raw.popleft()
            if size > left:  # text without escapes: each character says itself
                self._raw.appendleft((raw[left:], size - left))
                raw, size = raw[:left], left
            out.append(raw)
            left -= size
        came = "".join(out)
        return (
            Part(quote(part.text)[1:-1], len(came), new=True)
            if part.new
            else Part(came, len(came), new=False)
        )


class JsonStream:
    """One text that may be JSON: feed it pieces, get back what is decided. As `TextStream`."""

    def __init__(
        self,
        desk: JsonDesk,
        *,
        hint: str = "",
        fast: bool = False,
        quoted: bool = False,
        nested: int = NESTED,
    ) -> None:
        """Take the desk; `hint` is what the text is called.

        A `quoted` text is JSON by its protocol: it may be a string alone, and what
        stands for a value is escaped also where the text is broken.
        """
        self._desk = desk
        self._hint = hint
        self._fast = fast
        self._quoted = quoted
        self._nested = nested
        self._text = ""  # not read yet
        self._state = "begin"
        self._open: list[tuple[str, str]] = []  # the closers of containers, and the names of what is in them
        self._string: _String | None = None
        self._plain: TextStream | None = None
        self._before = ""  # what was read last, for a text that turns out to be plain

    @property
    def held(self) -> int:
        """Return how many characters wait."""
        inside = self._plain.held if self._plain else self._string.stream.held if self._string else 0
        return len(self._text) + inside

    @property
    def run(self) -> Run | None:
        """Return the run that is withheld, if there is one."""
        stream = self._plain or (self._string.stream if self._string else None)
        return stream.run if stream else None

    def fork(self) -> JsonStream:
        """Return a copy to try pieces on (see `waits`)."""
        other = copy(self)
        other._plain = self._plain and self._plain.fork()  # noqa: SLF001 - a copy of its own
        other._string = self._string and self._string.fork()  # noqa: SLF001 - a copy of its own
        return other

    def waits(self, piece: str) -> bool:
        """Take a piece on trial, in a fork; see `TextStream.waits`. What is not plain text says no."""
        if not piece:
            return True
        if self._plain is None and self._string is None and self._plainly(piece):
            self._plain = TextStream(self._desk, fast=self._fast)
        if self._plain:
            return self._plain.waits(piece)
        if self._string and not self._text and _PLAIN.fullmatch(piece):
            return self._string.stream.waits(piece)
        return False

    def _plainly(self, piece: str) -> bool:
        """Tell whether a text that begins so is no JSON."""
        begins = self._state == "begin" and not (self._before or self._text or self._quoted)
        return begins and piece[0] not in _MAY_BEGIN

    def feed(self, piece: str) -> str:
        """Take the next piece; return the text that is decided now."""
        return joined(self.take(piece))

    def finish(self) -> str:
        """Return the rest: the text ends here."""
        return joined(self.rest())

    def take(self, piece: str) -> list[Part]:
        """Take the next piece; return what is decided now, in parts."""
        if self._plain:
            return self._escaped(self._plain.take(piece))
        out: list[Part] = []
        for at in range(0, len(piece), LONGEST_HOLD):  # what is copied for each step is bounded
            if self._plain:
                out += self._escaped(self._plain.take(piece[at:]))
                break
            self._text += piece[at : at + LONGEST_HOLD]
            while self._text and self._plain is None and self._step(out):
                pass
        return out

    def rest(self) -> list[Part]:
        """Return the rest in parts: the text ends here."""
        out: list[Part] = []
        if self._string:
            out += self._string.written(self._string.stream.rest())
            self._pass(out, len(self._text))
        elif self._text and self._plain is None:
            self._break(out)
        if self._plain:
            out += self._escaped(self._plain.rest())
        return out

    def expire(self, late: Callable[[], str | None] | None) -> list[Part]:
        """Return what is held because its time is up (see `TextStream.expire`)."""
        if self._string and not self._text:
            return self._string.written(self._string.stream.expire(late))
        out: list[Part] = []
        if self._plain is None and self._text:
            if late is None:
                return out  # half a document is no text yet
            self._break(out)
        return out + self._escaped(self._plain.expire(late)) if self._plain else out

    def _step(self, out: list[Part]) -> bool:
        """Read the next thing; False where more must come first."""
        if self._string:
            return self._inside(out, self._string)
        space = _SPACE.match(self._text)
        if space and space.end():
            return self._pass(out, space.end())
        first = self._text[0]
        if first == '"' and self._state in {"key", "first key"}:
            return self._key(out)
        if first not in "{[" and (follows := self._punctuation(first)):
            self._state = follows
            return self._pass(out, 1)
        if self._state in {"value", "first", "begin"}:
            return self._value(out, first)
        return self._break(out)

    def _punctuation(self, sign: str) -> str:
        """Return what may follow a sign between values, "" where it does not stand there."""
        if self._state == "begin":
            return self._state if sign == _BOM and not self._before else ""
        if self._state in {"after", "first key", "first"} and sign == self._open[-1][0]:
            self._open.pop()
            return "after" if self._open else "begin"
        if self._state == "after" and sign == ",":
            return "key" if self._open[-1][0] == "}" else "value"
        return "value" if self._state == "colon" and sign == ":" else ""

    def _value(self, out: list[Part], first: str) -> bool:
        if first in "{[" and len(self._open) < MAX_DEPTH:
            self._open.append(("}" if first == "{" else "]", self._name()))
            self._state = "first key" if first == "{" else "first"
            return self._pass(out, 1)
        if first == '"' and (self._open or self._quoted):
            self._string = self._opened()
            return self._pass(out, 1)
        return self._scalar(out) if self._open else self._break(out)

    def _opened(self) -> _String:
        desk, hint = self._desk.about(self._name()), self._name()
        if not self._nested:
            return _String(TextStream(desk, fast=self._fast))
        return _String(JsonStream(desk, hint=hint, fast=self._fast, nested=self._nested - 1))

    def _name(self) -> str:
        return self._open[-1][1] if self._open else self._hint

    def _inside(self, out: list[Part], string: _String) -> bool:
        """Read on within a string."""
        if plain := _PLAIN.match(self._text):
            out += string.feed(plain[0], plain[0])
        elif self._text[0] == '"':
            out += string.written(string.stream.rest())
            self._string = None
            self._state = "after" if self._open else "begin"
            return self._pass(out, 1)
        elif _HALF.match(self._text):
            return False
        elif plain := _ESCAPE.match(self._text):
            out += string.feed(plain[0], json.loads(f'"{plain[0]}"'))
        else:
            return self._break(out)
        self._read(plain.end())
        return True

    def _key(self, out: list[Part]) -> bool:
        """Read a key: it is looked at whole."""
        key = _STRING.match(self._text)
        if key is None or len(key[0]) > LONGEST_HOLD:
            return self._break(out)
        if key[1] is not None:
            return False
        text = json.loads(key[0])
        self._open[-1] = (self._open[-1][0], words(text))
        self._state = "colon"
        if is_identifier(text):
            self._desk.structural(text)
            return self._pass(out, key.end())
        return self._put(out, key.end(), text, self._desk.about("", names=False))

    def _scalar(self, out: list[Part]) -> bool:
        """Read a number or a word; what follows it must have come, for it may go on."""
        scalar = _SCALAR.match(self._text)
        if scalar is None or scalar.end() > LONGEST_HOLD:
            return self._break(out)
        space = _SPACE.match(self._text, scalar.end())
        end = space.end() if space else scalar.end()
        if end == len(self._text):
            return False
        number = _NUMBER.fullmatch(scalar[0])
        # "[4111 1111" is no list of numbers: nothing of the first may leave as one.
        if self._text[end] not in ",]}" or not (number or scalar[0] in _LITERAL):
            return self._break(out)
        self._state = "after"
        if number is None:
            return self._pass(out, scalar.end())
        return self._put(out, scalar.end(), digits(scalar[0]), self._desk.about(self._name(), names=False))

    def _put(self, out: list[Part], size: int, text: str, desk: JsonDesk) -> bool:
        """Decide a whole text, which takes `size` characters of the document, and let it go."""
        parts = woven(text, start=0, end=len(text), desk=desk, decisions=desk.decide(text))
        new = joined(parts)
        if new == text:
            return self._pass(out, size)
        out.append(Part(quote(new), size, new=True))
        self._read(size)
        return True

    def _pass(self, out: list[Part], size: int) -> bool:
        """Let characters go as they are."""
        if size:
            out.append(Part(self._text[:size], size, new=False))
            self._read(size)
        return True

    def _read(self, size: int) -> None:
        self._before = (self._before + self._text[:size])[-LOOK_BACK:]
        self._text = self._text[size:]

    def _break(self, out: list[Part]) -> bool:
        """Read on as plain text: it is no JSON from here on."""
        run = self.run
        held = self._string.rest() if self._string and run is None else ""
        before = self._before[: len(self._before) - len(held)] if held else self._before
        self._plain = TextStream(self._desk, fast=self._fast, before=before, run=run)
        self._string = None
        text, self._text = held + self._text, ""
        out += self._escaped(self._plain.take(text))
        return False

    def _escaped(self, parts: list[Part]) -> list[Part]:
        if not self._quoted:
            return parts
        return [Part(quote(part.text)[1:-1], part.size, new=True) if part.new else part for part in parts]
