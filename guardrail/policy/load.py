"""Read policy files: TOML in, a `PolicySet` out, or one error that a person can act on.

A file is refused whole when anything in it is unclear. Messages name the file,
the rule, line and column, and the nearest right word; they repeat keys and
short words of the policy, never the texts of its examples.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from guardrail.errors import PolicyError
from guardrail.policy.decide import Document, PolicySet
from guardrail.policy.faults import problems
from guardrail.policy.model import Policy
from guardrail.policy.position import Source
from guardrail.policy.scopes import weaknesses

if TYPE_CHECKING:
    from pathlib import Path

    from guardrail.policy.problem import Problem

__all__ = ["MAX_BYTES", "load", "parse"]

MAX_BYTES: Final = 1_000_000
MAX_SHOWN: Final = 20
_PLACE: Final = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
_EMPTY: Final = 'begin with the lines: schema = 1, name = "my-policy", version = "1", and a [[rules]] table'


def load(*paths: Path) -> PolicySet:
    """Load policy files and compose them; between policies the strictest rule decides.

    Raises:
        PolicyError: a file is missing, unreadable, not UTF-8, over a megabyte, not
            TOML, empty or not a valid policy; no file is given; two policies share
            a name.
    """
    if not paths:
        raise PolicyError(
            "no policy is given", advice="name at least one file, such as policies/gdpr-chat.toml"
        )
    return PolicySet.of(parse(_read(path), file=path.name) for path in paths)


def parse(source: bytes, *, file: str = "policy.toml") -> Document:
    """Read one policy from the bytes of its file; `file` is its name in messages.

    Raises:
        PolicyError: as `load`.
    """
    text = _decode(source, file)
    index = Source(text)
    raw = _toml(text, file, index)
    if not raw:
        raise PolicyError(f"{file}: the policy is empty", advice=_EMPTY)
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        found = problems(error, raw, index, file)
        raise _refusal(found) from None
    weak = weaknesses(policy, index, file)
    if weak:
        raise _refusal(weak)
    return Document.of(policy, source=source, file=file)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PolicyError(
            f"{path.name}: there is no such file",
            advice="check the path; shipped policies go by name, as gdpr-chat",
        ) from None
    except IsADirectoryError:
        raise PolicyError(
            f"{path.name or path}: this is a directory", advice="name the .toml file in it"
        ) from None
    except OSError as error:
        raise PolicyError(
            f"{path.name}: the file cannot be read ({error.strerror})", advice="check its permissions"
        ) from None
    if len(data) > MAX_BYTES:
        raise PolicyError(
            f"{path.name}: the file is larger than {MAX_BYTES} bytes", advice="a policy is a few kilobytes"
        )
    return data


def _decode(source: bytes, file: str) -> str:
    if len(source) > MAX_BYTES:
        raise PolicyError(
            f"{file}: the policy is larger than {MAX_BYTES} bytes", advice="split it in several"
        )
    try:
        return source.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise PolicyError(
            f"{file} (line {line}): the file is not UTF-8", advice="save it as UTF-8 in your editor"
        ) from None


def _toml(text: str, file: str, index: Source) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(str(error), file, index) from None
    except RecursionError:
        raise PolicyError(f"{file}: nested too deep", advice="a policy needs three levels at most") from None
    except ValueError:  # int() refuses thousands of digits, with an error of its own
        raise PolicyError(
            f"{file}: a number is too long", advice="no number in a policy needs ten digits"
        ) from None


def _syntax(message: str, file: str, index: Source) -> PolicyError:
    """Say in plain words what tomllib refuses; its own words may repeat a piece of the file."""
    match = _PLACE.search(message)
    where = f" (line {match[1]}, column {match[2]})" if match and match[1] else ""
    key = index.key_at(int(match[1])) if match and match[1] else ""
    if message.startswith(("Cannot overwrite", "Cannot declare", "Duplicate inline", "Cannot mutate")):
        named = f"'{key}' is written twice" if key else "a key is written twice"
        return PolicyError(
            f"{file}{where}: {named}", advice="keep one of the two; TOML never lets a later one win"
        )
    told = next((said for start, said in _PLAIN.items() if message.startswith(start)), "not valid TOML")
    return PolicyError(
        f"{file}{where or ' (at its end)'}: {told}", advice='texts stand in "quotes", lists in [brackets]'
    )


_PLAIN: Final = {
    "Invalid value": "a value is missing or not in quotes",
    "Invalid statement": "a key is missing",
    "Invalid initial character for a key": "a key begins with a strange character",
    "Invalid date or datetime": "not a date",
    "Expected '=' after a key": "a key without '='",
    "Expected newline or end of document": "more than one thing on a line",
    "Expected ']": "a table name is not closed with ']'",
    "Expected \"'": "a text is not closed with its quotes",
    "Unterminated string": "a text is not closed with its quotes",
    "Unclosed array": "a list is not closed with ']'",
    "Unclosed inline table": "a table in {braces} is not closed on its line",
    "Unescaped '\\'": "a single '\\' in a text: write '\\\\', or use 'single quotes'",
    "Illegal character '\\n'": "a text is not closed with its quotes",
    "Illegal character": "a character that may not stand there",
    "Found invalid character": "a character that may not stand there",
}


def _refusal(found: list[Problem]) -> PolicyError:
    """Make one error of all problems: a line each, and the advice for them in the same order."""
    shown = found[:MAX_SHOWN]
    lines = [str(problem) for problem in shown]
    if len(found) > len(shown):
        lines.append(f"and {len(found) - len(shown)} more")
    advice = list(dict.fromkeys(problem.advice for problem in shown if problem.advice))
    return PolicyError("\n".join(lines), advice="\n".join(advice))
