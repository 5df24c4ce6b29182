"""Walk the types of an SDK: every path at which a body may hold a string or a number."""

from __future__ import annotations

import datetime as dt
import enum
import inspect
import types
import typing
from typing import NotRequired, Required

import pydantic
from typing_extensions import TypeAliasType, is_typeddict

FREE = "free text"
CLOSED = "words of a closed list, or numbers"
BYTES = "bytes, encoded"

_FREE_KINDS = (str, object, typing.Any)
_CLOSED_KINDS = (int, float, dt.datetime, dt.date)
# What an SDK puts in the place of a word or a part that it does not know (yet).
_STAND_INS = ("UnrecognizedStr", "UnrecognizedInt", "Unset", "PathLike", "Path", "IO", "TypeVar")


def fields_of(kind, path=(), within=()):
    """Yield (path, FREE, CLOSED or BYTES) of every string and number that a type can hold."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, TypeAliasType):
        yield from fields_of(kind.__value__, path, within)
    elif isinstance(origin, TypeAliasType) or origin in {Required, NotRequired, typing.Annotated}:
        yield from fields_of(arguments[0], path, within)
    elif origin in {typing.Union, types.UnionType}:
        # `Literal["a", "b"] | Any` is a list of words that may become longer.
        words = any(typing.get_origin(argument) is typing.Literal for argument in arguments)
        for argument in arguments:
            if not (words and argument is typing.Any):
                yield from fields_of(argument, path, within)
    elif origin is typing.Literal:
        yield path, CLOSED
    elif origin is not None and len(arguments) == 2 and issubclass(origin, typing.Mapping):
        yield from fields_of(arguments[1], (*path, "key"), within)
    elif origin is not None:
        if getattr(origin, "__name__", "") not in _STAND_INS:
            yield from fields_of(arguments[0], (*path, 0), within)
    else:
        yield from scalars_of(kind, path, within)


def scalars_of(kind, path, within):
    if kind in _FREE_KINDS:
        yield (path if kind is str else (*path, "any")), FREE
    elif kind is bytes:
        yield path, BYTES
    elif kind in _CLOSED_KINDS or (inspect.isclass(kind) and issubclass(kind, enum.Enum)):
        yield path, CLOSED
    elif kind not in {bool, type(None)} and getattr(kind, "__name__", "") not in _STAND_INS:
        yield from members_of(kind, path, within)


def members_of(kind, path, within):
    if kind in within or kind.__name__.startswith("Unknown"):
        return
    if is_typeddict(kind):
        members = typing.get_type_hints(kind, include_extras=True).items()
    else:
        assert inspect.isclass(kind), f"an unknown form of type: {kind}"
        assert issubclass(kind, pydantic.BaseModel), f"an unknown form of type: {kind}"
        members = [(field.alias or name, field.annotation) for name, field in kind.model_fields.items()]
    for name, member in members:
        yield from fields_of(member, (*path, name), (*within, kind))


def dotted(path):
    return ".".join("*" if isinstance(step, int) else step for step in path)
