"""Logging without personal data: every handler of every logger sees a cleaned copy.

    installed = logs.install(guard)      # installed.uninstall(), or `with logs.install(guard):`

What is cleaned: the message with its arguments, tracebacks, stacks, and all
that `extra` adds, whatever it is made of; `warnings` too, and what is written
in percent-encoding. What stays is code: level, logger, path, line, function,
thread. The application keeps its own record. Handlers find `record.args` and
`record.exc_info` empty; of uvicorn's access log the arguments are cleaned one by
one, for its formatter reads them.

Fail closed, and never into the application: a record that cannot be cleaned
says that it was withheld, and by which error. What is logged while the guard
itself works, by a detector's library or a finalizer, passes without its text.

The ledger gets sums: one entry of type "log.summary" for every thousand records, and
at `uninstall` or the end of the process. Sums since then are lost when a
process is killed. Not covered: `print`; the traceback that an exception leaves
on stderr when it ends a thread or the process; logging that is not the standard
library's; a subclass of Logger with its own `callHandlers`; and who replaces
`Logger.callHandlers` later and reads the record first: install last.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError
from guardrail.logs.record import Cleaner, withheld
from guardrail.logs.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Self, TextIO

    from guardrail.guard import Guard
    from guardrail.types import Decision

__all__ = ["EVERY", "Installed", "install"]

EVERY: Final = 1000
"""Records that one entry of the ledger sums up."""

# Below frames of these a lock may be held that cleaning would wait for, for ever.
_AT_WORK: Final = frozenset({"detect", "exchange", "guard", "ledger", "vault"})

_NESTED: Final = "written while the guard was at work"

_local: Final = threading.local()  # `busy`: this thread is cleaning a record
_gate: Final = threading.Lock()
_current: Installed | None = None


def install(guard: Guard, *, every: int = EVERY) -> Installed:
    """Put `guard` before every handler of every logger of this process, and before `warnings`.

    The policy's rules for the channel "log" decide. `every` is the number of
    records that one entry of the ledger sums up.

    Raises:
        ConfigError: it is installed already.
    """
    global _current  # noqa: PLW0603 - logging is global too
    with _gate:
        if _current is not None:
            raise ConfigError("the logs are guarded already", advice="call uninstall() on the first one")
        _current = Installed(guard, every=every)
        _current.start()
        return _current


class Installed:
    """The guarded logging of this process; `uninstall` ends it, and so does leaving it as a context."""

    def __init__(self, guard: Guard, *, every: int) -> None:
        self._guard = guard
        self._sums = Sums(guard, every=every)
        self._active = False
        self._handlers_before = logging.Logger.callHandlers
        self._warning_before = warnings.showwarning
        self._handlers = _handlers_of(self)
        # The bound method is made once: another one would be equal, but not the same.
        self._warning = self.show_warning

    def start(self) -> None:
        """Take the place of `Logger.callHandlers` and `warnings.showwarning`; `install` calls it."""
        self._handlers_before = logging.Logger.callHandlers
        self._warning_before = warnings.showwarning
        self._active = True
        logging.Logger.callHandlers = self._handlers  # type: ignore[assignment,method-assign]
        warnings.showwarning = self._warning
        atexit.register(self._sums.write)

    def uninstall(self) -> None:
        """Take the guard away and write the last sums; a second call does nothing."""
        global _current  # noqa: PLW0603 - logging is global too
        with _gate:
            if not self._active:
                return
            # Who came after us goes on calling our functions: from now on they only pass on.
            self._active = False
            if logging.Logger.callHandlers is self._handlers:
                logging.Logger.callHandlers = self._handlers_before  # type: ignore[method-assign]
            if warnings.showwarning is self._warning:
                warnings.showwarning = self._warning_before
            _current = None
        atexit.unregister(self._sums.write)
        self._sums.write()

    def flush(self) -> None:
        """Write what is counted so far into the ledger."""
        self._sums.write()

    def call_handlers(self, logger: logging.Logger, record: logging.LogRecord) -> None:
        """Give the handlers of `logger` the cleaned copy of `record`."""
        self._handlers_before(logger, self._cleaned(record) if self._active else record)

    def show_warning(  # noqa: PLR0913, PLR0917 - the signature is Python's
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Show a warning with its message cleaned; the line of source is code."""
        if self._active:
            record = logging.LogRecord(
                "py.warnings", logging.WARNING, filename, lineno, str(message), (), None
            )
            message = self._cleaned(record).getMessage()
        self._warning_before(message, category, filename, lineno, file, line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.uninstall()

    def _cleaned(self, record: logging.LogRecord) -> logging.LogRecord:
        if getattr(_local, "busy", False) or _is_at_work(sys._getframe(1)):  # noqa: SLF001 - there is no other
            return withheld(record, _NESTED)
        decisions: list[Decision] = []

        def clean(text: str) -> str:
            new, found = self._guard.clean(text, channel="log")
            decisions.extend(found)
            return new

        _local.busy = True
        try:
            new = Cleaner(clean).record(record)
        except Exception as error:  # noqa: BLE001 - fail closed, never into the application
            self._sums.count(None)
            return withheld(record, type(error).__name__)
        else:
            self._sums.count(decisions)
            return new
        finally:
            _local.busy = False


def _handlers_of(installed: Installed) -> Callable[[logging.Logger, logging.LogRecord], None]:
    """Return a function, which becomes a method of every logger as a bound method would not."""

    def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        installed.call_handlers(logger, record)

    return call_handlers


def _is_at_work(frame: FrameType | None) -> bool:
    """Tell whether a part of the guard is below this call and may hold a lock.

    A library that logs, or a finalizer that the collector runs between two lines of
    the detector, would wait for itself if its record were cleaned.
    """
    while frame is not None:
        package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
        if package == "guardrail" and rest.partition(".")[0] in _AT_WORK:
            return True
        frame = frame.f_back
    return False
