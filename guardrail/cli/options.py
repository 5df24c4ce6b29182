"""Options and arguments that several commands spell alike, and how help texts are laid out."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from guardrail.errors import ConfigError

__all__ = ["Keys", "Language", "LedgerPath", "Policies", "Verbose", "helped", "ledger_path", "read_text"]

# A command that does not fit a policy still protects: this one is used when none is named.
DEFAULT_POLICY: Final = "gdpr-chat"

Policies: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="A policy file, or the name of a shipped one. Repeat it: the strictest rule decides. "
        f"[default: {DEFAULT_POLICY}]".replace("[", r"\["),
    ),
]
LedgerPath: TypeAlias = Annotated[
    str | None,
    typer.Option("--ledger", metavar="PATH|URL", help="The ledger file."),
]
Keys: TypeAlias = Annotated[
    Path | None,
    typer.Option("--keys", metavar="FILE", help="The secret keys; LEDGER.key beside the ledger otherwise."),
]
Language: TypeAlias = Annotated[str, typer.Option("--language", metavar="CODE", help="Language of the text.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print the summary even if no terminal is there.")
]


def helped(text: str, *examples: str) -> str:
    """Lay out a help text with examples that keep their lines; brackets are no markup."""
    shown = "\n".join(f"  {line}" for line in examples)
    return f"{text}\n\n\b\nExamples:\n{shown}".replace("[", r"\[")


def ledger_path(*given: str | None) -> Path:
    """Return the one ledger that was named, by option or as an argument.

    Raises:
        ConfigError: none or two are named, or a kind of ledger that this version does not have.
    """
    named = [text for text in given if text]
    if len(named) != 1:
        fault = "no ledger is named" if not named else "two ledgers are named"
        raise ConfigError(fault, advice="name one: --ledger PATH")
    return _local(named[0])


def optional_ledger(given: str | None) -> Path | None:
    """Return the path of the ledger, or None where none is named."""
    return _local(given) if given else None


def _local(text: str) -> Path:
    scheme, mark, rest = text.partition("://")
    if not mark:
        return Path(text)
    if scheme == "sqlite":
        return Path(rest.removeprefix("/"))  # sqlite:///relative and sqlite:////absolute, as elsewhere
    if scheme in {"postgres", "postgresql"}:
        raise ConfigError(
            "a ledger in PostgreSQL is not supported by this version",
            advice="use a file, --ledger ledger.db; the PostgreSQL store comes in a later version",
        )
    raise ConfigError(f"unknown kind of ledger '{scheme}://'", advice="name a file: --ledger ledger.db")


def read_text(source: str) -> str:
    """Read a file, or standard input for "-", as UTF-8, line ends untouched.

    Raises:
        ConfigError: missing, unreadable or not UTF-8; the message has the byte's place, never the byte.
    """
    import sys  # noqa: PLC0415 - only this function reads standard input

    name = "standard input" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as fault:
        reason = (fault.strerror or "input/output error").lower()
        raise ConfigError(
            f"{name} cannot be read: {reason}", advice="name a readable file, or - for stdin"
        ) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ConfigError(
            f"{name} is not UTF-8 text: byte {fault.start} cannot be decoded",
            advice="convert it first, for example: iconv -f WINDOWS-1252 -t UTF-8",
        ) from None
