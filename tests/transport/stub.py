"""A model provider on loopback, in a thread: it records what arrives, byte for byte, and answers in its form.

Like a model, it repeats the stand-ins that it was told, and brings the personal data of a colleague.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import provider_bodies as bodies

BROUGHT = "tobias.keller@example.org"
TOKEN = re.compile(r"<[A-Z][A-Z_]*_[0-9A-Z]+>")


def says(told):
    """Return what the model says to a request: the stand-ins in it, once each, and a value of its own."""
    known = " and ".join(dict.fromkeys(TOKEN.findall(told))) or "nobody"
    return f"Sure. I know {known}. Ask my colleague at {BROUGHT}, please. Have a lovely day."


def arguments(told):
    known = list(dict.fromkeys(TOKEN.findall(told)))
    return json.dumps({"to": known, "note": f"see {BROUGHT} too"})


class Stub:
    """The server; `faults` maps a path to a function of the handler that answers in its own way."""

    def __init__(self):
        self.received: list[bytes] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.faults = {}
        stub = self

        class Handler(_Handler):
            owner = stub

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def forget(self):
        self.received.clear()
        self.requests.clear()
        self.faults.clear()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: Stub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def serve(self):
        body = self._body()
        head = f"{self.requestline}\r\n{self.headers}".encode()
        self.owner.received.append(head + body)
        self.owner.requests.append((self.command, self.path, dict(self.headers.items()), body))
        path = self.path.partition("?")[0]
        for suffix, fault in self.owner.faults.items():
            if path.endswith(suffix):
                fault(self, body)
                return
        self._answer(path, body)

    def _body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            held = b""
            while size := int(self.rfile.readline(), 16):
                held += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return held
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self, path, raw):
        told = raw.decode("utf-8", "replace")
        body = json.loads(told) if told.startswith("{") else {}
        text = says(json.dumps(body, ensure_ascii=False))
        tools = arguments(told) if body.get("tools") else ""
        if body.get("response_format") or (body.get("text") or {}).get("format"):
            text = json.dumps({"who": text})
        streams = body.get("stream") or "stream" in path
        if path.endswith("/chat/completions"):
            is_mistral = "mistral" in self.headers.get("user-agent", "")
            whole = bodies.mistral if is_mistral else bodies.chat
            self.reply(bodies.chat_events(text, tools) if streams else whole(text, tools))
        elif path.endswith("/responses"):
            make = bodies.response_events if streams else bodies.response
            self.reply(make(text, tools, instructions=body.get("instructions")))
        elif path.endswith("/embeddings"):
            self.reply(bodies.embeddings(len(body["input"])))
        elif path.endswith("/messages"):
            self.reply(bodies.message_events(text, tools) if streams else bodies.message(text, tools))
        elif path.endswith("enerateContent"):
            self.reply(bodies.gemini_events(text) if streams else bodies.gemini(text))
        elif path.endswith("/v2/chat"):
            self.reply(bodies.cohere_events(text) if streams else bodies.cohere(text))
        else:
            self.reply({"error": {"message": f"no such path, {BROUGHT}", "type": "not_found"}}, status=404)

    # --- ways to answer

    def reply(self, body, *, status=200, headers=()):
        """Answer with a JSON body, or with events in one HTTP chunk each."""
        if isinstance(body, list):
            self.begin("text/event-stream", status=status, headers=headers)
            for event in body:
                self.part(event)
            self.part(b"")
            return
        self.whole(json.dumps(body).encode(), "application/json", status=status, headers=headers)

    def whole(self, content, media, *, status=200, headers=()):
        self.send_response(status)
        for name, value in (
            ("content-type", media),
            ("x-request-id", "req_1"),
            ("etag", '"1"'),
            ("content-length", str(len(content))),
            *headers,
        ):
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def begin(self, media, *, status=200, headers=()):
        self.send_response(status)
        for name, value in (
            ("content-type", media),
            ("transfer-encoding", "chunked"),
            ("x-request-id", "req_1"),
            *headers,
        ):
            self.send_header(name, value)
        self.end_headers()

    def part(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def cut(self):
        """Break the connection off in the midst of an answer."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()


for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
    setattr(_Handler, f"do_{method}", _Handler.serve)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing of a client that left."""
