"""The one HTTP client: where it goes, what it refuses, and what a broken connection means."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mooring.errors import Misconfigured, OutcomeUnknown, Permanent, Unreachable
from mooring.http import Hosts, Http
from tests.contract import standin
from tests.contract.standin import StandIn

MakeHttp = Callable[..., Http]


@pytest.mark.parametrize(
    ("shopify_url", "downloads", "url"),
    [
        ("https://{shop}", (), "https://harbour.myshopify.com/admin/api"),
        ("https://{shop}", (), "https://HARBOUR.myshopify.com:443/admin"),
        ("https://{shop}", ("storage.googleapis.com",), "https://storage.googleapis.com/file?signature=x"),
        ("https://{shop}:8443", (), "https://harbour.myshopify.com:8443/admin"),
        ("http://127.0.0.1:4000/{shop}", (), "http://127.0.0.1:4000/harbour.myshopify.com/bulk/1.jsonl"),
        ("http://127.0.0.1:4000", (), "http://127.0.0.1:4000/admin"),
        ("http://[::1]:4000/{shop}", (), "http://[::1]:4000/x"),
        ("https://{shop}", ("http://127.0.0.1:9000",), "http://127.0.0.1:9000/file"),
        ("https://{shop}", ("files.example.com:8443",), "https://files.example.com:8443/file"),
    ],
)
def test_a_request_may_go_to_shops_and_file_hosts(shopify_url: str, downloads: tuple[str, ...], url: str) -> None:
    Hosts(shopify_url, downloads).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://harbour.myshopify.com/admin",
        "https://harbour.myshopify.com:8443/admin",
        "https://harbour.myshopify.com.example.com/admin",
        "https://example.com/harbour.myshopify.com",
        "https://person@harbour.myshopify.com/admin",
        "https://harbour.myshopify.com@example.com/admin",
        "https://169.254.169.254/latest/meta-data",
        "https://storage.googleapis.com.example.com/file",
        "https://storage-googleapis-com/file",
        "http://storage.googleapis.com/file",
        "file:///etc/passwd",
        "https://[::1/file",
        "https://harbour.myshopify.com:port/",
        "",
    ],
)
def test_and_nowhere_else(make_http: MakeHttp, url: str) -> None:
    http = make_http(Hosts("https://{shop}", ["storage.googleapis.com"]))
    with pytest.raises(Permanent) as refused:
        http.send("GET", url, headers={})
    assert refused.value.code == "host_not_allowed"


@pytest.mark.parametrize(
    ("shopify_url", "downloads", "setting"),
    [
        ("https://", (), "MOORING_SHOPIFY_URL"),
        ("https://person@{shop}", (), "MOORING_SHOPIFY_URL"),
        ("https://{shop}:99999", (), "MOORING_SHOPIFY_URL"),
        ("https://{shop}", ("ftp://files.example.com",), "MOORING_DOWNLOAD_HOSTS"),
    ],
)
def test_a_setting_that_names_no_host_is_named(shopify_url: str, downloads: tuple[str, ...], setting: str) -> None:
    with pytest.raises(Misconfigured, match=setting):
        Hosts(shopify_url, downloads)


def test_no_call_is_made_inside_a_transaction(make_http: MakeHttp, shopify_server: StandIn) -> None:
    http = make_http(Hosts(shopify_server.url), inside_transaction=lambda: True)
    with pytest.raises(AssertionError, match="transaction"):
        http.send("GET", shopify_server.url, headers={})
    assert shopify_server.asked == []


def test_a_file_is_not_read_on_inside_a_transaction(make_http: MakeHttp, shopify_server: StandIn) -> None:
    inside = False
    http = make_http(Hosts(shopify_server.url), inside_transaction=lambda: inside)
    shopify_server.says(body="x" * 200_000)
    with http.stream(shopify_server.url, headers={}) as stream:
        assert next(stream.chunks)
        inside = True
        with pytest.raises(AssertionError, match="transaction"):
            next(stream.chunks)


def test_no_redirect_is_followed(make_http: MakeHttp, shopify_server: StandIn) -> None:
    shopify_server.says(302, headers={"Location": f"{shopify_server.url}/elsewhere"})
    assert make_http(Hosts(shopify_server.url)).send("GET", shopify_server.url, headers={}).status == 302
    assert len(shopify_server.asked) == 1


def test_no_cookie_is_kept(make_http: MakeHttp, shopify_server: StandIn) -> None:
    http = make_http(Hosts(shopify_server.url))
    shopify_server.says(headers={"Set-Cookie": "session=1; Path=/"})
    for _ in range(2):
        http.send("GET", shopify_server.url, headers={})
    assert [asked.headers.get("cookie") for asked in shopify_server.asked] == [None, None]


def test_an_answer_over_the_limit_is_refused(make_http: MakeHttp, shopify_server: StandIn) -> None:
    http = make_http(Hosts(shopify_server.url), largest_answer=1000)
    shopify_server.says(body="x" * 1000)
    assert len(http.send("GET", shopify_server.url, headers={}).body) == 1000
    shopify_server.says(body="x" * 1001)
    with pytest.raises(Permanent) as refused:
        http.send("GET", shopify_server.url, headers={})
    assert refused.value.code == "answer_too_large"


def test_an_answer_that_drips_for_minutes_is_given_up(make_http: MakeHttp, shopify_server: StandIn) -> None:
    seconds = iter(range(0, 10_000, 121))
    http = make_http(Hosts(shopify_server.url), monotonic=lambda: float(next(seconds)))
    shopify_server.says(body="slowly")
    with pytest.raises(Unreachable, match="in time"):
        http.send("GET", shopify_server.url, headers={}, repeatable=True)


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_was_never_sent_is_unreachable(make_http: MakeHttp, free_port: int, repeatable: bool) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached"):
        make_http(Hosts(url)).send("POST", url, headers={}, repeatable=repeatable)


@pytest.mark.parametrize(("repeatable", "error"), [(True, Unreachable), (False, OutcomeUnknown)])
@pytest.mark.parametrize("how", ["cut", "silent"])
def test_what_broke_off_may_have_happened(
    make_http: MakeHttp, shopify_server: StandIn, repeatable: bool, error: type[Exception], how: str
) -> None:
    shopify_server.says(body="half", **{how: True})
    with pytest.raises(error, match="broke off"):
        make_http(Hosts(shopify_server.url)).send("POST", shopify_server.url, headers={}, repeatable=repeatable)
    assert len(shopify_server.asked) == 1, "nothing is sent twice behind the caller's back"


@pytest.mark.parametrize(("repeatable", "error"), [(True, Unreachable), (False, OutcomeUnknown)])
def test_silence_ends_after_the_read_timeout(make_http: MakeHttp, repeatable: bool, error: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(error, match="in time"):
            make_http(Hosts(url), read_seconds=0.05).send("POST", url, headers={}, repeatable=repeatable)


def test_a_header_that_cannot_be_sent_is_never_sent(make_http: MakeHttp, shopify_server: StandIn) -> None:
    with pytest.raises(Permanent) as refused:
        make_http(Hosts(shopify_server.url)).send("GET", shopify_server.url, headers={"X-Token": "a\nb"})
    assert refused.value.code == "bad_request"
    assert shopify_server.asked == []


def test_after_closing_no_call_is_made(make_http: MakeHttp, shopify_server: StandIn) -> None:
    http = make_http(Hosts(shopify_server.url))
    http.close()
    with pytest.raises(Unreachable, match="stopping"):
        http.send("GET", shopify_server.url, headers={})


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    make_http: MakeHttp, shopify_server: StandIn, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    assert make_http(Hosts(shopify_server.url)).send("GET", shopify_server.url, headers={}).status == 200


def test_neither_addresses_nor_headers_are_logged(
    make_http: MakeHttp, shopify_server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        http = make_http(Hosts(shopify_server.url))
        http.send("GET", f"{shopify_server.url}/?signature=hush", headers={"X-Token": "hush"})
    assert "hush" not in caplog.text


def test_only_a_trusted_certificate_is_accepted(make_http: MakeHttp, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    with standin.running((str(certificate), str(key))) as server:
        with pytest.raises(Unreachable) as refused:
            make_http(Hosts(server.url)).send("GET", server.url, headers={})
        assert refused.value.code == "untrusted_certificate"
        trusting = make_http(Hosts(server.url), ca_file=certificate)
        assert trusting.send("GET", server.url, headers={}).status == 200


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unreadable_file_of_authorities_is_named(make_http: MakeHttp, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "extra.pem"
    if content:
        path.write_text(content)
    with pytest.raises(Misconfigured, match="MOORING_EXTRA_CA"):
        make_http(Hosts("https://{shop}"), ca_file=path)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
