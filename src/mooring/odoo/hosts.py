"""Where calls to Odoo may go: a connection's own address, to the three paths of its API, and nowhere else.

Private networks are allowed: Odoo is mostly at home there. What no Odoo lives at (link-local addresses, where clouds
keep their secrets) is not.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from mooring.errors import Permanent
from mooring.http import host_of, origin

_PATHS = re.compile(r"/json/2/[a-z0-9_.]+/[a-z0-9_]+|/jsonrpc|/web/version")


class OdooHosts:
    def check(self, url: str) -> None:
        """Raises `Permanent`. The sentence names the host alone."""
        try:
            origin(url)
        except ValueError:
            raise _refused(url) from None
        parts = urlsplit(url)
        if not _PATHS.fullmatch(parts.path) or parts.query or parts.fragment or _is_no_home(parts.hostname or ""):
            raise _refused(url)


def _is_no_home(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    found = getattr(address, "ipv4_mapped", None) or address
    return found.is_link_local or found.is_multicast or found.is_unspecified


def _refused(url: str) -> Permanent:
    return Permanent(
        f"Refused to contact {host_of(url) or 'an address without a host'}: no Odoo can be there.",
        code="host_not_allowed",
    )
