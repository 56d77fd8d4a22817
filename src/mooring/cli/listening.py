"""A TCP port to serve on, or a sentence that says what to do instead."""

from __future__ import annotations

import errno
import socket

from mooring.errors import Misconfigured


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises `Misconfigured` with what to do about it."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Misconfigured(_reason(error, host, port), code="cannot_listen") from None


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Stop that one, or choose another port with --port "
            "or MOORING_PORT (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights this user does not have. Choose one above 1023 with --port or MOORING_PORT."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. Check MOORING_HOST and MOORING_PORT."
