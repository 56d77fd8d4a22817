"""The control API under /_sandbox, for the machine it runs on only. Described in docs/sandbox-odoo.md."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mooring_sandbox.clock import iso
from mooring_sandbox.odoo.control_store import StoreControl
from mooring_sandbox.odoo.errors import OdooError
from mooring_sandbox.odoo.faults import Fault
from mooring_sandbox.odoo.server_answers import json_answer

if TYPE_CHECKING:
    from mooring_sandbox.odoo.sandbox import Sandbox

Json = dict[str, Any]
Handler = Callable[..., Any]
PREFIX = "/_sandbox"
_LOCAL = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", "testclient"})
_OWN_NAMES = frozenset({"127.0.0.1", "::1", "localhost", "testserver"})
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")


class Control:
    """Each verb's `{name}` parts, query and JSON body become the arguments of a method."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        store = StoreControl(sandbox)
        self._routes: list[tuple[str, str, Handler]] = [
            ("GET", "/", self.facts),
            ("GET", "/clock", self.clock), ("POST", "/clock", self.move),
            ("GET", "/settings", self.settings), ("PATCH", "/settings", self.change),
            ("DELETE", "/settings", self.usual),
            ("GET", "/faults", self.faults), ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("DELETE", "/faults/{fault}", self.clear_faults),
            ("GET", "/requests", self.requests), ("DELETE", "/requests", self.forget), ("GET", "/counts", self.counts),
            ("GET", "/late", self.late), ("POST", "/late/settle", self.settle), ("DELETE", "/late", self.drop_late),
            *store.routes(),
        ]  # fmt: skip

    def routes(self) -> list[tuple[str, str, Handler]]:
        return list(self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not (self._sandbox.control and is_local(request.scope)):
            return json_answer({"error": "the control API is for this machine only"}, 403)
        found = self._find(request.method, request.url.path.removeprefix(PREFIX) or "/")
        if found is None:
            return json_answer({"error": f"no {request.method} {request.url.path} in the control API"}, 404)
        handler, arguments = found
        try:
            work = functools.partial(handler, **arguments, **await _sent(request))
            return json_answer(await anyio.to_thread.run_sync(work))
        except LookupError as missing:
            return json_answer({"error": str(missing.args[0] if missing.args else missing)}, 404)
        except (msgspec.ValidationError, ValueError, OdooError) as wrong:
            return json_answer({"error": str(wrong.args[0] if wrong.args else wrong)}, 400)
        except TypeError as wrong:
            return json_answer({"error": f"{request.method} {request.url.path}: {wrong}"}, 400)

    def _find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        for wanted, template, handler in self._routes:
            match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template), path)
            if match and method == wanted:
                return handler, match.groupdict()
        return None

    # -- time, settings, weather, the log -----------------------------------------------------------------------------

    def facts(self) -> Json:
        return self.clock() | {"databases": self._sandbox.databases.names(), "late": self._sandbox.late.waiting()}

    def clock(self) -> Json:
        return {"now": iso(self._sandbox.clock.now())}

    def move(self, advance: float | None = None, set: str | None = None) -> Json:
        """`advance` in seconds, or `set` to a moment like 2026-11-21T12:00:00Z. What becomes due is done."""
        if (advance is None) == (set is None):
            raise ValueError("give either `advance` (seconds) or `set` (a moment)")
        if advance is not None:
            self._sandbox.clock.advance(timedelta(seconds=float(advance)))
        elif set is not None:
            moment = datetime.fromisoformat(set)
            if moment.tzinfo is None:
                raise ValueError("`set` needs a time zone, as in 2026-11-21T12:00:00Z")
            self._sandbox.clock.set(moment)
        self._sandbox.settle()
        return self.clock()

    def settings(self) -> Json:
        return msgspec.to_builtins(self._sandbox.settings.now)

    def change(self, **changes: Any) -> Json:
        self._sandbox.settings.change(changes)
        return self.settings()

    def usual(self) -> Json:
        self._sandbox.settings.reset()
        return self.settings()

    def faults(self) -> list[Json]:
        return [msgspec.to_builtins(fault) for fault in self._sandbox.faults.all()]

    def add_fault(self, **wanted: Any) -> Json:
        return msgspec.to_builtins(self._sandbox.faults.add(msgspec.convert(wanted, Fault)))

    def clear_faults(self, fault: str | None = None) -> list[Json]:
        self._sandbox.faults.clear(int(fault) if fault else None)
        return self.faults()

    def requests(self, database: str | None = None, operation: str | None = None, last: str = "1000") -> list[Json]:
        return [msgspec.to_builtins(entry) for entry in self._sandbox.log.entries(database, operation, int(last))]

    def forget(self) -> Json:
        self._sandbox.log.clear()
        return self.counts()

    def counts(self, database: str | None = None) -> Json:
        return self._sandbox.log.counts(database)

    def late(self) -> Json:
        return {"waiting": self._sandbox.late.waiting(), "done": self._sandbox.late.done}

    def settle(self) -> Json:
        """Does at once what waits for its time."""
        self._sandbox.late.settle(all_of_them=True)
        return self.late()

    def drop_late(self) -> Json:
        """What waits never happens: the server was stopped meanwhile."""
        self._sandbox.late.forget()
        return self.late()


def is_local(scope: Scope) -> bool:
    """From this machine, not through a proxy on it, and under a name that no web page can make its own."""
    client = scope.get("client")
    headers = dict(scope["headers"])
    passed_on = any(name in headers for name in _FORWARDED)
    name = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname or ""
    return (
        (client is None or client[0] in _LOCAL)
        and (name in _OWN_NAMES or name.endswith(".localhost"))
        and not passed_on
    )


async def _sent(request: Request) -> Json:
    """Arguments from the query and from a JSON body. Only JSON: a web page cannot send that here unasked."""
    raw = await request.body()
    query: Json = dict(request.query_params)
    if not raw.strip():
        return query
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ValueError("send the body as application/json")
    body = msgspec.json.decode(raw)
    if not isinstance(body, dict):
        raise ValueError("send a JSON object")
    return query | body
