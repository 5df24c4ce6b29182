"""Labelled rows, read strictly: a row that is wrong in one place is left out whole, and named by its line.

    {"id", "text", "spans": [{"start", "end", "label"}], "lang"?, "scope"?, "checked"?}

One JSON object per line, UTF-8. Offsets are code points, half-open. `scope`
lists the labels that the row's source marks wherever they occur. A row with
`"checked": false` waits for a person and is left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.evaluate.labels import common, is_known
from guardrail.types import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Fault", "Reading", "Row", "Span", "read", "read_texts"]

UNKNOWN: Final = "und"  # ISO 639-2: undetermined
_LABEL: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{0,8})*")  # some corpora write "in_"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text with a common label; a person's has the score 1."""

    start: int
    end: int
    label: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One text, where it stands, and what a person marked in it."""

    file: str
    line: int
    text: str = field(repr=False)
    language: str = ""
    spans: tuple[Span, ...] = ()
    scope: frozenset[str] = frozenset()
    id: str = field(default="", repr=False)

    @property
    def passage(self) -> Passage:
        """Return what a detector is given: the text, and the language that the row says."""
        return Passage(self.text, language=self.language)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used, and why; nothing of the row is repeated."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds: rows, faults, and how many rows wait for a person or say no scope."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    unchecked: int = 0
    unscoped: int = 0


def read(data: bytes, *, file: str) -> Reading:
    """Read labelled rows; faults are collected and the rest goes on."""
    rows: list[Row] = []
    faults: list[Fault] = []
    unchecked = unscoped = 0
    for line, raw in _lines(data):
        try:
            value = _object(raw)
            if value.get("checked") is False:
                unchecked += 1
                continue
            rows.append(_row(value, file=file, line=line))
            unscoped += "scope" not in value
        except ValueError as fault:
            faults.append(Fault(file, line, str(fault)))
    return Reading(tuple(rows), tuple(faults), unchecked, unscoped)


def read_texts(data: bytes, *, file: str, jsonl: bool) -> Reading:
    """Read texts to label: rows with a "text" and perhaps a "lang", or one text per line."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, raw in _lines(data):
        try:
            if jsonl:
                value = _object(raw)
                row = Row(file, line, _text(value), _language(value), id=_id(value, line))
            else:
                row = Row(file, line, _decoded(raw), UNKNOWN, id=f"{line}")
            rows.append(row)
        except ValueError as fault:
            faults.append(Fault(file, line, str(fault)))
    return Reading(tuple(rows), tuple(faults))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for line, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if raw.strip():
            yield line, raw.removesuffix(b"\r")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


def _object(raw: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(_decoded(raw))
    except (ValueError, RecursionError):
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for callers
    return value


def _row(value: Mapping[str, object], *, file: str, line: int) -> Row:
    text = _text(value)
    spans = value.get("spans")
    if not isinstance(spans, list):
        raise ValueError('"spans" is not a list')  # noqa: TRY004 - one error for callers
    marked = tuple(_span(span, at, len(text)) for at, span in enumerate(spans, 1))
    return Row(file, line, text, _language(value), marked, _scope(value), _id(value, line))


def _text(value: Mapping[str, object]) -> str:
    text = value.get("text")
    if not isinstance(text, str):
        raise ValueError('"text" is missing or not a string')  # noqa: TRY004 - one error for callers
    return text


def _language(value: Mapping[str, object]) -> str:
    language = value.get("lang") or UNKNOWN
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise ValueError('"lang" is not the code of a language')
    return language


def _id(value: Mapping[str, object], line: int) -> str:
    row_id = value.get("id", line)
    if isinstance(row_id, bool) or not isinstance(row_id, str | int):
        raise ValueError('"id" is neither a string nor a whole number')  # noqa: TRY004 - one error for callers
    return str(row_id)


def _scope(value: Mapping[str, object]) -> frozenset[str]:
    scope = value.get("scope") or []
    if not isinstance(scope, list):
        raise ValueError('"scope" is not a list of labels')  # noqa: TRY004 - one error for callers
    return frozenset(_label(label, 'in "scope", a label') for label in scope)


def _span(span: object, at: int, length: int) -> Span:
    if not isinstance(span, dict):
        raise ValueError(f"span {at} is not an object")  # noqa: TRY004 - one error for callers
    start, end = span.get("start"), span.get("end")
    # `type`, not isinstance: true is no offset.
    if type(start) is not int or type(end) is not int:
        raise ValueError(f"span {at}: start and end are not whole numbers")
    if not 0 <= start < end <= length:
        raise ValueError(f"span {at} is empty or outside the text, which has {length} code points")
    return Span(start, end, _label(span.get("label"), f"span {at}: the label"))


def _label(label: object, where: str) -> str:
    if isinstance(label, str) and is_known(label):
        return common(label)
    # What has not the form of a label may be a value that slipped a column.
    told = f" {label}" if isinstance(label, str) and _LABEL.fullmatch(label) else ""
    raise ValueError(f"{where}{told} is not known")
