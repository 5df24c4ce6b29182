"""`guardrail train`: train the project's own model on, from rows of one's own."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final

import typer

import guardrail
from guardrail.cli import options
from guardrail.errors import ConfigError

__all__ = ["register"]

NEEDS: Final = ("faker", "onnx", "torch")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "train",
        short_help="Train the names model on texts of your own.",
        help=options.helped(
            "Train the project's own model on from the weights in the package, with rows as guardrail eval "
            "reads them, and texts made of templates so that it forgets nothing. Needs a checkout of the "
            "project and its extra train; a thousand rows take some minutes. Keep rows back to judge by: "
            "what was trained on proves nothing.",
            "guardrail train --data mine.jsonl --without kept.jsonl --out my-names",
            "GUARDRAIL_NAMES=spacy,guardrail:my-names guardrail eval kept.jsonl",
        ),
    )(train)


def train(
    *,
    data: Annotated[list[Path], typer.Option("--data", help="Labelled rows, JSONL. Repeatable.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write names.onnx and vocab.txt to.")],
    without: Annotated[
        list[Path] | None,
        typer.Option("--without", help="Rows to judge by, never learned. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same weights.")] = 1,
    made: Annotated[int, typer.Option("--made", min=0, help="Texts to make of templates besides.")] = 4000,
) -> None:
    """Run the command."""
    root = Path(guardrail.__file__).parent.parent
    if not (root / "train" / "__main__.py").is_file():
        raise ConfigError(
            "the training tool is not part of the installed package",
            advice="run this in a checkout of the project, installed with: pip install -e '.[train]'",
        )
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"training needs {', '.join(missing)}", advice="run: python -m pip install 'guardrail-pii[train]'"
        )
    files = [part for file in data for part in ("--data", str(file.resolve()))]
    held = [part for file in without or () for part in ("--without", str(file.resolve()))]
    written = str((out / "names.onnx").resolve())
    numbers = ["--seed", str(seed), "--made", str(made)]
    command = [sys.executable, "-m", "train", *files, *held, "--out", written, *numbers]
    ended = subprocess.run(command, cwd=root, check=False)  # noqa: S603 - our own module, no shell
    raise typer.Exit(ended.returncode if ended.returncode in {0, 130} else 2)
