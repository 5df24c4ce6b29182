"""One log record becomes another without personal data.

The new record is a plain `LogRecord`: what a subclass keeps outside `__dict__`
does not come along. Its `msg` is the finished message, its `args` are empty.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Cleaner", "withheld"]

MAX_DEPTH: Final = 8
"""Levels of an `extra` value that keep their shape; what is deeper becomes its text."""

MAX_DECODED: Final = 3
"""Times that percent-encoding is undone: %2540 is %40 is @."""

SMALL: Final = 10_000
"""Integers below this, in magnitude, are counters and statuses, and nobody's number."""

_EXACT: Final = 2**53  # above it, a float is no number that someone wrote down

# https://docs.python.org/3/library/logging.html#logrecord-attributes: code and clock, which stay.
_CODE: Final = frozenset(
    {"asctime", "created", "filename", "funcName", "levelname", "levelno", "lineno", "module", "msecs"}
    | {"name", "pathname", "process", "processName", "relativeCreated", "taskName", "thread", "threadName"}
)
_TEXT: Final = frozenset({"msg", "args", "message", "exc_info", "exc_text", "stack_info"})

_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_ACCESS: Final = ("uvicorn.access", '%s - "%s %s HTTP/%s" %d', 5)
_COLOR: Final = "color_message"


class Cleaner:
    """Clean records with `clean`, a function of one text."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean

    def record(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return the clean copy. Raises what `clean` or the formatting of the record raises."""
        new = _bare(record)
        if _is_access(record):
            new.msg = record.msg
            new.args = tuple(self._argument(arg) for arg in record.args or ())
        elif record.args or not isinstance(record.msg, dict):
            new.msg = self.text(record.getMessage())
        else:
            new.msg = self._value(record.msg, 0)  # structured logging: the formatter wants the shape
        if record.exc_info or record.exc_text:
            new.exc_text = self.text(_exception_text(record))
        if record.stack_info:
            new.stack_info = self.text(str(record.stack_info))
        for key in _extras(record):
            value = record.__dict__[key]
            if key == _COLOR and isinstance(value, str) and record.args:
                value %= record.args  # uvicorn's second form of the message, for terminals
            new.__dict__[key] = self._value(value, 0)
        return new

    def text(self, text: str) -> str:
        """Return the text cleaned, also of what stands in it percent-encoded, as in URLs.

        What is encoded twice is looked at in its innermost form first: in the outer
        ones a detector would see half of a value, and leave the other half.
        """
        forms = [text]
        while len(forms) <= MAX_DECODED and _ENCODED.search(forms[-1]):
            forms.append(unquote(forms[-1]))
        for form in reversed(forms[1:]):
            looked = self._clean(form)
            if looked != form:
                # What was encoded may hold line breaks: a forged line is not to come out of it.
                return "".join(c if c.isprintable() else quote(c, errors="replace") for c in looked)
        return self._clean(text)

    def _argument(self, value: object) -> object:
        """Clean an argument of an access log; in a query, "+" stands for a space."""
        if not isinstance(value, str):
            return self._value(value, 0)
        clean = self.text(value)
        spaced = clean.replace("+", " ")
        looked = self.text(spaced)
        return clean if looked == spaced else looked.replace(" ", "+")

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool | logging.Logger):
            return value
        if isinstance(value, int | float) and type(value) in {int, float}:  # a subclass prints what it likes
            return self._number(value)
        if depth < MAX_DEPTH:
            if isinstance(value, dict):
                return {self._value(k, depth + 1): self._value(v, depth + 1) for k, v in value.items()}
            if isinstance(value, list | tuple | set | frozenset):
                items = [self._value(item, depth + 1) for item in value]
                return tuple(items) if isinstance(value, tuple) else items
        return self.text(str(value))

    def _number(self, value: float) -> object:
        """Keep a number that is nobody's, as a number: formatters count on it."""
        if isinstance(value, int) and -SMALL < value < SMALL:
            return value
        whole = abs(value) < _EXACT and value == int(value)
        text = str(int(value)) if whole else str(value)
        clean = self.text(text)
        return value if clean == text else clean


def withheld(record: logging.LogRecord, why: str) -> logging.LogRecord:
    """Return a record in the place of one that cannot be cleaned; only what is code stays."""
    text = f"[guardrail: log record withheld: {why}]"
    new = _bare(record)
    new.msg = text
    if _is_access(record):
        new.msg = record.msg
        new.args = tuple(arg if isinstance(arg, int) else text for arg in record.args or ())
    for key in _extras(record):  # a formatter may ask for them
        new.__dict__[key] = text
    return new


def _bare(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record with what is code, and no text."""
    new = logging.LogRecord.__new__(logging.LogRecord)
    new.__dict__.update({key: value for key, value in record.__dict__.items() if key in _CODE})
    new.msg = ""
    new.args = ()
    new.exc_info = None
    new.exc_text = None
    new.stack_info = None
    return new


def _extras(record: logging.LogRecord) -> list[str]:
    return [key for key in record.__dict__ if key not in _CODE and key not in _TEXT]


def _is_access(record: logging.LogRecord) -> bool:
    """Tell whether this is a line of uvicorn's access log, whose formatter unpacks five arguments."""
    name, template, count = _ACCESS
    args = record.args
    return record.name == name and record.msg == template and isinstance(args, tuple) and len(args) == count


def _exception_text(record: logging.LogRecord) -> str:
    """Return the traceback as `logging` formats it, of causes, groups and notes too."""
    info: object = record.exc_info
    if isinstance(info, tuple):
        return "".join(traceback.format_exception(*info)).rstrip("\n")
    if isinstance(info, BaseException):
        return "".join(traceback.format_exception(info)).rstrip("\n")
    return str(record.exc_text or "")
