"""Options and arguments that several commands spell alike, and how help texts are laid out."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from guardrail.cli import output
from guardrail.errors import ConfigError
from guardrail.types import Channel

if TYPE_CHECKING:
    from guardrail.ledger.remote import Place
    from guardrail.policy import PolicySet

__all__ = [
    "DEFAULT_CHANNEL",
    "ChannelName",
    "Channels",
    "Keys",
    "Known",
    "LedgerArgument",
    "LedgerPath",
    "MinScore",
    "Out",
    "Policies",
    "PublicKey",
    "Recognizers",
    "Verbose",
    "channel_of",
    "files",
    "helped",
    "invite",
    "known_checkpoints",
    "least",
    "ledger_path",
    "optional_ledger",
    "own_recognizers",
    "policies",
    "public_key",
    "read_bytes",
    "read_text",
]

# A command without a policy still protects.
DEFAULT_POLICY: Final = "gdpr-chat"


class Channels(StrEnum):
    """The channels as the command line offers them; a test holds them against `CHANNELS`."""

    PROMPT = "prompt"
    COMPLETION = "completion"
    TOOL = "tool"
    LOG = "log"
    TRACE = "trace"
    DOCUMENT = "document"


DEFAULT_CHANNEL: Final = Channels.PROMPT

Policies: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="A policy file, or the name of a shipped policy. Repeat it: the strictest rule decides. "
        f"\\[default: {DEFAULT_POLICY}]",
    ),
]
LedgerPath: TypeAlias = Annotated[
    str | None, typer.Option("--ledger", metavar="PATH|URL", help="The ledger's file.")
]
LedgerArgument: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="LEDGER", help="The ledger's file; the same as --ledger.")
]
Keys: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--keys",
        metavar="URI",
        help="The secret keys: FILE, env:NAME, keyring:SERVICE/NAME, vault-transit://HOST/MOUNT/KEY or "
        "aws-kms:ARN. \\[default: LEDGER.key]",
    ),
]
PublicKey: TypeAlias = Annotated[
    str | None,
    typer.Option("--vkey", metavar="FILE|TEXT", help="The public key that the ledger's operator gave you."),
]
Known: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--known-checkpoint", metavar="FILE", help="A checkpoint that you kept; it must agree. Repeatable."
    ),
]
ChannelName: TypeAlias = Annotated[
    Channels, typer.Option("--channel", help="Where the text comes from or goes to; rules differ by it.")
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write here instead; whole, or not at all."),
]
MinScore: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--min-score",
        min=0.0,
        max=1.0,
        help="Findings below it do not count. \\[default: 0.5, or what the policy says]",
    ),
]
Recognizers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--recognizers",
        metavar="FILE.py|MODULE",
        help="Recognizers of your own, from a Python file or module: it is run. Repeatable.",
    ),
]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print the summary even where no terminal is.")
]


def helped(text: str, *examples: str) -> str:
    """Lay out a help text with examples that keep their lines; brackets are no markup."""
    shown = "\n".join(f"  {line}" for line in examples)
    return f"{text}\n\n\b\nExamples:\n{shown}".replace("[", r"\[")


def channel_of(choice: Channels) -> Channel:
    """Return the channel that was chosen."""
    return choice.value


def policies(given: list[str] | None) -> list[str]:
    """Return the policies named, or the default one."""
    return given or [DEFAULT_POLICY]


def least(given: float | None, chosen: "PolicySet | None") -> float:
    """Return the score from which findings count: as given, or as the policies say, or 0.5."""
    if given is not None:
        return given
    return chosen.min_score if chosen is not None else 0.5


def ledger_path(*given: str | None, keys: str | None = None) -> "Place":
    """Return the one ledger that was named, by option or as an argument.

    Raises:
        ConfigError: none or two are named, or a kind of ledger that this version does not have.
    """
    named = [text for text in given if text]
    if len(named) != 1:
        fault = "no ledger is named" if not named else "two ledgers are named"
        raise ConfigError(fault, advice="name one: --ledger ledger.db")
    return _place(named[0], keys)


def optional_ledger(given: str | None, keys: str | None = None) -> "Place | None":
    """Return the path of the ledger, or None where none is named."""
    return _place(given, keys) if given else None


def files(place: "Place | None") -> Path | None:
    """Return what the files beside a ledger are called after: PATH of `PATH.key`, `PATH.vkey`, …."""
    from guardrail.ledger.remote import files_of  # noqa: PLC0415 - commands start light

    return files_of(place) if place else None


def _place(text: str, keys: str | None = None) -> "Place":
    from guardrail.ledger.remote import beside_keys, place_of  # noqa: PLC0415 - commands start light

    return place_of(text, beside_keys(keys))


def public_key(given: str | None, beside: Path | None) -> str:
    """Return the public key from its text, its file, or the file beside the ledger.

    Raises:
        ConfigError: there is none.
    """
    if given is None and beside is None:
        raise ConfigError(
            "no public key is named",
            advice="name the key that the ledger's operator gave you: --vkey operator.vkey",
        )
    if given is not None and "+" in given and not Path(given).exists():
        return given.strip()
    path = Path(given) if given is not None else beside
    return read_bytes(path or Path()).decode("utf-8", "replace").removesuffix("\n")


def known_checkpoints(given: list[Path] | None) -> list[bytes]:
    """Return the content of the checkpoint files that were named."""
    return [read_bytes(path) for path in given or ()]


def own_recognizers(given: list[str] | None) -> list[object]:
    """Return the recognizers of the files and modules that were named.

    Raises:
        ConfigError: one is not there, raises, or holds none.
    """
    if not given:
        return []
    from guardrail.detect.plugins import collect  # noqa: PLC0415 - seconds of libraries

    return [found for named in given for found in collect(named)]


def invite(source: str) -> None:
    """Tell someone at a terminal that the command waits for their text."""
    if source == "-" and sys.stdin.isatty():
        output.inform("type or paste the text, then end it with Ctrl-D on a line of its own")


def read_bytes(path: Path) -> bytes:
    """Read a file; raise `ConfigError` if that fails."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise unreadable(str(path), fault) from None


def read_text(source: str) -> str:
    """Read a file, or standard input for "-", as UTF-8, line ends untouched.

    Raises:
        ConfigError: missing, unreadable or not UTF-8; the message has the byte's place, never the byte.
    """
    data = sys.stdin.buffer.read() if source == "-" else read_bytes(Path(source))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ConfigError(
            f"{named(source)} is not UTF-8 text: byte {fault.start} cannot be decoded",
            advice="convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8",
        ) from None


def named(source: str) -> str:
    """Return how messages call a source of text."""
    return "standard input" if source == "-" else source


def unreadable(name: str, fault: OSError) -> ConfigError:
    """Return the error for a file that the system does not let us read."""
    reason = (fault.strerror or "input/output error").lower()
    return ConfigError(f"{name} cannot be read: {reason}", advice="check the name and its permissions")
