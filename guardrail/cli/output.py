"""What the commands print and write: errors, progress, tables, files that appear whole or not at all.

Results go to standard output, everything else to standard error. Colour and
progress only on a terminal; NO_COLOR is honoured (rich does both). No function
here prints a text that was given to be scrubbed, except as the result.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from rich.console import Console

__all__ = [
    "console",
    "inform",
    "is_terminal",
    "print_table",
    "progress",
    "say_error",
    "say_fault",
    "say_verdict",
    "write_bytes",
    "written",
]

PATIENCE_S: Final = 0.7  # a shorter wait shows no bar


def console(*, stderr: bool = False) -> Console:
    """Return a console on the present stdout or stderr, so that a redirected stream is found."""
    from guardrail.cli.terminal import Terminal  # noqa: PLC0415 - commands start without rich

    return Terminal(stderr=stderr, highlight=False, soft_wrap=True)


def is_terminal() -> bool:
    """Tell whether someone is looking at standard error."""
    return sys.stderr.isatty()


def inform(line: str) -> None:
    """Print one line on standard error, without markup."""
    console(stderr=True).print(line, markup=False)


def say_error(message: str, advice: str = "") -> None:
    """Print a fault and its remedy on standard error."""
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    out = console(stderr=True)
    out.print(Text.assemble(("error: ", "bold red"), message))
    if advice:
        out.print(Text.assemble(("what to do: ", "bold"), advice))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header on standard output: aligned, cells never wrapped, no markup."""
    from rich.table import Table  # noqa: PLC0415 - commands start without rich
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in header:
        table.add_column(title, no_wrap=True, overflow="ignore")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out = console()
    if not out.is_terminal:
        out.width = 10_000  # a pipe has no edge: never cut a digest
    out.print(table, soft_wrap=False)


def write_bytes(data: bytes) -> None:
    """Write to standard output as it is, without translating line ends."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and vanishes otherwise.

    An interrupted command leaves the old file, or none: never half of one.

    Raises:
        ConfigError: the folder is missing or cannot be written.
    """
    if path.is_dir():
        raise ConfigError(f"{path} cannot be written: is a directory", advice="name a file in it")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        stream = draft.open("xb")
    except OSError as fault:
        raise _cannot_write(path, fault) from None
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException as fault:
        with suppress(OSError):
            draft.unlink()
        if isinstance(fault, OSError):
            raise _cannot_write(path, fault) from None
        raise


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """Yield a function (step, fraction 0..1) that draws a bar, if someone looks and waits for long."""
    if not is_terminal():
        yield lambda _step, _fraction: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    task = bar.add_task(title, total=1.0)
    begun = time.monotonic()

    def report(step: str, fraction: float) -> None:
        bar.update(task, description=f"{title}: {step}" if step else title, completed=fraction)
        if not bar.live.is_started and time.monotonic() - begun > PATIENCE_S:
            bar.start()

    try:
        yield report
    finally:
        bar.stop()


def _cannot_write(path: Path, fault: OSError) -> ConfigError:
    reason = (fault.strerror or "input/output error").lower()
    return ConfigError(
        f"{path} cannot be written: {reason}", advice="choose a folder that exists and has room"
    )


def say_fault(kind: str, message: str) -> None:
    """Print one thing that a verification found, on standard output: it is the result."""
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    console().print(Text.assemble((f"{kind}: ", "bold red"), message))


def say_verdict(status: str, message: str) -> None:
    """Print the verdict of a verification on standard output."""
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    console().print(Text.assemble((status, "bold green" if status == "ok" else "bold red"), f": {message}"))
