"""Rules for the whole suite: no network, no time limits on examples, one prepared model for all."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
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
