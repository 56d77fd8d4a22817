"""Letters, handed in at a real mail server."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mooring.errors import Permanent, Unreachable
from mooring.mail import Server, SmtpMail
from mooring.ports import Letter
from tests.sandbox.certificates import self_signed
from tests.support.smtp import MailServer, mail_server

LETTER = Letter(
    id="notice-7",
    to=("ada@example.com", "ben@example.com"),
    subject="Reconnect required: Harbour\r\nBcc: stranger@example.com",
    text="Harbour needs a reconnect. Grüße.\n",
    at=datetime(2026, 11, 22, 5, 14, tzinfo=UTC),
)


def mail(server: MailServer, **more: object) -> SmtpMail:
    facts = {"host": "127.0.0.1", "port": server.port, "sender": "Mooring <hub@example.com>", "tls": "none", **more}
    return SmtpMail(Server(**facts), inside_transaction=lambda: False)  # type: ignore[arg-type]


def trusted_tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    certificate, key = self_signed(folder, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context, certificate


def test_a_letter_arrives_whole_and_its_subject_smuggles_no_header() -> None:
    with mail_server() as server:
        assert mail(server).send(LETTER) == 0
    (taken,) = server.letters
    assert (taken.sender, taken.to) == ("hub@example.com", ["ada@example.com", "ben@example.com"])
    assert taken.message["Subject"] == "Reconnect required: Harbour Bcc: stranger@example.com"
    assert taken.message["Bcc"] is None
    assert taken.message["Message-ID"] == "<notice-7@example.com>"
    assert taken.text == "Harbour needs a reconnect. Grüße.\r\n"


def test_one_refused_address_is_counted_and_the_other_gets_the_letter() -> None:
    with mail_server(refused={"ben@example.com"}) as server:
        assert mail(server).send(LETTER) == 1
    assert server.letters[0].to == ["ada@example.com"]


def test_when_nobody_is_known_there_the_sentence_repeats_no_address() -> None:
    with mail_server(refused={*LETTER.to}) as server, pytest.raises(Permanent) as refusal:
        mail(server).send(LETTER)
    assert refusal.value.code == "mail_addresses"
    assert "@" not in refusal.value.sentence


def test_a_busy_server_and_a_dead_one_are_tried_again() -> None:
    with mail_server(busy=True) as server, pytest.raises(Unreachable, match="SMTP 451"):
        mail(server).send(LETTER)
    with pytest.raises(Unreachable, match="cannot be reached"):
        mail(server).send(LETTER)


def test_signing_in_and_a_wrong_password() -> None:
    with mail_server(login=("mooring", "right")) as server:
        mail(server, user="mooring", password="right").check()
        with pytest.raises(Permanent, match="user name or the password"):
            mail(server, user="mooring", password="wrong").send(LETTER)
    assert server.letters == []


def test_starttls_protects_the_letter(tmp_path: Path) -> None:
    context, authority = trusted_tls(tmp_path)
    with mail_server(tls=context) as server:
        assert mail(server, host="localhost", tls="starttls", ca_file=authority).send(LETTER) == 0
    assert server.protected == [True]


def test_a_certificate_nobody_vouches_for_gets_no_letter(tmp_path: Path) -> None:
    context, _ = trusted_tls(tmp_path)
    with mail_server(tls=context) as server, pytest.raises(Unreachable, match="not trusted"):
        mail(server, host="localhost", tls="starttls").send(LETTER)
    assert server.letters == []


def test_a_server_without_starttls_gets_no_letter() -> None:
    with mail_server() as server, pytest.raises(Permanent, match="MOORING_SMTP_TLS"):
        mail(server, tls="starttls").send(LETTER)
    assert server.letters == []


def test_the_server_shows_no_password() -> None:
    assert "secret" not in repr(Server("mail", 587, "a@b", "tls", "user", "secret"))


def test_no_letter_leaves_inside_a_transaction() -> None:
    with mail_server() as server, pytest.raises(AssertionError, match="commit first"):
        SmtpMail(Server("127.0.0.1", server.port, "a@b.example", "none"), inside_transaction=lambda: True).check()
