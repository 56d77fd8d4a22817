"""A Sandbox Odoo beside the stand-in Shopify: same directory, same clock, a port of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mooring_sandbox import serving
from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import seed, server
from mooring_sandbox.odoo.databases import Databases
from mooring_sandbox.odoo.orm.environment import Env

DATABASE = "shop"
USUAL_PORT = 8069
_KEPT = "sandbox key"


class Certificate(NamedTuple):
    certificate: str | None
    key: str | None


def listening(host: str, port: int | None, *, beside: int) -> socket.socket:
    """On the port asked for; unasked on Odoo's usual one, or on a free one where that is taken or no port is fixed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port is not None:
        return socket.create_server((host, port), family=family)
    with contextlib.suppress(OSError):
        return socket.create_server((host, USUAL_PORT if beside else 0), family=family)
    return socket.create_server((host, 0), family=family)


@contextlib.contextmanager
def running(
    data: Path, clock: Clock, listener: socket.socket, certificate: Certificate, *, pace: float | None, control: bool
) -> Iterator[server.App]:
    """Serves for the length of the block."""
    app = server.create(clock, data=data / "odoo", database=DATABASE, control=control)
    if pace is not None:
        app.sandbox.settings.change({"pace": pace})
    running_server = serving.configured(app, certificate=certificate.certificate, key=certificate.key)
    thread = threading.Thread(target=running_server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        running_server.should_exit = True
        thread.join(timeout=10)
        app.close()


def facts(app: server.App, url: str) -> dict[str, Any]:
    """What somebody needs to connect."""
    databases = app.sandbox.databases
    return {
        "url": url, "database": DATABASE, "login": seed.ADMIN, "key": known_key(databases, DATABASE), "version": "19.0",
        "control": f"{url}/_sandbox" if app.sandbox.control else None,
    }  # fmt: skip


def known_key(databases: Databases, name: str) -> str:
    """The administrator's key that the sandbox made; the same after a restart, made anew where it no longer opens."""

    def find(env: Env) -> str:
        kept = env.setting(_KEPT)
        keys = env["res.users.apikeys"]
        if kept and keys._user_of(kept):
            return kept
        uid = env["res.users"]._by_login(seed.ADMIN)
        assert uid is not None
        made = keys._generate(uid, "sandbox")
        env.set(_KEPT, made)
        return made

    return databases.act(databases.get(name), find)
