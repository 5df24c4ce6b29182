"""The conversation of the demo: what is written, and which of its values are searched for afterwards."""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Conversation", "Planted", "example", "load"]

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_ADVICE: Final = "install guardrail again, or run the demo in a checkout of it"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fictional value that is searched for. Each of the `parts` counts as the value.

    `own` says that the model brings it and not the user; `returns` that the user must see it again;
    `whole` that only all of it counts, because the policy leaves a part (the network of an address).
    """

    kind: str
    value: str
    parts: tuple[str, ...] = ()
    own: bool = False
    returns: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the user writes, turn by turn; what is planted; and what must reach the model as it is."""

    title: str
    turns: tuple[str, ...]
    planted: tuple[Planted, ...]
    passes: tuple[Planted, ...]


def load(path: Path) -> Conversation:
    """Read a conversation; raise `ConfigError` if it is missing or not one."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        found = Conversation(
            title=table["title"],
            turns=tuple(turn["text"] for turn in table["turns"]),
            planted=tuple(_planted(row) for row in table["planted"]),
            passes=tuple(Planted(row["kind"], row["value"]) for row in table["passes"]),
        )
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as fault:
        raise ConfigError(
            f"the conversation {path.name} cannot be read ({type(fault).__name__})", advice=_ADVICE
        ) from None
    if not found.turns or not found.planted:
        raise ConfigError(f"the conversation {path.name} has no turns or plants nothing", advice=_ADVICE)
    return found


def _planted(row: dict[str, object]) -> Planted:
    parts = row.get("parts", ())
    return Planted(
        kind=str(row["kind"]),
        value=str(row["value"]),
        parts=tuple(str(part) for part in parts) if isinstance(parts, list) else (),
        own=row["from"] == "model",
        returns=bool(row["returns"]),
        whole=bool(row.get("whole", False)),
    )


def example(name: str) -> Path:
    """Return a file of the examples: in a wheel beside the package's code, in a checkout in `examples/`.

    Raises:
        ConfigError: there is no such file.
    """
    for folder in (_PACKAGE / "examples", _PACKAGE.parent / "examples"):
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"the example {name} is missing", advice=_ADVICE)


def example_module(name: str) -> ModuleType:
    """Return an example, imported anew: two runs share none of its state.

    Raises:
        ConfigError: it is missing, or a package that it needs is not installed.
    """
    path = example(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"guardrail_example_{name}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"the example {path.name} cannot be imported", advice=_ADVICE)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as fault:
        raise ConfigError(
            f"the demo needs the package {fault.name}", advice="run: pip install 'guardrail-pii[demo]'"
        ) from None
    return module
