"""Notices by e-mail: one SMTP session for each letter, plain text, nothing logged.

A letter that may have arrived is sent again rather than lost; its Message-ID stays the same, so that mail programs
can tell.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from typing import Literal

from mooring.errors import Misconfigured, MooringError, Permanent, Unreachable
from mooring.ports import Letter

SECONDS = 10.0
"""For connecting and for each answer of the mail server."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed in. `user` None: no sign-in."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"]
    user: str | None = None
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


class SmtpMail:
    def __init__(self, server: Server, *, inside_transaction: Callable[[], bool]) -> None:
        self._server, self._inside_transaction = server, inside_transaction
        self._domain = parseaddr(server.sender)[1].rpartition("@")[2]

    def send(self, letter: Letter) -> int:
        message = self._message(letter)
        with self._session() as session:
            return len(session.send_message(message, to_addrs=list(letter.to)))

    def check(self) -> None:
        with self._session() as session:
            session.noop()

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = formataddr(parseaddr(self._server.sender))
        message["To"] = ", ".join(letter.to)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday note answers (RFC 3834)
        message.set_content(letter.text)
        return message

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        if self._inside_transaction():
            raise AssertionError("an external call inside a database transaction: commit first")
        with _translated(self._server.host), self._open() as session:
            yield session

    @contextmanager
    def _open(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        trusted = _trusted(server.ca_file) if server.tls != "none" else None
        if server.tls == "tls":
            opened = smtplib.SMTP_SSL(server.host, server.port, self._domain, timeout=SECONDS, context=trusted)
        else:
            opened = smtplib.SMTP(server.host, server.port, self._domain, timeout=SECONDS)
        with opened as session:
            if server.tls == "starttls":
                session.starttls(context=trusted)
            if server.user is not None:
                session.login(server.user, server.password)
            yield session


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError:
            raise Misconfigured("MOORING_EXTRA_CA names a file that cannot be read.") from None
    return context


@contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:  # SMTPException is an OSError; said for the reader
        raise _meaning(error, host) from None


def _meaning(error: OSError, host: str) -> MooringError:
    """Words of our own: what a mail server says may repeat addresses."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return Permanent(f"The mail server {host} refuses the user name or the password.", code="mail_sign_in")
        case smtplib.SMTPNotSupportedError():
            return Permanent(f"The mail server {host} does not offer what MOORING_SMTP_TLS asks for.", code="mail_tls")
        case smtplib.SMTPRecipientsRefused():
            return Permanent(f"The mail server {host} takes no letter for these addresses.", code="mail_addresses")
        case smtplib.SMTPResponseException(smtp_code=status) if 500 <= status < 600:
            return Permanent(f"The mail server {host} refuses the letter (SMTP {status}).", code="mail_refused")
        case smtplib.SMTPResponseException(smtp_code=status):
            return Unreachable(f"The mail server {host} takes no letter now (SMTP {status}).")
        case ssl.SSLCertVerificationError():
            return Unreachable(
                f"The certificate of the mail server {host} is not trusted.", code="untrusted_certificate"
            )
        case _:
            return Unreachable(f"The mail server {host} cannot be reached, or broke off.")
