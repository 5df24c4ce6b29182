"""Recognizers of the user's own out of a Python file or module that the user names.

It is the user's program and runs with all their rights: only what was named is
loaded, nothing is searched for.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.detect.presidio import silence
from guardrail.detect.recognizer import Recognizer
from guardrail.errors import ConfigError, GuardrailError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["collect"]

_NAME: Final = "guardrail_own_recognizers_"


def collect(named: str) -> list[object]:
    """Return the recognizers of a file ("recognizers.py") or an importable module ("shop.recognizers").

    Taken are objects under `@recognizer`, others with the same attributes, Presidio
    recognizers, and classes of such that the file itself defines and that need no
    arguments; each once, in the order of the file.

    Raises:
        ConfigError: not there, it raises, or it holds no recognizer.
    """
    module = _module(named)
    found: list[object] = []
    for value in vars(module).values():
        if inspect.isclass(value):
            if (
                value.__module__ == module.__name__
                and _is_recognizer(value)
                and not inspect.isabstract(value)
            ):
                found.append(_made(value, named))
        elif _is_recognizer(value) and not any(value is one for one in found):
            found.append(value)
    if not found:
        raise ConfigError(
            f"{named} holds no recognizer", advice="decorate a function in it with @recognizer('ENTITY')"
        )
    return found


def _is_recognizer(value: object) -> bool:
    if hasattr(value, "analyze") and hasattr(value, "load") and not inspect.ismodule(value):
        return True  # Presidio's EntityRecognizer; of a class only the methods are there
    return isinstance(value, Recognizer) and not inspect.isclass(value)


def _made(kind: type, named: str) -> object:
    try:
        made: object = kind()
    except GuardrailError:
        raise
    except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
        raise ConfigError(
            f"{named}: {kind.__name__} cannot be made without arguments ({type(error).__name__})",
            advice="make the object in the file yourself, and give it a name",
        ) from None
    return made


def _module(named: str) -> ModuleType:
    silence()
    try:
        if named.endswith(".py"):
            return _file(Path(named))
        return importlib.import_module(named)
    except GuardrailError:
        raise
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{named}: the module {(error.name or '')[:60]!r} is not found",
            advice="name a file (recognizers.py), or a module that Python can import",
        ) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's own code may raise anything
        raise ConfigError(
            f"{named} cannot be loaded ({type(error).__name__})", advice=f"run: python {named}"
        ) from None


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file", advice="check the name")
    name = _NAME + path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is no Python file", advice="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    spec.loader.exec_module(module)
    return module
