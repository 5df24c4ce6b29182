"""A small witness (C2SP tlog-witness): it cosigns checkpoints that follow one another, and no others.

    python examples/witness.py witness.example ledger.db.vkey ./witness 8750

makes its key on the first run and prints the line for the operator's witness policy. Put it behind a
web server with TLS; it listens on this machine only.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from guardrail.ledger.note import VerifierKey
from guardrail.ledger.witness import MAX_REQUEST, Witness


def main(name: str, vkey_file: str, folder: str, port: str) -> None:
    """Serve until interrupted."""
    place = Path(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    seed = place / "seed"
    if not seed.exists():
        with os.fdopen(os.open(seed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
    vkey = Path(vkey_file).read_text("utf-8").strip()
    logs = {VerifierKey.parse(vkey).name: vkey}
    witness = Witness(name, seed.read_bytes(), logs=logs, folder=place, clock=lambda: int(time.time()))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/add-checkpoint" or not 0 < length <= MAX_REQUEST:
                self.send_error(404)
                return
            answer = witness.add_checkpoint(self.rfile.read(length))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    with ThreadingHTTPServer(("127.0.0.1", int(port)), Handler) as server:
        here = f"http://127.0.0.1:{server.server_port}"
        print(f"witness {name} {witness.vkey} {here}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
