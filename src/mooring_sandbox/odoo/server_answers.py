"""From a call to an answer, through pace and weather."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mooring_sandbox.odoo import serialized
from mooring_sandbox.odoo.faults import Fault
from mooring_sandbox.odoo.log import Entry
from mooring_sandbox.odoo.orm.storage import Database

if TYPE_CHECKING:
    from mooring_sandbox.odoo.sandbox import Call, Sandbox

_JSON = "application/json; charset=utf-8"
_THREADS = 64
_USUAL = {
    502: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    "Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
    503: "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body></body>\r\n</html>\r\n",
    504: "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body></body>\r\n</html>\r\n",
}


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, {"content-type": _JSON} | (headers or {}))


def refusal(error: Exception) -> Response:
    """An exception as JSON-2 answers it."""
    return json_answer(serialized.told(error), serialized.status_of(error), serialized.headers_of(error))


class _Gone(Exception):
    pass


class Cut(Response):
    """Promises the whole answer, sends some of it (never all), and lets the connection go."""

    def __init__(self, whole: Response, sent: int = 0) -> None:
        self._whole, self._left = whole, sent
        self.status_code, self.background = whole.status_code, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = min(self._left, int(self._whole.headers.get("content-length", 1)) - 1)

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send(
                    {"type": "http.response.body", "body": message.get("body", b"")[: max(left, 0)], "more_body": True}
                )
                raise _Gone
            await send(message)

        with contextlib.suppress(_Gone):
            await self._whole(scope, receive, limited)


class Exchange:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._threads: anyio.CapacityLimiter | None = None

    async def body(self, request: Request) -> bytes:
        return await request.body()

    async def answer(
        self, database: Database, call: Call, well: Callable[[Any], Response], badly: Callable[[Exception], Response]
    ) -> Response:
        """`well` makes an answer of a result, `badly` of an exception."""
        entry: Entry = request_entry(call, database)
        fault = self.sandbox.faults.take(call.kind, call.operation, database.name)
        entry.fault = fault.kind if fault else ""

        def work() -> Response:
            try:
                return well(self.sandbox.perform(database, call, fault))
            except Exception as error:
                entry.error = serialized.told(error)["name"]
                return badly(error)

        answer = await self._under(fault, database, call, work)
        answer.entry = entry  # type: ignore[attr-defined]
        return answer

    async def _under(
        self, fault: Fault | None, database: Database, call: Call, work: Callable[[], Response]
    ) -> Response:
        if fault is None or fault.kind == "serialization":
            return await self.in_thread(work)
        if fault.kind == "status":
            return _ordered(fault)
        if fault.kind in ("hang", "gone"):
            await anyio.sleep(fault.seconds if fault.kind == "hang" else 0)
            return Cut(json_answer({}))
        if fault.kind == "late_commit":
            self.sandbox.perform_later(database, call, fault)
            return Cut(json_answer({}))
        answer = await self.in_thread(work)
        if fault.kind == "late":
            await anyio.sleep(fault.seconds)
            return answer
        return Cut(answer, fault.sent_bytes if fault.kind == "cut" else 0)

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        self._threads = self._threads or anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


def request_entry(call: Call, database: Database) -> Entry:
    return Entry(at="", path="", kind=call.kind, database=database.name, operation=call.operation, records=call.records)


def _ordered(fault: Fault) -> Response:
    """A proxy's own pages on 502 to 504, Odoo's JSON otherwise."""
    body = fault.body if fault.body is not None else _USUAL.get(fault.status, {"error": "ordered"})
    if isinstance(body, str):
        return Response(body, fault.status, {"content-type": "text/html"} | fault.headers)
    return json_answer(body, fault.status, fault.headers)
