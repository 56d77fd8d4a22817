"""The HTTP server: an ASGI application in front of one Sandbox Odoo, and a real server around it for tests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from email.utils import format_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mooring_sandbox import serving
from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.odoo import pages
from mooring_sandbox.odoo.control import PREFIX, Control
from mooring_sandbox.odoo.log import Entry
from mooring_sandbox.odoo.sandbox import Sandbox
from mooring_sandbox.odoo.server_answers import Exchange, json_answer
from mooring_sandbox.odoo.server_json2 import Json2
from mooring_sandbox.odoo.server_jsonrpc import JSONRPC
from mooring_sandbox.odoo.server_session import WebClient
from mooring_sandbox.odoo.settings import Settings
from mooring_sandbox.odoo.version import VERSION

Endpoint = Callable[[Request], Awaitable[Response]]


class App:
    """The ASGI application. `close()` it when done."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.control = sandbox, Control(sandbox)
        exchange = Exchange(sandbox)
        web = WebClient(exchange)
        self._json2 = Json2(exchange)
        self._routes: dict[str, Endpoint] = {
            "/jsonrpc": JSONRPC(exchange).__call__,
            "/web/version": _version,
            "/json/version": _version,
            "/web/health": _health,
            "/web/webclient/version_info": web.version_info,
            "/web/database/list": web.database_list,
            "/web/session/authenticate": web.authenticate,
            "/web/dataset/call_kw": web.call_kw,
        }

    def close(self) -> None:
        self.sandbox.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            await self.control(scope, receive, send)
            return
        started = time.perf_counter()
        self.sandbox.settle()
        answer = await self._endpoint(path)(Request(scope, receive))
        entry: Entry = getattr(answer, "entry", None) or Entry(at="", path=path)
        entry.at, entry.path, entry.status = iso(self.sandbox.clock.now()), path, answer.status_code
        await answer(scope, receive, _Logged(self.sandbox, entry, started, send))

    def _endpoint(self, path: str) -> Endpoint:
        if path == "/json/2" or path.startswith("/json/2/"):
            return self._json2.__call__
        if path.startswith("/web/dataset/call_kw/"):
            path = "/web/dataset/call_kw"
        return self._routes.get(path.rstrip("/") or "/", _no_page)


class _Logged:
    """Counts the answer, before its last byte leaves, and dates it by the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, entry: Entry, started: float, send: Send) -> None:
        self._sandbox, self._entry, self._started, self._send = sandbox, entry, started, send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            date = format_datetime(self._sandbox.clock.now(), usegmt=True).encode()
            message["headers"] = [*message.get("headers", []), (b"date", date)]
        elif message["type"] == "http.response.body":
            self._entry.sent_bytes = len(message.get("body", b""))
            self._entry.milliseconds = round((time.perf_counter() - self._started) * 1000, 2)
            self._sandbox.log.add(self._entry)
        await self._send(message)


async def _version(request: Request) -> Response:
    return json_answer(VERSION)


async def _health(request: Request) -> Response:
    return Response('{"status": "pass"}', headers={"content-type": "application/json"})


async def _no_page(request: Request) -> Response:
    return pages.no_page()


def create(
    clock: Clock, *, data: Path | None = None, settings: Settings | None = None, database: str | None = "shop",
    control: bool = True,
) -> App:  # fmt: skip
    """With one database, made if there is none of that name yet; `database` None makes none."""
    sandbox = Sandbox(clock, data=data, settings=settings, control=control)
    if database is not None and database not in sandbox.databases.names():
        sandbox.databases.create(database)
    return App(sandbox)


@contextlib.contextmanager
def run_in_thread(app: App) -> Iterator[str]:
    """A real server on a free loopback port for the length of the block; gives its address without a slash."""
    try:
        with serving.in_thread(app) as url:
            yield url
    finally:
        app.close()
