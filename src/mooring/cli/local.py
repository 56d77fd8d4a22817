"""The unix socket in the data directory: how the command line and a running Mooring on this machine find each other.

Only the owner of the directory can open it (mode 0600), and whoever can could change the database just as well; so
a caller on it counts as installation admin.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mooring.errors import Misconfigured

NAME = "mooring.sock"
_LONGEST_PATH = 100
"""The kernel takes 107 bytes; longer paths go round by a descriptor of their directory."""


@contextmanager
def path_of(folder: Path) -> Iterator[str]:
    """A path for the socket that is short enough; good inside the block."""
    plain = str(folder.resolve() / NAME)
    if len(os.fsencode(plain)) <= _LONGEST_PATH:
        yield plain
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


@contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """A listening socket. A leftover of a dead process is replaced; one that answers belongs to another Mooring, which
    on PostgreSQL no lock keeps out. Raises `Misconfigured` then."""
    with path_of(folder) as path, socket.socket(socket.AF_UNIX) as listener:
        if answers(path):
            raise Misconfigured(
                f"The data directory {folder} is in use by another Mooring, which answers on its socket. "
                "Stop that one, or give this one another MOORING_DATA_DIR.",
                code="directory_in_use",
            )
        with suppress(FileNotFoundError):
            Path(path).unlink()
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(64)
        try:
            yield listener
        finally:
            with suppress(FileNotFoundError):
                Path(path).unlink()


def answers(path: str) -> bool:
    """Whether a process accepts connections there."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def came_by_socket(scope: MutableMapping[str, Any]) -> bool:
    """A server's own end of a TCP connection always has a port, that of a unix socket never has one."""
    server = scope.get("server")
    return server is not None and server[1] is None
