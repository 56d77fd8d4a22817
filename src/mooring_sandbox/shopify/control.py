"""The control API under /_sandbox: JSON in, JSON out, for the machine it runs on only. Described in docs/sandbox.md."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mooring_sandbox.shopify.answers import json_answer
from mooring_sandbox.shopify.server_graphql import read_body
from mooring_sandbox.shopify.shops import host

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

Handler = Callable[..., Any]
PREFIX = "/_sandbox"
_LOCAL = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", "testclient"})
_OWN_NAMES = frozenset({"127.0.0.1", "::1", "localhost", "testserver"})
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")


class Refused(Exception):
    """A sentence for whoever asked; `status` 404 where something named does not exist."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """`route(method, template)` adds a verb; `{name}` parts and the JSON body become its arguments."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._routes: list[tuple[str, str, re.Pattern[str], Handler]] = []

    def route(self, method: str, template: str, handler: Handler) -> None:
        pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template))
        self._routes.append((method, template, pattern, handler))

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [(method, template, handler) for method, template, _, handler in self._routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not (self.sandbox.control and is_local(request.scope)):
            return json_answer({"error": "the control API answers only on the machine it runs on"}, 403)
        found = self._find(request.method, request.url.path.removeprefix(PREFIX) or "/")
        if found is None:
            return json_answer({"error": f"no {request.method} {request.url.path} in the control API"}, 404)
        handler, arguments = found
        try:
            body = await _body(request)
            work = functools.partial(handler, **arguments, **body)
            return json_answer(await anyio.to_thread.run_sync(work))
        except Refused as refused:
            return json_answer({"error": str(refused)}, refused.status)
        except (msgspec.ValidationError, ValueError) as wrong:
            return json_answer({"error": str(wrong)}, 400)
        except (KeyError, LookupError) as missing:
            return json_answer({"error": str(missing).strip("'\"")}, 404)
        except TypeError as wrong:
            return json_answer({"error": f"{request.method} {request.url.path}: {wrong}"}, 400)

    def _find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        for wanted, _, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and method == wanted:
                return handler, match.groupdict()
        return None


def is_local(scope: Scope) -> bool:
    """From this machine, not through a proxy on it, and under a name that no web page can make its own."""
    client = scope.get("client")
    passed_on = any(name in _FORWARDED for name, _ in scope["headers"])
    name = urlsplit(f"//{host(scope)}").hostname or ""
    known = name in _OWN_NAMES or name.endswith((".localhost", ".myshopify.com"))
    return (client is None or client[0] in _LOCAL) and known and not passed_on


async def _body(request: Request) -> dict[str, Any]:
    """Arguments from the query and from a JSON body. Only JSON: a web page cannot send that here unasked."""
    raw = await read_body(request, 50_000_000) or b""
    query: dict[str, Any] = dict(request.query_params)
    if not raw.strip():
        return query
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused("send the body as application/json")
    body = msgspec.json.decode(raw)
    if not isinstance(body, dict):
        raise Refused("send a JSON object")
    return query | body
