"""Where notices may be posted to, and that they arrive there and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mooring.errors import InvalidInput, Permanent, Unreachable
from mooring.http import Http
from mooring.outgoing import NoticeHosts, OutgoingHttp
from tests.sandbox.certificates import self_signed
from tests.sandbox.receiver import receiving


@contextmanager
def outgoing(*allowed: str, ca_file: Path | None = None) -> Iterator[OutgoingHttp]:
    hosts = NoticeHosts(allowed)
    http = Http(hosts, inside_transaction=lambda: False, monotonic=time.monotonic, ca_file=ca_file)
    yield OutgoingHttp(http, hosts)
    http.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://chat.example.com/hook",
        "https://user:password@chat.example.com/hook",
        "ftp://chat.example.com/hook",
        "https:///hook",
        "chat.example.com/hook",
        "",
        "https://chat.example.com/\nhook",
        "https://chät.example.com/hook",
        "https://chat.example.com:99999/hook",
        "https://chat.example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_address_for_notices_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(InvalidInput):
        NoticeHosts().check(url)


@pytest.mark.parametrize(
    "url", ["https://chat.example.com/hook?x=1", "http://127.0.0.1:9/hook", "http://localhost/x", "http://[::1]:80/"]
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    NoticeHosts().check(url)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[fd00::1]",
     "[::ffff:10.0.0.1]", "[2002:0a00:0001::]", "224.0.0.1"],
)  # fmt: skip
def test_a_private_address_is_refused_unless_it_is_listed(address: str) -> None:
    url = f"https://{address}/hook"
    with pytest.raises(Permanent) as refusal:
        NoticeHosts().locate(url)
    assert refusal.value.code == "private_network"
    assert NoticeHosts([f"https://{address}"]).locate(url)


def test_a_public_address_is_found() -> None:
    assert NoticeHosts().locate("https://93.184.216.34/hook") == "93.184.216.34"


def test_an_unknown_name_is_tried_again() -> None:
    with pytest.raises(Unreachable):
        NoticeHosts().locate("https://nowhere.invalid/hook")


def test_a_post_arrives_with_its_headers_and_body() -> None:
    with receiving() as receiver, outgoing() as out:
        assert out.post(receiver.url, {"X-Mooring-Signature": "sha256=1"}, b"{}") == 200
    (taken,) = receiver.taken
    assert (taken.headers["x-mooring-signature"], taken.body) == ("sha256=1", b"{}")
    assert taken.headers["host"] == receiver.url.split("/")[2]


def test_https_is_checked_against_the_name_though_the_address_was_looked_up_before(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "localhost")
    with receiving(certificate, key) as receiver, outgoing(ca_file=certificate) as out:
        assert out.post(receiver.url, {}, b"{}") == 200
        with pytest.raises(Unreachable, match="not trusted"):
            out.post(receiver.url.replace("localhost", "127.0.0.1"), {}, b"{}")
    assert receiver.taken[0].headers["host"].startswith("localhost:")


def test_a_redirect_is_an_answer_and_nothing_more() -> None:
    with receiving() as receiver, outgoing() as out:
        receiver.status = 307
        assert out.post(receiver.url, {}, b"{}") == 307
    assert len(receiver.taken) == 1
