"""Every way to cut a stream, without going each way: cuts that lead to the same state go on as one.

An engine without clock and chance is a function of its state. When two partitions
of the same beginning have led to equal states and equal output, every continuation
gives the same for both, so one of them is followed. What is compared is all that
an exchange holds, by value; left out are counts and times (`Tally`, `Watch`, which
nothing in the engine reads while no limit is set), and documents that are kept so
as not to be read twice.
"""

from __future__ import annotations

import re
from collections import deque
from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import cache

from bodies import events_of

from guardrail.answer_said import Said
from guardrail.border import Border
from guardrail.holds import Holds, Watch
from guardrail.tally import Tally
from guardrail.types import Context
from guardrail.wire.protocol import FieldMap, ProtocolMap

SHARED = (Border, Context, FieldMap, ProtocolMap, re.Pattern, type)
UNREAD = (Tally, Holds, Watch)
PLAIN = (str, bytes, int, float, bool, type(None))


def value_of(thing, leaving=frozenset(), seen=()):  # noqa: PLR0911 - a table of kinds
    """Return what an object holds, as a value that can be compared; attributes that are `leaving` are not."""
    if isinstance(thing, PLAIN):
        return thing
    if isinstance(thing, UNREAD) or id(thing) in seen:
        return type(thing).__name__
    if isinstance(thing, SHARED) or callable(thing) or "lock" in type(thing).__name__.lower():
        return id(thing)
    inside = (*seen, id(thing))
    if isinstance(thing, Said):  # of the pieces of a text, only what they say together is ever asked for
        said = {key: tuple(map("".join, both)) for key, both in thing._pieces.items()}
        return value_of([said, thing._whole, thing._room > 0], leaving, inside)
    if isinstance(thing, bytearray):
        return bytes(thing)
    if isinstance(thing, (tuple, list, deque)):
        return type(thing).__name__, *(value_of(one, leaving, inside) for one in thing)
    if isinstance(thing, dict):
        return tuple((value_of(k, leaving, inside), value_of(v, leaving, inside)) for k, v in thing.items())
    if isinstance(thing, (set, frozenset)):
        return tuple(sorted(repr(value_of(one, leaving, inside)) for one in thing))
    return type(thing).__name__, *(
        (name, value_of(getattr(thing, name), leaving, inside))
        for name in _names(thing)
        if name not in leaving and hasattr(thing, name)
    )


def _names(thing):
    if is_dataclass(thing):
        return [one.name for one in fields(thing)]
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*slots, *getattr(thing, "__dict__", {})]


def copied(exchange):
    """Return a copy of an exchange in mid-stream that shares what no exchange changes."""
    case = exchange._answered
    shared = [case.border, case.context, exchange._protocol, *_locks(case.tokens)]
    return deepcopy(exchange, {id(one): one for one in shared})


def _locks(thing):
    return [one for one in vars(thing).values() if "lock" in type(one).__name__.lower()]


class Walk:
    """All partitions of one text into events.

    `event(number, piece, last)` returns the event of a piece that follows so many others, `tail(pieces)` what
    follows all of them, `said` the text that some output says. `longest` bounds a piece. `counted` says that
    events have numbers. `leaving` names attributes that make no difference.
    """

    def __init__(self, text, *, event, tail, said, longest=0, counted=False, leaving=frozenset()):
        self._text = text
        self._event = event
        self._tail = tail
        self._said = said
        self._longest = longest or len(text)
        self._counted = counted
        self._leaving = leaving | {"_read"}
        self.steps = 0

    def outputs(self, exchange, begun=""):
        """Return the texts that come out, one for each way that makes a difference."""
        size = len(self._text)
        levels = [{} for _ in range(size + 1)]
        self._arrive(levels[0], exchange, begun, ())
        for at, level in enumerate(levels[:-1]):
            while level:
                _, (state, out, pieces) = level.popitem()
                for end in range(at + 1, min(at + self._longest, size) + 1):
                    self.steps += 1
                    following = copied(state)
                    piece = self._text[at:end]
                    sent = following.response(self._event(len(pieces), piece, end == size))
                    self._arrive(levels[end], following, out + self._said(sent), (*pieces, piece))
        return {
            out + self._said(state.response(self._tail(pieces)) + state.finish())
            for state, out, pieces in levels[size].values()
        }

    def _arrive(self, level, exchange, out, pieces):
        number = len(pieces) if self._counted else 0
        level.setdefault((value_of(exchange, self._leaving), out, number), (exchange, out, pieces))


def walked(exchange, protocol, text, *, call="", **more):
    """Return the walk of a text through a protocol's stream, as its answer or as arguments for a tool, and
    the different texts that come out.
    """
    build = (lambda pieces: protocol.arguments(call, pieces)) if call else protocol.stream
    joined = protocol.called if call else protocol.joined

    def said(out):
        return joined(events_of(out))

    def framed(pieces):
        return [frame + b"\n\n" for frame in build(pieces).split(b"\n\n")[:-1]]

    mark = "\ue000"
    head = next(at for at, frame in enumerate(framed([mark, "y"])) if mark.encode() in frame)

    @cache
    def event(number, piece, last):
        return framed([*"x" * number, piece, *([] if last else ["y"])])[head + number]

    def tail(pieces):
        return b"".join(framed(list(pieces))[head + len(pieces) :])

    exchange.answer("text/event-stream")
    begun = said(b"".join(map(exchange.response, framed([mark, "y"])[:head])))
    counted = protocol.name == "openai.responses"
    walk = Walk(text, event=event, tail=tail, said=said, counted=counted, **more)
    return walk, walk.outputs(exchange, begun)
