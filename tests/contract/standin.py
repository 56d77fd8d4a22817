"""A small HTTP server that answers exactly what a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


@dataclass
class Script:
    """What to answer: status, body and headers. `cut` promises more than it sends; `silent` sends nothing at all."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False
    dated: bool = True

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    url: str
    script: Script | Callable[[Asked], Script] = field(default_factory=Script)
    asked: list[Asked] = field(default_factory=list)

    def says(self, status: int = 200, body: Any = "", **more: Any) -> None:
        self.script = Script(status, body, **more)

    @property
    def origin(self) -> str:
        return self.url.partition("://")[2]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: StandIn

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.standin.asked.append(asked)
        script = self.standin.script
        self._send(script if isinstance(script, Script) else script(asked))

    def _send(self, script: Script) -> None:
        if script.silent:
            self.close_connection = True
            return
        content = script.bytes()
        self.send_response_only(script.status)
        for name, value in (({"Date": DATE} if script.dated else {}) | script.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + (10 if script.cut else 0)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.close_connection or script.cut

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the test reads `asked`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play."""


@contextmanager
def running(certificate: tuple[str, str] | None = None) -> Iterator[StandIn]:
    """On a free loopback port for the length of the block; HTTPS with `certificate` (file, key file)."""
    standin = StandIn("")
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"standin": standin}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    standin.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
