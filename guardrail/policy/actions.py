"""Which options an action takes, and the reading of `action = ...` from a policy.

An action is written as a word (`action = "redact"`) or as a table with its
options (`action = { type = "mask", keep_last = 4 }`). Everything else is refused
when the policy is loaded, not when a prompt is already on its way.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from pydantic_core import PydanticCustomError

from guardrail.errors import PolicyError
from guardrail.types import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LOCALES", "OPTIONS", "REVERSIBLE", "action", "nearest", "parse_action", "refuse"]

Value: TypeAlias = str | int | bool

# What an answer brings back; encrypt and fpe open with their key alone, by code.
REVERSIBLE: Final = frozenset({"tokenize", "surrogate", "shift"})
# Languages and countries of surrogates, where the value does not tell its own.
LOCALES: Final = (
    *("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_PT", "sv_SE", "da_DK"),
)

MAX_SHOWN: Final = 8
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def refuse(message: str, advice: str = "") -> NoReturn:
    """Raise an error that load.py turns into a message for people."""
    raise PydanticCustomError("policy", "{message}", {"message": message, "advice": advice})


def nearest(word: str, choices: tuple[str, ...], noun: str) -> str:
    """Return advice: the right word nearest to `word`, where there is one, and all of them."""
    folded = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    # EMAIL is no near spelling of EMAIL_ADDRESS, but it is what people write.
    found = found or [choice for choice in folded if word.casefold() in choice.split("_")]
    guess = f"did you mean '{folded[found[0]]}'? " if found else ""
    return f"{guess}{noun}: {', '.join(choices)}"


def _shown(name: str, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SHOWN:
        refuse(f"'{name}' must be a whole number from 0 to {MAX_SHOWN}", "a mask hides most of the value")


def _char(name: str, value: Value) -> None:
    good = isinstance(value, str) and len(value) == 1 and value.isprintable()
    if not good or str(value).isalnum() or str(value) in " <>\"'\\&":
        refuse(f"'{name}' must be one visible character that is no letter and no digit", 'for example "*"')


def _key(name: str, value: Value) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        refuse(f"'{name}' must be a name: letters, digits, '-' and '_'", 'for example key = "orders"')


def _label(name: str, value: Value) -> None:
    if not isinstance(value, bool):
        refuse(f"'{name}' must be true or false", "false leaves nothing in the value's place")


def _days(name: str, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 7 <= value <= 3650:
        refuse(f"'{name}' must be a whole number from 7 to 3650", "how far a date moves at most, either way")


def _flag(name: str, value: Value) -> None:
    if not isinstance(value, bool):
        refuse(f"'{name}' must be true or false", "true moves dates by whole weeks")


def _word(*choices: str) -> Callable[[str, Value], None]:
    def check(name: str, value: Value) -> None:
        if value not in choices:
            refuse(f"'{name}' must be one of {', '.join(choices)}", nearest(str(value), choices, name))

    return check


def _band(name: str, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= 1_000_000:
        refuse(f"'{name}' must be a whole number from 2 to 1000000", "the width of a band, such as 10 years")


OPTIONS: Final[Mapping[str, Mapping[str, Callable[[str, Value], None]]]] = {
    "allow": {},
    "mask": {"keep_first": _shown, "keep_last": _shown, "char": _char},
    "generalize": {"date": _word("month", "year"), "band": _band, "rules": _word("safe-harbor")},
    "shift": {"days": _days, "weekdays": _flag, "order": _word("dmy", "mdy")},
    "surrogate": {"locale": _word(*LOCALES)},
    "fpe": {"key": _key, "alphabet": _word("digits", "upper", "alnum")},
    "tokenize": {},
    "encrypt": {"key": _key, "form": _word("inline", "envelope")},
    "hash": {"key": _key},
    "presidio": {"operator": _key},
    "redact": {"label": _label},
    "block": {},
}


def parse_action(value: object) -> Action:
    """Read an action from what TOML gives: a word or a table with `type` and options.

    Raises:
        PydanticCustomError: unknown action or option, or a value out of its bounds.
    """
    if isinstance(value, Action):
        return value
    table = {"type": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        refuse("an action is a word or a table", 'write action = "redact" or action = { type = "mask" }')
    kind = table.get("type")
    if not isinstance(kind, str):
        refuse("the action has no type", 'write { type = "mask", keep_last = 4 }')
    _known(kind)
    options = {name: option for name, option in table.items() if name != "type"}
    if kind == "presidio":
        _foreign(options)
    else:
        _check(kind, options)
    return Action(kind, tuple(sorted(options.items())))


def action(value: object) -> Action:
    """Read an action that code gives as a policy would: a word, or a table as a mapping.

    Raises:
        PolicyError: as for a policy.
    """
    try:
        return parse_action(value)
    except PydanticCustomError as error:
        said = error.context or {}
        raise PolicyError(said["message"], advice=said["advice"]) from None


def _known(kind: str) -> None:
    if kind not in OPTIONS:
        words = tuple(OPTIONS)
        refuse(f"unknown action '{_short(kind)}'", nearest(kind, words, "actions"))


def _check(kind: str, options: Mapping[str, Value]) -> None:
    known = OPTIONS[kind]
    for name, value in options.items():
        if name not in known:
            hint = nearest(name, tuple(known), "options") if known else f"'{kind}' takes no options"
            refuse(f"unknown option '{_short(name)}' of action '{kind}'", hint)
        known[name](name, value)


def _foreign(options: Mapping[str, Value]) -> None:
    """Check the options of a presidio operator: its name is ours to check, the rest is its own."""
    if "operator" not in options:
        refuse("the action 'presidio' names no operator", '{ type = "presidio", operator = "replace" }')
    _key("operator", options["operator"])
    for name, value in options.items():
        if not isinstance(value, str | int | bool):
            refuse(f"option '{_short(name)}' must be a text, a whole number, true or false")


def _short(word: str) -> str:
    """Return `word` if it can stand in a message: short and on one line."""
    return word if len(word) <= 40 and word.isprintable() else "…"
