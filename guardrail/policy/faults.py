"""Rewrite pydantic's errors for people: file, rule, line, fault, nearest right word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, get_args

from guardrail.policy import model
from guardrail.policy.actions import nearest
from guardrail.policy.problem import Problem
from guardrail.policy.retention import CLASSES
from guardrail.types import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from guardrail.policy.position import Path, Position, Source

__all__ = ["place", "problems"]

Raw: TypeAlias = "Mapping[str, object]"

# The table that a key stands in, by its path without the numbers of repeated tables.
_TABLES: Final[Mapping[tuple[str, ...], type[BaseModel]]] = {
    (): model.Policy,
    ("defaults",): model.Defaults,
    ("retention",): model.Retention,
    **{("retention", name): model.Keep for name in CLASSES},
    ("rules",): model.Rule,
    ("scopes",): model.Scope,
    ("scopes", "when"): model.When,
    ("scopes", "rules"): model.Rule,
    ("allow",): model.Allow,
    ("hot",): model.Hot,
    ("examples",): model.ExampleModel,
    ("examples", "context"): model.Place,
}
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "where": CHANNELS,
    "unlisted": get_args(model.Plain),
    "on_error": model.SETTINGS["on_error"],
    "on_unreadable": model.SETTINGS["on_unreadable"],
    "unknown_field": model.SETTINGS["unknown_field"],
    "stream": model.SETTINGS["stream"],
    "mode": ("enforce", "shadow"),
}
_PATTERNS: Final[Mapping[str, tuple[str, str]]] = {
    "find": ("is not the name of an entity", "entities are written like EMAIL_ADDRESS"),
    "id": ("cannot be an id", 'ids are written like "contact-details": small letters, digits and "-"'),
    "name": ("cannot be a name", 'names are written like "gdpr-chat": small letters, digits and "-"'),
    "version": ("cannot be a version", 'versions are written like "2026.1"'),
    "controls": ("holds a control character", "write each clause on one line"),
}
_TYPES: Final[Mapping[str, str]] = {
    "string_type": 'must be a text in "quotes"',
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "date_type": "must be a date without quotes, such as 2027-03-31",
    "tuple_type": 'must be a list, such as ["PERSON"]',
    "model_type": "must be a table",
    "finite_number": "must be a number",
}


def problems(error: ValidationError, raw: Raw, index: Source, file: str) -> list[Problem]:
    """Return one problem per fault, in the order of the file."""
    details = error.errors(include_url=False)
    paths = {detail["loc"] for detail in details}
    told = [
        (index.find(detail["loc"], _word(detail)), detail)
        for detail in details
        if not (detail["type"] == "too_short" and _has_deeper(detail["loc"], paths))
    ]
    told.sort(key=lambda pair: (pair[0].line, pair[0].column))
    return [_problem(detail, position, raw, file) for position, detail in told]


def place(path: Path, raw: Raw, position: Position) -> str:
    """Return where `path` is, as a person would say it: "rule 'names' (line 31)"."""
    at = str(position)
    said = _table_name(path, raw)
    return " ".join(part for part in (said, f"({at})" if at else "") if part)


def _has_deeper(path: Path, paths: set[Path]) -> bool:
    """Tell whether a list is short only because what stands in it was refused."""
    return any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _problem(detail: ErrorDetails, position: Position, raw: Raw, file: str) -> Problem:
    message, advice = _say(detail)
    return Problem(file, place(detail["loc"], raw, position), message, advice)


def _say(detail: ErrorDetails) -> tuple[str, str]:
    """Return the fault and the advice for one of pydantic's errors."""
    path = detail["loc"]
    key = _key(path)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "policy":
            said = _say_key(path, context["message"]), context["advice"]
        case "extra_forbidden":
            said = f"unknown key '{_clip(key)}'", nearest(key, _fields(path[:-1]), "keys")
        case "missing":
            said = f"the key '{key}' is missing", ""
        case "literal_error":
            said = _say_literal(key, detail["input"])
        case "string_pattern_mismatch":
            fault, advice = _PATTERNS.get(key, ("is not written as it must be", ""))
            said = f"{_echo(key, detail['input'])} {fault}", advice
        case "greater_than_equal" | "less_than_equal":
            said = f"'{key}' must be between {'1 and 200' if key == 'within' else '0 and 1'}", ""
        case "too_short" | "string_too_short":
            said = f"'{key}' is empty", "say at least one thing, or leave the key out"
        case "too_long" | "string_too_long":
            said = f"'{key}' is too long", f"at most {context.get('max_length', 'a few')} are allowed"
        case kind:
            advice = 'write "30 days" or { keep = "30 days" }' if path[0] == "retention" else ""
            said = f"'{key}' {_TYPES.get(kind, 'cannot be read')}", advice
    return said


def _say_key(path: Path, message: str) -> str:
    """Name the key of a duration or list, which the message itself does not know."""
    key = _key(path)
    own = key in {
        "action",
        "rules",
        "scopes",
        "examples",
        "when",
        "restore",
        "allow",
        "values",
        "patterns",
        "words",
        "add",
        "",
    }
    return message if own else f"'{key}': {message}"


def _say_literal(key: str, value: object) -> tuple[str, str]:
    if key == "schema":
        return (
            "this version reads policies of schema 1 only",
            "write schema = 1, or install a newer guardrail",
        )
    choices = _WORDS.get(key, ())
    noun = {"where": "channel", "unlisted": "action"}.get(key, f"value for '{key}':")
    if not isinstance(value, str):
        return f"'{key}' must be a word in \"quotes\"", f"one of {', '.join(choices)}"
    return f"unknown {noun} '{_clip(value)}'", nearest(value, choices, f"{noun.rstrip(':')}s")


def _table_name(path: Path, raw: Raw) -> str:
    """Return the name of the table that `path` leads into."""
    names: list[str] = []
    here: object = raw
    for part in path:
        here = _step(here, part)
        if isinstance(part, int) and names:
            names[-1] = _numbered(names[-1], part, here)
        elif part in {"rules", "scopes", "examples", "defaults", "retention", "allow", "hot"}:
            names.append(str(part))
    named = [name if " " in name else f"[{name}]" for name in names]
    return ", ".join(named)


def _step(here: object, part: str | int) -> object:
    if isinstance(here, dict) and isinstance(part, str):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _numbered(name: str, number: int, table: object) -> str:
    """Return "rule 'names'", or "rule 3" for a table without a usable id."""
    if name in {"allow", "hot"}:
        return f"{name} {number + 1}"
    if name not in {"rules", "scopes", "examples"}:
        return name
    own = table.get("id") if isinstance(table, dict) else None
    title = f"'{_clip(own)}'" if isinstance(own, str) and own else str(number + 1)
    return f"{name[:-1]} {title}"


def _fields(path: Path) -> tuple[str, ...]:
    table = _TABLES.get(tuple(part for part in path if isinstance(part, str)))
    if table is None:
        return ()
    return tuple(field.alias or name for name, field in table.model_fields.items())


def _key(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _word(detail: ErrorDetails) -> str:
    """Return the word that stands in the file at the fault, where it is one word."""
    value = detail["input"]
    known = detail["type"] in {"literal_error", "string_pattern_mismatch", "policy"}
    return value if known and isinstance(value, str) and len(value) <= 80 else ""


def _echo(key: str, value: object) -> str:
    return f"'{_clip(value)}'" if isinstance(value, str) else f"'{key}'"


def _clip(word: str) -> str:
    """Cut what a message repeats: policies are not prompts, but a file may be anything."""
    printable = "".join(letter if letter.isprintable() else "�" for letter in word)
    return printable if len(printable) <= 40 else f"{printable[:39]}…"
