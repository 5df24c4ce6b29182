"""Places for keys: stand-ins of the services on loopback, and a keyring in a folder."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

# In importlib mode, what tests share is found here.
HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "cli")]

from commands import Shell  # noqa: E402 - its folder had to be named first
from key_services import KmsStub, VaultStub  # noqa: E402 - as above


@pytest.fixture
def vault(monkeypatch, tmp_path):
    pytest.importorskip("hvac", reason="python -m pip install 'guardrail-pii[vault]'")
    monkeypatch.setenv("VAULT_TOKEN", VaultStub.token)
    monkeypatch.setenv("HOME", str(tmp_path))  # no token of the developer's own
    for name in ("VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)
    stub = VaultStub()
    stub.uri = f"vault-transit://{stub.host}/transit/guardrail"
    yield stub
    stub.stop()


@pytest.fixture
def kms(monkeypatch, tmp_path):
    pytest.importorskip("boto3", reason="python -m pip install 'guardrail-pii[aws]'")
    stub = KmsStub()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://{stub.host}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARYCANARY0000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-of-aws")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    stub.uri = f"aws-kms:{stub.arn}"
    yield stub
    stub.stop()


@pytest.fixture
def keyring(monkeypatch, tmp_path):
    """Return the library with a real backend, whose file lies in the test's folder."""
    library = pytest.importorskip("keyring", reason="python -m pip install 'guardrail-pii[keyring]'")
    files = pytest.importorskip("keyrings.alt.file", reason="python -m pip install keyrings.alt")
    backend = files.PlaintextKeyring()
    monkeypatch.setattr(type(backend), "file_path", str(tmp_path / "keyring.cfg"))
    before = library.get_keyring()
    library.set_keyring(backend)
    yield library
    library.set_keyring(before)


@pytest.fixture
def shell(capsysbinary, monkeypatch):
    """Return a function that runs a command here."""
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)
    yield Shell(capsysbinary, monkeypatch)
    signal.signal(signal.SIGTERM, before)
