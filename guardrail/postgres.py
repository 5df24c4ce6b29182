"""PostgreSQL for the stores that live there: addresses, connections lost and regained, errors without data.

The one module that imports psycopg. Every table is named with its schema, the
search path holds the system's catalogue alone, and no error, log or repr holds
an address, a password, a statement or a value.
"""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from guardrail.errors import ConfigError, GuardrailError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    import psycopg

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

__all__ = ["Address", "Database", "Fault", "Link", "Session", "connect", "faults", "is_address", "placed"]

SCHEMA: Final = "guardrail"
_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_TABLE: Final = re.compile(r"@([a-z_]+)")
_IDLE: Final = 8  # connections that a process keeps for its next statements
_DURABLE: Final = "on"  # what `fsync` must be

Fault: TypeAlias = type[GuardrailError]

_GONE: Final = (
    "PostgreSQL cannot be reached",
    "start the server, or mend the network; what was acknowledged is kept, and work goes on by itself",
)
_LATE: Final = (
    "PostgreSQL did not answer in time",
    "look for a lock that is held, a slow disk, or too much load",
)
_FULL: Final = ("the disk of the PostgreSQL server is full", "free some space; nothing acknowledged is lost")
_RIGHTS: Final = (
    "PostgreSQL refuses this role what it asked for",
    "grant the role its rights: see docs/operating.md",
)
_LOGIN: Final = ("PostgreSQL refuses the log-in", "check user, password and pg_hba.conf")
_READ_ONLY: Final = (
    "this PostgreSQL server only reads",
    "name the primary: this is a standby, or was made read-only",
)
# SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "08": _GONE,
        "57P": _GONE,
        "57014": _LATE,
        "55P03": _LATE,
        "25P": _LATE,
        "25006": _READ_ONLY,
        "28": _LOGIN,
        "3D": ("there is no such database", "make it first, with: createdb"),
        "3F": ("the schema is not there", "make it first, with: guardrail ledger init"),
        "40": ("two transactions collided", "try again; nothing was written"),
        "42501": _RIGHTS,
        "42P01": ("the tables are not there", "make them first, with: guardrail ledger init"),
        "53100": _FULL,
        "53300": ("PostgreSQL has too many connections", "raise max_connections, or run fewer processes"),
        "53": ("the PostgreSQL server is out of a resource", "look at its log"),
        "58": ("the PostgreSQL server's disk answered with an error", "look at its log and its disk"),
        "XX": ("the PostgreSQL server's data is damaged", "stop writing, keep a copy, and look at its log"),
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store lives: what libpq connects to, and the schema. Neither is ever shown."""

    conninfo: str = field(repr=False)
    schema: str = SCHEMA

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `postgresql://user@host/database?schema=name`; all other parameters are libpq's.

        Raises:
            ConfigError: psycopg is not installed, or this is not such an address.
        """
        driver = _driver()
        try:
            parts = urlsplit(url)
            given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
            rest = [(key, value) for key, value in given if key != "schema"]
            names = [value for key, value in given if key == "schema"] or [SCHEMA]
            conninfo = parts._replace(query=urlencode(rest)).geturl()
            if "//" not in conninfo:  # urlsplit drops the slashes before an empty host
                conninfo = conninfo.replace(":", "://", 1)
            driver.conninfo.conninfo_to_dict(conninfo)
        except (ValueError, driver.Error):
            raise ConfigError(
                "this is not an address of PostgreSQL",
                advice="write it like postgresql://user@host/database?schema=guardrail",
            ) from None
        if not is_address(url) or len(names) != 1 or not _SCHEMA.fullmatch(names[0]) or names[0][:3] == "pg_":
            raise ConfigError(
                "the address of PostgreSQL names no schema that can be used",
                advice="use lower case letters, digits and _, such as ?schema=guardrail",
            )
        return cls(conninfo, names[0])


def is_address(text: str) -> bool:
    """Tell whether a text is the address of a PostgreSQL database."""
    return text.startswith(("postgresql://", "postgres://"))


def placed(statement: str, schema: str) -> bytes:
    """Return a statement for psycopg: `@name` is a table of the schema, `?` a value, `!` one in binary."""
    return _placed(statement, schema)


@lru_cache(maxsize=512)
def _placed(statement: str, schema: str) -> bytes:
    given = statement.replace("%", "%%").replace("?", "%s").replace("!", "%b")
    return _TABLE.sub(rf'"{schema}".\1', given).encode("ascii")


def connect(address: Address, *, patience: float, fault: Fault = ConfigError) -> Connection:
    """Connect; every statement is bounded by `patience`, in seconds, and a commit is on the disk.

    Raises:
        fault: the server cannot be reached, refuses, or does not keep what it commits.
    """
    driver = _driver()
    wait = max(1, int(patience * 1000))
    bounds = {
        "search_path": "pg_catalog, pg_temp",  # nobody's object stands in for ours
        "statement_timeout": wait,
        "lock_timeout": wait,
        "idle_in_transaction_session_timeout": wait + 1000,
        # A host that vanished must not keep its locks for hours.
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
        "client_min_messages": "error",
    }
    with faults(fault):
        connection: Connection = driver.connect(
            address.conninfo,
            autocommit=True,
            connect_timeout=max(2, int(patience)),
            application_name="guardrail",
            client_encoding="utf8",
        )
        try:
            connection.execute(
                b"SELECT "
                + b", ".join(b"set_config(%s, %s, false)" for _ in bounds)
                + b", set_config('synchronous_commit', 'on', false) FROM (SELECT 1) AS one",
                [str(part) for pair in bounds.items() for part in pair],
            )
            (kept,) = connection.execute(b"SELECT current_setting('fsync')").fetchone() or ("",)
        except BaseException:
            connection.close()
            raise
    if kept != _DURABLE:
        connection.close()
        raise fault(
            "the PostgreSQL server does not write to its disk what it commits (fsync = off)",
            advice="set fsync = on in postgresql.conf: else what is acknowledged can be lost",
        )
    return connection


@contextmanager
def faults(fault: Fault) -> Iterator[None]:
    """Turn psycopg's errors into `fault`, without their text: it holds addresses, statements and values."""
    driver = _driver()
    try:
        yield
    except driver.OperationalError as error:
        raise _told(fault, error.sqlstate) from None
    except driver.Error as error:
        raise _told(fault, error.sqlstate or "in the client") from None


class Database:
    """The connections of one process to one database. Thread-safe, and safe after a fork."""

    def __init__(self, address: Address, *, patience: float, fault: Fault) -> None:
        """Connect to nothing yet; `fault` is the error that is raised, `patience` in seconds."""
        self.schema = address.schema
        self.fault = fault
        self._address = address
        self._patience = patience
        self._idle: deque[Connection] = deque()
        self._gate = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    @contextmanager
    def transaction(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Commit what the block does, durably, or roll all of it back and raise `fault`.

        With `snapshot` the block reads one state, and writes nothing.
        """
        begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if snapshot else b"BEGIN"
        connection = self._begin(begin)
        try:
            with faults(self.fault):
                yield Session(connection, self.schema, self.fault)
                connection.execute(b"COMMIT")
        except BaseException:
            with suppress(_driver().Error):
                connection.execute(b"ROLLBACK")
            raise
        finally:
            self._give(connection)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds, in a transaction of its own."""
        with self.transaction() as session:
            return session.rows(statement, *values)

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._gate:
            self._closed = True
            idle, self._idle = self._idle, deque()
        if os.getpid() == self._process:
            for connection in idle:
                connection.close()

    def _begin(self, statement: bytes) -> Connection:
        """Return a connection in which a transaction has begun; a dead one that was kept is replaced."""
        while (kept := self._take()) is not None:
            # Nothing is done yet, so that another connection may do it instead.
            with suppress(_driver().Error):
                kept.execute(statement)
                return kept
            kept.close()
        connection = connect(self._address, patience=self._patience, fault=self.fault)
        with faults(self.fault):
            connection.execute(statement)
        return connection

    def _take(self) -> Connection | None:
        with self._gate:
            if self._closed:
                raise self.fault("the store is closed", advice="open it again")
            if os.getpid() != self._process:
                # The sockets are the parent's: closing them here would end its sessions.
                _INHERITED.extend(self._idle)
                self._idle.clear()
                self._process = os.getpid()
            return self._idle.pop() if self._idle else None

    def _give(self, connection: Connection) -> None:
        with self._gate:
            keep = not (self._closed or connection.closed or connection.broken) and len(self._idle) < _IDLE
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()


_INHERITED: list[Connection] = []


class Link:
    """One connection of one thread, made anew when it was lost; `greet` is run on each new one."""

    def __init__(
        self,
        address: Address,
        *,
        patience: float,
        fault: Fault,
        greet: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._address = address
        self._patience = patience
        self._fault = fault
        self._greet = greet
        self._connection: Connection | None = None
        self._process = os.getpid()

    @property
    def live(self) -> bool:
        """Tell whether there is a connection, as far as anybody has noticed."""
        connection = self._connection
        return connection is not None and not (connection.closed or connection.broken)

    def session(self) -> Session:
        """Return the connection, or a new one."""
        if self._connection and os.getpid() != self._process:
            _INHERITED.append(self._connection)
            self._connection = None
        if not self.live:
            self.close()
            self._process = os.getpid()
            connection = connect(self._address, patience=self._patience, fault=self._fault)
            session = Session(connection, self._address.schema, self._fault)
            try:
                self._greet(session)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            return session
        return Session(self._connection, self._address.schema, self._fault)  # type: ignore[arg-type] # live

    def begin(self, statement: bytes = b"BEGIN") -> Session:
        """Begin a transaction; if the connection that was kept is dead, on a new one."""
        kept = self.live
        try:
            session = self.session()
            session.connection.execute(statement)
        except _driver().Error as error:
            if not kept or self.live:
                raise _told(self._fault, getattr(error, "sqlstate", None)) from None
            session = self.session()
            with faults(self._fault):
                session.connection.execute(statement)
        return session

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection and os.getpid() == self._process:
            self._connection.close()
        self._connection = None


class Session:
    """A connection with its schema: statements name tables as `@table` and values as `?`."""

    def __init__(self, connection: Connection, schema: str, fault: Fault) -> None:
        self.connection = connection
        self.schema = schema
        self._fault = fault

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds; bytes come and go as bytes."""
        with faults(self._fault), self.connection.cursor(binary=True) as cursor:
            return cursor.execute(placed(statement, self.schema), values or None).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Run a statement; return how many rows it touched."""
        with faults(self._fault):
            return self.connection.execute(placed(statement, self.schema), values or None).rowcount

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values, in one round trip."""
        with faults(self._fault), self.connection.cursor() as cursor:
            cursor.executemany(placed(statement, self.schema), values)


def _driver() -> ModuleType:
    """Return psycopg, loaded when it is first used.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module("psycopg")
    except ImportError:
        raise ConfigError(
            "PostgreSQL needs psycopg, which is not installed",
            advice="run: pip install 'guardrail-pii[postgres]'",
        ) from None


def _told(fault: Fault, state: str | None) -> GuardrailError:
    """Return the error for an SQLSTATE; without one the connection is gone."""
    if not state:
        return fault(_GONE[0], advice=_GONE[1])
    for length in (5, 3, 2):
        if state[:length] in _STATES:
            message, advice = _STATES[state[:length]]
            return fault(message, advice=advice)
    return fault(f"PostgreSQL answered with the error {state}", advice="look at the log of the server")
