"""`guardrail demo`: everything at once, on a conversation that comes with guardrail."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import ConfigError

__all__ = ["register"]

DID_NOT_HOLD: Final = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "demo",
        help=options.helped(
            "Run a support chat against a local model, unguarded and guarded, and measure what reached "
            "the model, the log and the ledger; then tamper with copies of the ledger. No network is "
            "used. Exit code 0: everything held, 1: something did not.",
            "guardrail demo",
            "guardrail demo --keep out && guardrail ledger verify out/ledger.db",
        ),
    )(demo)


def demo(
    *,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep the ledger, the logs and the tampered copies in a new folder."
        ),
    ] = None,
) -> None:
    """Run the command."""
    with _folder(keep) as folder:
        held = _run(folder)
    _next_steps(keep)
    if not held:
        raise typer.Exit(DID_NOT_HOLD)


def _run(folder: Path) -> bool:
    from guardrail.demo.page import Page  # noqa: PLC0415 - commands start without rich

    page = Page()
    page.print(
        "A chat service, a stand-in for a model and the real openai SDK, all on this machine; no network."
    )
    try:
        from guardrail.demo.drive import WatchedGuard  # noqa: PLC0415 - seconds of libraries
        from guardrail.demo.run import run  # noqa: PLC0415 - as above
    except ModuleNotFoundError as fault:
        raise ConfigError(
            f"the demo needs the package {fault.name}", advice="run: pip install 'guardrail-pii[demo]'"
        ) from None
    return run(page, folder, progress=output.progress, load=WatchedGuard.load)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield an empty folder: the one to keep, or one that vanishes."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="guardrail-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(parents=True)
    except FileExistsError:
        raise ConfigError(
            f"{keep} exists", advice="name a folder that does not: the demo overwrites nothing"
        ) from None
    yield keep


def _next_steps(keep: Path | None) -> None:
    started = "python -m guardrail" if sys.argv[0].endswith("__main__.py") else sys.argv[0]
    command = "guardrail" if shutil.which("guardrail") else started
    policy = "policies/gdpr-chat.toml" if Path("policies/gdpr-chat.toml").is_file() else "gdpr-chat"
    lines = [
        "Your own text:",
        f"  {command} scrub --policy {policy} FILE",
        f"  echo 'Ann Smith, ann@example.com, lost her card.' | {command} scrub --policy {policy}",
        f"  {command} check {policy}",
    ]
    if keep:
        lines.append(f"  {command} ledger verify {keep / 'ledger.db'}")
    else:
        lines.append(f"  {command} demo --keep DIR")
    for line in lines:
        typer.echo(line)
