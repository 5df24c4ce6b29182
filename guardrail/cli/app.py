"""The command line: one application, one way in which every command ends.

Exit codes: 0 fine · 1 findings · 2 unusable · 130 interrupted; `verify`
commands answer 0, 30, 40 or 50 (docs/spec/ledger.md, docs/spec/evidence.md).
No traceback ever reaches the user: its frames would hold the text.
"""

import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from guardrail.cli import (
    check,
    demo,
    detect,
    doctor,
    erase,
    evaluate,
    evidence,
    hold,
    keys,
    ledger,
    options,
    output,
    policy,
    proxy,
    retention,
    scrub,
    train,
    vault,
)
from guardrail.errors import BlockedError, GuardrailError

__all__ = ["app", "main"]

FINDINGS: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE: the reader left; neither fine nor a finding
TERMINATED: Final = 143

# BadParameter, UsageError, ClickException: of the click that typer uses, its own or the installed one.
USAGE: Final[tuple[type[Exception], ...]] = tuple(
    kind for kind in typer.BadParameter.__mro__ if issubclass(kind, Exception) and kind is not Exception
)
FORESEEN: Final[tuple[type[Exception], ...]] = (typer.Exit, typer.Abort, *USAGE)

# What may be repeated of a command that does not exist: somebody's text may stand in its place.
_COMMAND: Final = re.compile(r"No such command '[a-z-]{1,20}'")

# One module per command group; each has `register(app)`. Further groups are added here.
GROUPS: Final = (
    *(scrub, detect, evaluate, check, policy, ledger, retention, hold, erase, keys, evidence),
    *(doctor, demo, proxy, train, vault),
)


class Ending(TyperGroup):
    """Turns every error into a message and an exit code, before a library prints its own."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - typer's Context has two homes
        """Run the command; raise `typer.Exit` for every foreseen end."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except FORESEEN:
            raise
        except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - foreign messages may hold data
            raise typer.Exit(_explain(fault)) from None
        return result


def _explain(fault: BaseException) -> int:
    """Print what is wrong; return the exit code."""
    if isinstance(fault, GuardrailError):
        output.say_error(fault.message, fault.advice)
        return FINDINGS if isinstance(fault, BlockedError) else UNUSABLE
    if isinstance(fault, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(fault, BrokenPipeError):
        _leave_pipe()
        return PIPE_CLOSED
    if isinstance(fault, OSError) and fault.strerror:
        output.say_error(fault.strerror.lower(), "check the files that were named, and the room on the disk")
        return UNUSABLE
    output.say_error(
        f"an internal fault: {type(fault).__name__}{_place(fault)}",
        "report it with this line and the versions that guardrail doctor prints; the data is not in it",
    )
    return UNUSABLE


def _place(fault: BaseException) -> str:
    """Return where the fault arose, by file and line: never its message, which may repeat data."""
    last = ""
    trace = fault.__traceback__
    while trace is not None:
        last = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return last


def _leave_pipe() -> None:
    """Point stdout at nothing, so that Python's last flush does not complain about the closed pipe."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


app = typer.Typer(
    name="guardrail",
    cls=Ending,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its frames show locals: personal data
    pretty_exceptions_show_locals=False,
    add_completion=False,
    rich_markup_mode="rich",
    help=options.helped(
        "Find personal data at every border of an AI application, act as a policy file says, and prove it.",
        "guardrail scrub letter.txt",
        "echo 'Ann Smith, ann@example.com' | guardrail scrub --policy pci-dss",
        "guardrail check policies/*.toml",
        "guardrail ledger verify ledger.db",
        "guardrail COMMAND --help",
    ),
)
for group in GROUPS:
    group.register(app)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - only for --version

        typer.echo(f"guardrail {version('guardrail-pii')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line with `arguments` (the process's own otherwise); return the exit code."""
    with suppress(ValueError):  # not the main thread: whoever embeds us owns the signals
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(arguments, prog_name="guardrail", standalone_mode=False)
        sys.stdout.flush()
    except USAGE as fault:
        return _explain_usage(fault)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as fault:
        return _explain(fault)
    except SystemExit as end:  # typer's own console ends the process with 1 where the reader of a help left
        if end.code != 1:
            raise
        return PIPE_CLOSED
    return code if isinstance(code, int) else 0


def _explain_usage(fault: Exception) -> int:
    """Say what is wrong with the command line; never repeat an argument that may be a text."""
    told = getattr(fault, "format_message", None)
    message = told() if told else "the command line cannot be read"
    if "extra argument" in message:
        message = "too many arguments"
    elif message.startswith("No such command") and not _COMMAND.match(message):
        message = "no such command"
    elif not message:  # the help was printed, because nothing was asked
        message = "no command is named"
    context = getattr(fault, "ctx", None)
    command = context.command_path if context else "guardrail"
    message = message.replace("Value error, ", "")  # pydantic's, of a typer that validates with it
    output.say_error(message.rstrip("."), f"read: {command} --help")
    return UNUSABLE


def _terminate(_number: int, _frame: object) -> NoReturn:
    """Unwind on SIGTERM, so that drafts are removed and the ledger is closed."""
    raise SystemExit(TERMINATED)
