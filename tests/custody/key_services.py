"""Loopback stand-ins for the HTTP APIs of Vault's transit engine and of AWS KMS, with real encryption inside.

They know the calls that guardrail makes, the versions of a key, and the ways in which the services refuse.
They are not the services: docs/operating.md says so.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Stub:
    """A service on a loopback port that can be made slow, absent or ill-tempered."""

    def __init__(self):
        self.calls, self.seen, self.faults = [], [], []
        self.delay = 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server.server_port}"

    def stop(self):
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
        self.server.server_close()

    def again(self):
        """Come back on the same port."""
        port = self.server.server_port
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()


def handler(stub):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.serve()

        do_POST = do_PUT = do_GET  # noqa: N815 - names of the standard library

        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stub.seen.append((self.path, dict(self.headers), body))
            if stub.delay:
                time.sleep(stub.delay)
            fault = stub.faults.pop(0) if stub.faults else None
            status, answer = fault or stub.answer(self, json.loads(body or b"{}"))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", stub.media)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


class VaultStub(Stub):
    """`POST MOUNT/encrypt|decrypt/KEY`, `GET MOUNT/keys/KEY`, `POST MOUNT/keys/KEY/rotate|config`."""

    media = "application/json"
    token = "hvs.canary-token-of-vault"
    mount, key = "transit", "guardrail"

    def __init__(self):
        self.versions = [AESGCM(AESGCM.generate_key(256))]
        self.least = 1
        self.flags = {}
        super().__init__()

    def answer(self, request, body):
        path = request.path.removeprefix(f"/v1/{self.mount}/")
        self.calls.append(path)
        if request.headers.get("X-Vault-Token") != self.token:
            return 403, {"errors": ["permission denied"]}
        work = {
            f"encrypt/{self.key}": self.encrypt,
            f"decrypt/{self.key}": self.decrypt,
            f"keys/{self.key}": self.read,
            f"keys/{self.key}/rotate": self.rotate,
            f"keys/{self.key}/config": self.config,
        }.get(path)
        return work(body) if work else (404, {"errors": []})

    def encrypt(self, body):
        nonce = secrets.token_bytes(12)
        bound = base64.b64decode(body.get("associated_data", ""))
        sealed = nonce + self.versions[-1].encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
        text = f"vault:v{len(self.versions)}:{base64.b64encode(sealed).decode()}"
        return 200, {"data": {"ciphertext": text, "key_version": len(self.versions)}}

    def decrypt(self, body):
        _, version, text = body["ciphertext"].split(":")
        number = int(version[1:])
        if number < self.least:
            return 400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}
        sealed = base64.b64decode(text)
        bound = base64.b64decode(body.get("associated_data", ""))
        try:
            plain = self.versions[number - 1].decrypt(sealed[:12], sealed[12:], bound)
        except (InvalidTag, IndexError):
            return 400, {"errors": ["invalid ciphertext: unable to decrypt"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}

    def read(self, body):
        told = {"latest_version": len(self.versions), "min_decryption_version": self.least}
        return 200, {"data": {"name": self.key, "type": "aes256-gcm96", **told, **self.flags}}

    def rotate(self, body):
        self.versions.append(AESGCM(AESGCM.generate_key(256)))
        return 204, b""

    def config(self, body):
        self.least = body["min_decryption_version"]
        return 204, b""


class KmsStub(Stub):
    """`TrentService.Encrypt|Decrypt|DescribeKey` of the JSON 1.1 protocol."""

    media = "application/x-amz-json-1.1"
    arn = "arn:aws:kms:eu-central-1:111122223333:key/0000aaaa-11bb-22cc-33dd-444444eeeeee"

    def __init__(self):
        self.keys = {self.arn: AESGCM(AESGCM.generate_key(256))}
        self.state = "Enabled"
        super().__init__()

    def answer(self, request, body):
        work = request.headers["X-Amz-Target"].removeprefix("TrentService.")
        self.calls.append(work)
        if body["KeyId"] not in self.keys:
            return 400, {"__type": "NotFoundException", "message": "no such key"}
        if self.state != "Enabled" and work != "DescribeKey":
            return 400, {"__type": "DisabledException", "message": "the key is disabled"}
        return {"Encrypt": self.encrypt, "Decrypt": self.decrypt, "DescribeKey": self.describe}[work](body)

    def encrypt(self, body):
        nonce, bound = secrets.token_bytes(12), json.dumps(body["EncryptionContext"], sort_keys=True).encode()
        sealed = nonce + self.keys[body["KeyId"]].encrypt(nonce, base64.b64decode(body["Plaintext"]), bound)
        return 200, {"CiphertextBlob": base64.b64encode(sealed).decode(), "KeyId": body["KeyId"]}

    def decrypt(self, body):
        sealed = base64.b64decode(body["CiphertextBlob"])
        bound = json.dumps(body["EncryptionContext"], sort_keys=True).encode()
        try:
            plain = self.keys[body["KeyId"]].decrypt(sealed[:12], sealed[12:], bound)
        except InvalidTag:
            return 400, {"__type": "InvalidCiphertextException", "message": "no"}
        return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": body["KeyId"]}

    def describe(self, body):
        return 200, {"KeyMetadata": {"KeyId": self.arn.rpartition("/")[2], "KeyState": self.state}}
