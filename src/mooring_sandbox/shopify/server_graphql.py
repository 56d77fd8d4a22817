"""POST /admin/api/{version}/graphql.json: from bytes to an executed document and back."""

from __future__ import annotations

import functools
import zlib
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import msgspec
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse
from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.answers import error, json_answer, not_found
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.faults import Fault, answer_under
from mooring_sandbox.shopify.server_log import Entry
from mooring_sandbox.shopify.shops import Visit

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

# No address in it is known when a document is written, and each reader may use another one; so documents carry
# this word instead of scheme and host, and an answer gets the address of whoever asked.
ORIGIN = "sandbox-origin.invalid"
_ORIGIN_BYTES = f"https://{ORIGIN}".encode()
UNVERSIONED = "2019-04"  # older than anything supported: falls forward to the oldest supported version


class GraphQLRoute:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(self, request: Request) -> Response:
        visit: Visit = request.scope["sandbox.visit"]
        entry: Entry = request.scope["sandbox.entry"]
        entry.kind = "graphql"
        if request.method != "POST":
            return not_found()
        body = await read_body(request, self._sandbox.settings.now.max_body_bytes)
        if body is None:
            return error(413, "Request Entity Too Large")
        payload = read_payload(request.headers.get("content-type", ""), body)
        if payload is not None:
            entry.operation, entry.roots = named(payload.get("query") or "", payload.get("operationName"))
        caller = self._sandbox.authorise(visit, request.headers.get("x-shopify-access-token", ""))
        if isinstance(caller, Response):
            return caller
        if payload is None:
            return error(400, {"query": "Required parameter missing or invalid"})
        fault = self._sandbox.faults.take("graphql", [entry.operation, *entry.roots], visit.domain)
        entry.fault = fault.kind if fault else ""
        version = request.path_params.get("version", UNVERSIONED)
        return await answer_under(fault, lambda: self._execute(caller, version, payload, visit, entry, fault))

    async def _execute(
        self, caller: Caller, version: str, payload: dict[str, Any], visit: Visit, entry: Entry, fault: Fault | None
    ) -> Response:
        if fault and fault.kind == "throttled":
            return json_answer(self._throttled())
        asked = self._sandbox.elsewhere(caller, fault.other_shop) if fault and fault.kind == "wrong_shop" else caller
        self._threads = self._threads or anyio.CapacityLimiter(8)
        answer = await anyio.to_thread.run_sync(
            functools.partial(self._sandbox.execute, asked, version, payload, visit.origin), limiter=self._threads
        )
        entry.requested_cost, entry.actual_cost = answer.requested_cost, answer.actual_cost
        body = msgspec.json.encode(answer.body).replace(_ORIGIN_BYTES, visit.origin.encode())
        return json_answer(body, answer.status, {"X-Shopify-API-Version": answer.version})

    def _throttled(self) -> dict[str, Any]:
        now = self._sandbox.settings.now
        status = {
            "maximumAvailable": now.throttle_maximum,
            "currentlyAvailable": 0,
            "restoreRate": now.throttle_restore,
        }
        extensions = {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}
        cost = {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}
        return {"errors": [{"message": "Throttled", "extensions": extensions}], "extensions": {"cost": cost}}


async def read_body(request: Request, limit: int) -> bytes | None:
    """Unpacked if it was packed; None if it is too long, packed or not."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            return None
        parts.append(part)
    body = b"".join(parts)
    return _unpack(body, limit) if request.headers.get("content-encoding", "").lower() == "gzip" else body


def _unpack(body: bytes, limit: int) -> bytes | None:
    reader = zlib.decompressobj(wbits=31)
    try:
        text = reader.decompress(body, limit + 1)
    except zlib.error:
        return b""
    return None if len(text) > limit else text


def read_payload(content_type: str, body: bytes) -> dict[str, Any] | None:
    if content_type.partition(";")[0].strip().lower() == "application/graphql":
        return {"query": body.decode("utf-8", "replace")}
    try:
        payload = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    fits = isinstance(payload, dict) and isinstance(payload.get("query"), str)
    return payload if fits and isinstance(payload.get("variables"), dict | str | None) else None


def named(query: str, chosen: str | None) -> tuple[str, list[str]]:
    """The operation's name (its root fields if it has none) and its root fields; for the log and for faults."""
    operations = _operations(query)
    found = next((one for one in operations if one[0] == chosen), operations[0] if operations else ("", ()))
    return found[0] or ",".join(found[1]), list(found[1])


@functools.lru_cache(maxsize=512)
def _operations(query: str) -> list[tuple[str, tuple[str, ...]]]:
    try:
        document = parse(query, no_location=True)
    except (GraphQLError, RecursionError):
        return []
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return [
        (one.name.value if one.name else "", tuple(_roots(one)))
        for one in operations
    ]  # fmt: skip


def _roots(operation: OperationDefinitionNode) -> list[str]:
    return [field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode)]


def gate(sandbox: Sandbox, visit: Visit) -> Response | None:
    """What a shop that is gone, frozen or locked answers to everything on its API."""
    if visit.shop_id is None:
        return not_found()
    shut = shops.closed(sandbox.state.shop(visit.shop_id))
    return error(*shut) if shut else None
