"""A throw-away PostgreSQL: one cluster per test process, one database per test.

The server programs are Debian's.  They refuse to run as root, so as root the cluster belongs to another user.  It
listens on loopback only, with a password of its own, keeps nothing (no fsync), and dies with the process that started
it, however that one ends.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

SERVER_USERS = ("postgres", "nobody")
START_ATTEMPTS = 5
START_SECONDS = 60
STOP_SECONDS = 20
DURABILITY_OFF = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
LIMITS = {
    "max_connections": "200", "shared_buffers": "64MB", "wal_level": "minimal", "max_wal_senders": "0",
    "max_wal_size": "128MB", "min_wal_size": "32MB", "autovacuum": "off", "jit": "off",
}  # fmt: skip
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
"""Bytes that have to be free in memory for the files of a cluster to go there: a new database is several hundred small
files, which cost a disk six times as long."""


def programs() -> Path | None:
    """The folder of the newest installed server programs, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class Cluster:
    """A running server; makes and drops databases."""

    port: int
    password: str = field(repr=False)
    names: Iterator[int] = field(default_factory=count, repr=False)

    def url(self, database: str) -> str:
        return f"postgresql://mooring:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """A new database, empty or a copy of `template`, which nobody may be connected to; returns its name."""
        name = f"test_{next(self.names)}"
        with self._connected() as connection:
            _create(connection, name, template)
        return name

    def drop(self, database: str) -> None:
        """Drop it, even with connections left open."""
        self._execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self._execute("SELECT 1")
            return True
        return False

    def _execute(self, statement: str) -> None:
        with self._connected() as connection:
            connection.execute(statement.encode())

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5)


def copy(url: str, name: str) -> None:
    """Make a database of this name beside the one at `url`, like it. Nobody may be connected to that one."""
    with _beside(url) as connection:
        _create(connection, name, _name(url))


def replace(url: str, template: str) -> None:
    """Make the database at `url` anew, like the one called `template`. Nobody may be connected to either."""
    with _beside(url) as connection:
        connection.execute(f"DROP DATABASE {_name(url)}".encode())
        _create(connection, _name(url), template)


def _beside(url: str) -> psycopg.Connection:
    return psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True)


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    """Whole files are copied in half the time of their pages, by servers that can."""
    files = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
    connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {files}".encode())


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


@contextlib.contextmanager
def cluster(folder: Path, base: Path | None = None) -> Iterator[Cluster]:
    """Run a new cluster with the programs in `folder`; its files live and die in `base`, in memory by default where
    there is room.

    Its owner must be able to reach `base`, and its sockets need a short path: so not pytest's temporary folder.
    """
    home = Path(tempfile.mkdtemp(prefix="mooring-pg-", dir=base or _base()))
    password = secrets.token_hex(16)
    try:
        _initialise(folder, home, password)
        server, running = _start(folder, home, password)
        try:
            yield running
        finally:
            _stop(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _base() -> Path:
    with contextlib.suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
            return MEMORY
    return Path("/tmp")


def _initialise(folder: Path, home: Path, password: str) -> None:
    secret = home / "password"
    secret.write_text(password)
    for path in (home, secret):
        os.chown(path, *_owner())
    options = [
        "--username=mooring",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    command = [*_as_owner(), str(folder / "initdb"), "--no-sync", *options, f"--pgdata={home / 'data'}"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _start(folder: Path, home: Path, password: str) -> tuple[subprocess.Popen[bytes], Cluster]:
    """Another process may take the port first: then another port is tried."""
    for _ in range(START_ATTEMPTS):
        running = Cluster(free_port(), password)
        server = _launch(folder, home, running.port)
        if _comes_up(server, running):
            return server, running
        _stop(server)
    raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text(errors='replace')[-4000:]}")


def _launch(folder: Path, home: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(home), **DURABILITY_OFF, **LIMITS}
    command = [*_as_owner(), str(folder / "postgres"), "-D", str(home / "data"), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (home / "log").open("ab") as log:
        # A session of its own, so that Ctrl-C reaches pytest, which then stops the server, and not the server first.
        return subprocess.Popen(
            command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _comes_up(server: subprocess.Popen[bytes], running: Cluster) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if running.answers():
            return True
        time.sleep(0.05)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """At once and without ceremony: nothing in it is kept."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _as_owner() -> list[str]:
    """The prefix that runs a server program as its owner and ends it when its parent ends."""
    prefix = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        user, group = _owner()
        prefix += [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    return [*prefix, "--"]


def _owner() -> tuple[int, int]:
    """Numeric user and group of the cluster: ours, unless we are root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    for name in SERVER_USERS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise RuntimeError(f"PostgreSQL cannot run as root, and there is none of the users {', '.join(SERVER_USERS)}")
