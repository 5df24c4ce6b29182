"""The requantized model in the user's cache: made once, named by its digest, safe for many processes."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.detect.models import RAMPART, cache_directory
from guardrail.detect.quantize import RECIPE, requantize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["prepared"]

STEM: Final = f"rampart-{RAMPART.version}-{RECIPE}"
_NAME: Final = re.compile(re.escape(STEM) + r"-([0-9a-f]{64})\.onnx")
LABEL: Final = "preparing the name finder (once)"


def prepared(
    source: Path, *, progress: Callable[[str, float], None] | None = None, cache: Path | None = None
) -> tuple[bytes, str]:
    """Return the model to run and its form: "int8" from the cache, or "q4" as shipped.

    It runs as shipped, slower but with the same findings, where no cache can be
    written or the tools to requantize are missing.
    """
    folder = cache if cache is not None else cache_directory()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _lock(folder / f"{STEM}.lock"):
            model = _kept(folder)
            if model is None:
                model = _make(source, folder, progress)
    except (OSError, ImportError):
        return source.read_bytes(), "q4"
    return model, "int8"


def _kept(folder: Path) -> bytes | None:
    """Return the model of the cache whose digest is the one in its name; let others go."""
    for path in sorted(folder.glob(f"{STEM}-*.onnx")):
        named = _NAME.fullmatch(path.name)
        data = path.read_bytes()
        if named is not None and sha256(data).hexdigest() == named[1]:
            return data
        path.unlink()
    return None


def _make(source: Path, folder: Path, progress: Callable[[str, float], None] | None) -> bytes:
    report = None if progress is None else lambda part: progress(LABEL, part)
    model = requantize(source.read_bytes(), progress=report)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f"{STEM}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(model)
        # A reader sees the whole file or none: rename is atomic (POSIX rename()).
        Path(temporary).rename(folder / f"{STEM}-{sha256(model).hexdigest()}.onnx")
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    return model


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an advisory lock: processes that start together requantize once."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
