"""The HTTP server: an ASGI application in front of one `Sandbox`, and a real server around it for tests."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from email.utils import format_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mooring_sandbox import serving
from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.answers import not_found
from mooring_sandbox.shopify.bulk_files import OUTPUTS
from mooring_sandbox.shopify.control import PREFIX, Control
from mooring_sandbox.shopify.control_store import StoreControl
from mooring_sandbox.shopify.control_weather import WeatherControl
from mooring_sandbox.shopify.control_webhooks import WebhookControl
from mooring_sandbox.shopify.files import Storage
from mooring_sandbox.shopify.oauth import Authorize
from mooring_sandbox.shopify.oauth_token import TokenEndpoint
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.server_graphql import GraphQLRoute
from mooring_sandbox.shopify.server_log import Entry
from mooring_sandbox.shopify.server_rest import Rest
from mooring_sandbox.shopify.state import State
from mooring_sandbox.shopify.uploads import STAGED

Endpoint = Callable[[Request], Awaitable[Response]]
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class App:
    """The ASGI application. Mountable anywhere; `close()` it when done (a server's shutdown does)."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._shop, self._storage, self.control = _shop_routes(sandbox), _storage_routes(sandbox), _control(sandbox)

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
        outside = shops.inner_path(scope)
        if outside == PREFIX or outside.startswith(f"{PREFIX}/"):
            return await self.control(dict(scope) | {"path": outside, "root_path": ""}, receive, send)
        visit = shops.visit(self.sandbox.state, scope, self.sandbox.public_url)
        entry = Entry(iso(self.sandbox.clock.now()), scope["method"], scope["path"], visit.domain)
        entry.request_id = str(uuid.uuid4())
        stored = outside.startswith("/_storage/")
        path = outside if stored else visit.path
        inner = dict(scope) | {"path": path, "root_path": "", "sandbox.visit": visit, "sandbox.entry": entry}
        answer = _Dressed(self.sandbox, entry, visit, send)
        try:
            await (self._storage if stored else self._shop)(inner, receive, answer)
        finally:
            answer.log()


class _Dressed:
    """Adds to every answer what Shopify adds, above all `Date`: clients take it for Shopify's clock."""

    def __init__(self, sandbox: Sandbox, entry: Entry, visit: shops.Visit, send: Send) -> None:
        self._sandbox, self._entry, self._visit, self._send = sandbox, entry, visit, send
        self._started, self._logged = time.perf_counter(), False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._entry.status = message["status"]
            message["headers"] = [*message.get("headers", []), *self._headers()]
        elif message["type"] == "http.response.body":
            self._entry.sent_bytes += len(message.get("body", b""))
            if not message.get("more_body"):
                self.log()
        await self._send(message)

    def log(self) -> None:
        """Once, and before the last byte leaves: whoever has the whole answer finds it counted."""
        if not self._logged:
            self._logged = True
            self._entry.milliseconds = round((time.perf_counter() - self._started) * 1000, 2)
            self._sandbox.log.add(self._entry)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        said = {"date": format_datetime(self._sandbox.clock.now(), usegmt=True), "x-request-id": self._entry.request_id}
        if self._visit.shop_id is not None:
            said |= {"x-shopid": str(self._visit.shop_id), "x-shopify-shop-domain": self._visit.domain}
        return [(name.encode(), value.encode()) for name, value in said.items()]


def _shop_routes(sandbox: Sandbox) -> ASGIApp:
    """Wrong methods are answered by the endpoints themselves: where Rails has no route, it is a 404, not a 405."""
    rest, graphql = Rest(sandbox), GraphQLRoute(sandbox)
    table: dict[str, Endpoint] = {
        "/admin/oauth/authorize": Authorize(sandbox).__call__,
        "/admin/oauth/access_token": TokenEndpoint(sandbox).__call__,
        "/admin/oauth/access_scopes.json": rest.scopes,
        "/admin/api_permissions/current.json": rest.permissions,
        "/admin/shop.json": rest.shop,
        "/admin/api/{version}/shop.json": rest.shop,
        "/admin/api/graphql.json": graphql.__call__,
        "/admin/api/{version}/graphql.json": graphql.__call__,
    }
    return _router(table)


def _storage_routes(sandbox: Sandbox) -> ASGIApp:
    storage = Storage(sandbox, sandbox.bulk)
    table: dict[str, Endpoint] = {
        f"{OUTPUTS}/{{name}}": storage.download,
        STAGED: storage.upload,
        f"{STAGED}{{key:path}}": storage.upload,
    }
    return _router(table)


def _control(sandbox: Sandbox) -> Control:
    control = Control(sandbox)
    StoreControl(sandbox).add_to(control)
    WeatherControl(sandbox).add_to(control)
    WebhookControl(sandbox).add_to(control)
    return control


def _router(table: dict[str, Endpoint]) -> ASGIApp:
    routes = [Route(path, endpoint, methods=_METHODS) for path, endpoint in table.items()]
    return Router(routes, redirect_slashes=False, default=_nothing_here)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await not_found()(scope, receive, send)


def create(
    state: State, clock: Clock, *, data: Path | None = None, public_url: str | None = None, control: bool = True
) -> App:
    return App(Sandbox(state, clock, data=data, public_url=public_url, control=control))


@contextlib.contextmanager
def run_in_thread(app: App) -> Iterator[str]:
    """A real server on a free loopback port for the length of the block; gives its address without a slash."""
    try:
        with serving.in_thread(app) as url:
            yield url
    finally:
        app.close()
