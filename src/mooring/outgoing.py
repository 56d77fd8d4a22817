"""Notices to an address of a project's own choosing: where they may go, and the one request that brings them there.

Rule 1: https, or this machine itself. Rule 2: a name that leads into a private network is refused unless
MOORING_NOTICE_HOSTS lists it, so that an admin of a project cannot make Mooring knock at doors inside.
Rule 3: the address that was checked is the one that is connected to; a name that changes its answer gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from mooring.errors import InvalidInput, Permanent, Unreachable
from mooring.http import Http, origin

_SHAPE = "This is no address to post to. It begins with https:// (http:// on this machine only) and holds no password."
_ELSEWHERE = (
    "{} leads into a private network. Whoever runs Mooring can allow it by listing its address in MOORING_NOTICE_HOSTS."
)
_LONGEST = 2000


class NoticeHosts:
    """`allowed`: addresses of hosts, as in `https://chat.example.lan`, that may be private."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(origin(host if "://" in host else f"https://{host}") for host in allowed)

    def check(self, url: str) -> None:
        """Raises `InvalidInput` for what is never posted to. Asks nobody."""
        try:
            at = origin(url)
        except ValueError:
            raise InvalidInput(_SHAPE, field="url") from None
        plain = at.startswith("http://") and at not in self._allowed and not _is_this_machine(_host(url))
        if plain or len(url) > _LONGEST or not url.isascii() or not url.isprintable():
            raise InvalidInput(_SHAPE, field="url")

    def locate(self, url: str) -> str:
        """The IP address to connect to. Raises `Permanent` for a private one, `Unreachable` for an unknown name."""
        self.check(url)
        found = _addresses(_host(url))
        free = origin(url) in self._allowed or _is_this_machine(_host(url))
        if not free and not all(_is_public(address) for address in found):
            raise Permanent(_ELSEWHERE.format(_host(url)), code="private_network")
        return found[0]


class OutgoingHttp:
    def __init__(self, http: Http, hosts: NoticeHosts) -> None:
        self._http, self._hosts = http, hosts

    def check(self, url: str) -> None:
        self._hosts.check(url)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status, whatever it is: a redirect is not followed. Sending twice does no harm: the body has an id."""
        where = self._hosts.locate(url)
        once = {"Connection": "close", **headers}  # a kept connection would belong to an IP address, not to a name
        return self._http.send("POST", url, headers=once, body=body, repeatable=True, connect_to=where).status


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"Nobody knows the name {host}.") from None
    return sorted((str(entry[4][0]) for entry in found), key=lambda address: ":" in address)


def _is_public(address: str) -> bool:
    """IPv4 in IPv6's clothes is judged as what it is."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return (mapped or found).is_global and not found.is_multicast
