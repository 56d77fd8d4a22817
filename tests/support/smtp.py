"""A small real mail server on loopback: takes letters, or refuses them the way servers do."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class Taken:
    sender: str
    to: list[str]
    message: Message

    @property
    def text(self) -> str:
        payload = self.message.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode()


@dataclass
class MailServer:
    """`refused` are addresses it does not know; `busy` answers every letter with 451; `login` is what it expects."""

    port: int = 0
    letters: list[Taken] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    busy: bool = False
    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    protected: list[bool] = field(default_factory=list)
    """For each letter: whether it came through TLS."""


class _Session(socketserver.StreamRequestHandler):
    timeout = 10
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle(self) -> None:
        self.state, self.encrypted = self.server.state, False
        self.forget()
        self.say("220 mail.test ready")
        while line := self.rfile.readline(2000):
            word, _, rest = line.decode().strip().partition(" ")
            if word.upper() == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"do_{word.lower()}", self.unknown)(rest)

    def say(self, *lines: str) -> None:
        for number, line in enumerate(lines, 1):
            text = line if number == len(lines) else line.replace(" ", "-", 1)
            self.wfile.write(text.encode() + b"\r\n")

    def forget(self) -> None:
        self.sender, self.to = "", list[str]()

    def unknown(self, _: str) -> None:
        self.say("502 not here")

    def do_ehlo(self, _: str) -> None:
        offers = ["250 mail.test"]
        offers += ["250 STARTTLS"] if self.state.tls and not self.encrypted else []
        offers += ["250 AUTH PLAIN"] if self.state.login else []
        self.say(*offers)

    def do_starttls(self, _: str) -> None:
        assert self.state.tls is not None
        self.say("220 go on")
        self.wfile.flush()
        wrapped = self.state.tls.wrap_socket(self.connection, server_side=True)
        self.connection, self.rfile = wrapped, wrapped.makefile("rb")
        self.wfile = wrapped.makefile("wb", 0)  # pyright: ignore[reportAttributeAccessIssue]
        self.encrypted = True

    def do_auth(self, rest: str) -> None:
        _, name, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.say("235 fine" if (name, password) == self.state.login else "535 no")

    def do_noop(self, _: str) -> None:
        self.say("250 fine")

    def do_rset(self, _: str) -> None:
        self.forget()
        self.say("250 fine")

    def do_mail(self, rest: str) -> None:
        self.sender = _address(rest)
        self.say("451 busy" if self.state.busy else "250 fine")

    def do_rcpt(self, rest: str) -> None:
        address = _address(rest)
        if address in self.state.refused:
            self.say(f"550 nobody is called {address}")
            return
        self.to.append(address)
        self.say("250 fine")

    def do_data(self, _: str) -> None:
        self.say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline(10_000)) not in (b".\r\n", b""):
            lines.append(line)
        self.state.letters.append(Taken(self.sender, self.to, message_from_bytes(b"".join(lines))))
        self.state.protected.append(self.encrypted)
        self.forget()
        self.say("250 taken")


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    state: MailServer


@contextmanager
def mail_server(**facts: object) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.state = MailServer(port=server.server_address[1], **facts)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.state
        finally:
            server.shutdown()
            thread.join(timeout=10)
