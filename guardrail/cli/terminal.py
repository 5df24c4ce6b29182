"""The console of the commands; apart from `output`, because rich is loaded where something is printed."""

from typing import NoReturn

from rich.console import Console

__all__ = ["Terminal"]


class Terminal(Console):
    """A console that leaves a closed pipe to `app`."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise; rich would end the process with 1, which means findings here."""
        raise BrokenPipeError
