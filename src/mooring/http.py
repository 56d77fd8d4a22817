"""The one HTTP client: where requests may go, how long and how large answers may be, what a broken connection means.

It follows no redirect, keeps no cookie and logs nothing: addresses of bulk files carry a signature, headers a token.
Only what failed before anything was sent, and what may be sent twice, is called `Unreachable`; the rest is
`OutcomeUnknown`, because the other side may have done it.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

from mooring import __version__
from mooring.errors import Misconfigured, MooringError, OutcomeUnknown, Permanent, Unreachable

CONNECT_SECONDS, READ_SECONDS, POOL_SECONDS = 5.0, 30.0, 10.0
WHOLE_ANSWER_SECONDS = 120.0
"""Longest time for one answer that is not a file; a server that drips bytes would never hit the read timeout."""
LARGEST_ANSWER = 32 * 2**20
_BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_NEVER_SENT = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL)
_SHOP = r"[a-z0-9][a-z0-9-]*\.myshopify\.com"
_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_PORTS = {"http": 80, "https": 443}

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # at INFO they write whole addresses, at DEBUG headers


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx2.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """`chunks` reads from the connection as it is iterated; use it inside the block that gave it."""

    status: int
    headers: httpx2.Headers
    chunks: Iterator[bytes]


class HostRule(Protocol):
    def check(self, url: str) -> None:
        """Raises for an address that no request may go to."""
        ...


class Hosts:
    """Where requests may go: the shops' addresses, and the hosts that bulk files are kept on."""

    def __init__(self, shopify_url: str, download_hosts: Iterable[str] = ()) -> None:
        shops = re.escape(_set("MOORING_SHOPIFY_URL", shopify_url)).replace(re.escape("{shop}"), _SHOP)
        full = (host if "://" in host else f"https://{host}" for host in download_hosts)
        files = (re.escape(_set("MOORING_DOWNLOAD_HOSTS", host)) for host in full)
        self._allowed = re.compile("|".join((shops, *files)))

    def check(self, url: str) -> None:
        """Raises `Permanent` for an address that nobody allowed. The sentence names the host alone."""
        try:
            place = origin(url)
        except ValueError:
            place = ""
        if not self._allowed.fullmatch(place):
            raise Permanent(
                f"Refused to contact {host_of(url) or 'an address without a host'}: it is neither a shop's address "
                "nor listed in MOORING_DOWNLOAD_HOSTS.",
                code="host_not_allowed",
            )


def origin(url: str) -> str:
    """Scheme, host and port in one spelling. Raises `ValueError` for anything but plain http and https."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"


def _set(setting: str, url: str) -> str:
    try:
        return origin(url)
    except ValueError:
        raise Misconfigured(f"{setting}: an address here is no http or https address of a host.") from None


def host_of(url: str) -> str:
    """The host of an address, fit for a sentence and a log line."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Http:
    """Thread-safe; one per process. `inside_transaction` says whether this thread holds a database transaction: no
    call may be made then, because a slow answer would hold the database for everybody. `monotonic` gives seconds."""

    def __init__(
        self,
        hosts: HostRule,
        *,
        inside_transaction: Callable[[], bool],
        monotonic: Callable[[], float],
        ca_file: Path | None = None,
        largest_answer: int = LARGEST_ANSWER,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._hosts, self._inside_transaction, self._monotonic = hosts, inside_transaction, monotonic
        self._largest = largest_answer
        self._client = _client(_trusted(ca_file), read_seconds)

    def close(self) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        repeatable: bool = False,
        connect_to: str | None = None,
    ) -> Answer:
        """One request and its whole answer, whatever its status. `repeatable`: sending it twice does no harm.
        `connect_to`: the IP address to go to, where the caller has looked the name up and checked it."""
        opened = self._open(method, url, headers, body, repeatable, connect_to)
        with opened as response, _translated(url, repeatable):
            return Answer(response.status_code, response.headers, self._whole(response, url))

    @contextmanager
    def stream(self, url: str, *, headers: Mapping[str, str]) -> Iterator[Stream]:
        """The bytes as they are sent, unpacked by nobody."""
        with self._open("GET", url, headers, b"", repeatable=True) as response:
            yield Stream(response.status_code, response.headers, self._chunks(response, url))

    @contextmanager
    def _open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        repeatable: bool,
        connect_to: str | None = None,
    ) -> Iterator[httpx2.Response]:
        self._must_be_free()
        self._hosts.check(url)
        if self._client.is_closed:
            raise Unreachable("Mooring is stopping; the call was not made.")
        with _translated(url, repeatable):
            request = self._client.build_request(method, url, headers=dict(headers), content=body)
            if connect_to is not None:
                _aim(request, connect_to)
            response = self._client.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()

    def _must_be_free(self) -> None:
        if self._inside_transaction():
            raise AssertionError("an external call inside a database transaction: commit first")

    def _whole(self, response: httpx2.Response, url: str) -> bytes:
        started, parts, length = self._monotonic(), [], 0
        for part in response.iter_bytes():
            length += len(part)
            if length > self._largest:
                raise Permanent(f"{host_of(url)} sent more than {self._largest} bytes.", code="answer_too_large")
            if self._monotonic() - started > WHOLE_ANSWER_SECONDS:
                raise httpx2.ReadTimeout("the whole answer takes too long")
            parts.append(part)
        return b"".join(parts)

    def _chunks(self, response: httpx2.Response, url: str) -> Iterator[bytes]:
        parts = response.iter_raw()
        while True:
            self._must_be_free()
            with _translated(url, repeatable=True):
                part = next(parts, None)
            if part is None:
                return
            yield part


def _aim(request: httpx2.Request, address: str) -> None:
    """Connect to this IP address; the Host header, and the name the certificate is checked against, stay."""
    request.extensions = request.extensions | {"sni_hostname": request.url.host}
    request.url = request.url.copy_with(host=address)


def _client(context: ssl.SSLContext, read_seconds: float) -> httpx2.Client:
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=20)
    return httpx2.Client(
        verify=context,
        limits=limits,
        timeout=httpx2.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=POOL_SECONDS),
        headers={"User-Agent": f"mooring/{__version__}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        # A proxy from the environment is honoured, but this machine is reached without it.
        mounts={name: httpx2.HTTPTransport(verify=context, limits=limits) for name in _LOOPBACK},
    )


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """What the system trusts (or SSL_CERT_FILE), and the authorities in `ca_file` besides."""
    if ca_file is None:
        return _system(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    context = httpx2.create_ssl_context()
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError:  # ssl.SSLError is one too
        raise Misconfigured(
            "MOORING_EXTRA_CA names a file that cannot be read as certificate authorities (PEM)."
        ) from None
    return context


@cache
def _system(*_: str | None) -> ssl.SSLContext:
    """Read once for all clients: it is 20 ms of work, and some hundred kilobytes, for each."""
    return httpx2.create_ssl_context()


@contextmanager
def _translated(url: str, repeatable: bool) -> Iterator[None]:
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _meaning(error, host_of(url), repeatable) from None


def _meaning(error: Exception, host: str, repeatable: bool) -> MooringError:
    if isinstance(error, _NEVER_SENT):
        return Permanent(f"The request to {host} could not be formed.", code="bad_request")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unreachable(f"The certificate of {host} is not trusted.", code="untrusted_certificate")
    if isinstance(error, _BEFORE_SENDING):
        return Unreachable(f"{host} cannot be reached.")
    if isinstance(error, httpx2.TimeoutException):
        return broken(f"{host} did not answer in time.", repeatable)
    return broken(f"The connection to {host} broke off before the answer was complete.", repeatable)


def broken(sentence: str, repeatable: bool) -> MooringError:
    """The error for a call of which nobody knows whether it was carried out."""
    return Unreachable(sentence) if repeatable else OutcomeUnknown(sentence)
