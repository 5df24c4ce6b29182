"""A provider is believed to be itself by its certificate alone."""

from __future__ import annotations

import datetime as dt
import ssl

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PATH = "/v1/chat/completions"
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a file with a certificate for "localhost", signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - day, now + day
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "provider.pem"
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, form, plain)
    )
    return path


@pytest.fixture
def provider(certificate):
    from stub import Stub

    made = Stub()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = made._server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    yield made
    made.close()


def ask(guard, run_proxy, provider, host, **options):
    with run_proxy(guard, f"https://{host}:{provider.url.rpartition(':')[2]}", **options) as proxy:
        return httpx2.post(proxy.url + PATH, json=CHAT, timeout=20)


def test_a_certificate_that_nobody_vouches_for_is_refused(guard, run_proxy, provider):
    answer = ask(guard, run_proxy, provider, "localhost")
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "upstream_unreachable")
    assert not provider.requests


def test_a_certificate_of_the_ca_file_is_taken(guard, run_proxy, provider, certificate):
    assert ask(guard, run_proxy, provider, "localhost", ca_file=str(certificate)).status_code == 200


def test_a_certificate_for_another_name_is_refused(guard, run_proxy, provider, certificate):
    assert ask(guard, run_proxy, provider, "127.0.0.1", ca_file=str(certificate)).status_code == 502
    assert not provider.requests
