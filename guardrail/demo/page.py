"""The console of the demo: at most 100 columns, plain in a pipe, and gone when its reader is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn

from rich.console import Console

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Page"]

WIDTH: Final = 100  # columns, where the terminal has them


class Page(Console):
    """A console that wraps at its width and leaves a closed pipe to the command line."""

    def __init__(self, file: TextIO | None = None) -> None:
        super().__init__(file=file or sys.stdout, highlight=False)
        self.width = min(self.width, WIDTH) if self.is_terminal else WIDTH

    def on_broken_pipe(self) -> NoReturn:
        """Raise; rich would end the process with 1, which here says that something did not hold."""
        raise BrokenPipeError
