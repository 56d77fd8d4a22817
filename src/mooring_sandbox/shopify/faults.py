"""Bad weather on order: the next N requests of a kind, or each with a probability, repeatable by seed."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from starlette.responses import Response

from mooring_sandbox.shopify.answers import Cut, json_answer

Kind = Literal[
    "status", "hang", "late", "cut", "lost_answer", "throttled", "wrong_shop",
    "truncate", "drop_line", "double_line", "drop_and_double", "false_counts", "fail",
    "lose", "double",
]  # fmt: skip
On = Literal["graphql", "token", "authorize", "download", "upload", "rest", "bulk", "webhook"]
_FILE_KINDS = frozenset({"truncate", "drop_line", "double_line", "drop_and_double", "false_counts", "fail"})
_DELIVERY_KINDS = frozenset({"lose", "double"})


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One rule.

    `on` and `operation` say where (a regular expression that must match the whole operation name or one of the root
    fields; a token request's operation is its grant type, a bulk operation's its root field, a delivery's its topic,
    spelled either way). `skip` requests pass
    first, then `times` are hit (null: no end), each with `probability` drawn from `seed`.
    What happens: `status` (with `body`, `headers`), `hang` and `late` (`seconds`), `cut` after `sent_bytes`,
    `lost_answer` (the work is done, the answer never arrives), `throttled`, `wrong_shop` (`other_shop` answers).
    On bulk files, `on` "bulk": `truncate` (at `fraction` of the bytes), `drop_line`, `double_line`, `drop_and_double`,
    `false_counts` (`delta` on objectCount, `root_delta` on rootObjectCount), `fail` (FAILED with `error_code` after
    `fraction` of the rows written so far are kept as partial data).
    On deliveries, `on` "webhook": `lose`, `double`, `late` (`seconds` of the sandbox's clock).
    """

    kind: Kind
    on: On = "graphql"
    operation: str = ""
    shop: str = ""
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    body: Any = None
    headers: dict[str, str] = {}
    seconds: float = 30.0
    sent_bytes: int = 0
    other_shop: str = ""
    fraction: float = 0.5
    delta: int = 1
    root_delta: int = 0
    error_code: str = "INTERNAL_SERVER_ERROR"
    id: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind in _FILE_KINDS:
            self.on = "bulk"
        if self.kind in _DELIVERY_KINDS:
            self.on = "webhook"
        if self.on == "webhook" and self.kind not in _DELIVERY_KINDS | {"late"}:
            raise ValueError("a webhook can be struck by `lose`, `double` and `late`")
        try:
            re.compile(self.operation)
        except re.error as error:
            raise ValueError(f"`operation` is no regular expression: {error}") from None


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._draws: dict[int, random.Random] = {}
        self._lock = threading.Lock()
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._last_id += 1
            fault.id, fault.hits = self._last_id, 0
            self._draws[fault.id] = random.Random(fault.seed)  # noqa: S311
            self._faults.append(fault)
        return fault

    def clear(self, id_: int | None = None) -> None:
        with self._lock:
            self._faults = [fault for fault in self._faults if id_ not in (None, fault.id)]

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, on: str, names: list[str], shop: str) -> Fault | None:
        """The first rule that strikes here; each rule that fits counts down even if another one strikes."""
        with self._lock:
            struck = [fault for fault in self._faults if _fits(fault, on, names, shop) and self._strikes(fault)]
        return struck[0] if struck else None

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip:
            fault.skip -= 1
            return False
        if fault.times == 0 or self._draws[fault.id].random() >= fault.probability:
            return False
        if fault.times is not None:
            fault.times -= 1
        fault.hits += 1
        return True


def _fits(fault: Fault, on: str, names: list[str], shop: str) -> bool:
    if fault.on != on or (fault.shop and fault.shop.partition(".")[0] != shop.partition(".")[0]):
        return False
    return not fault.operation or any(re.fullmatch(fault.operation, name) for name in names)


async def answer_under(fault: Fault | None, work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer of `work`, or what becomes of it under this fault."""
    match fault.kind if fault else "":
        case "status":
            return refusal(fault)  # pyright: ignore[reportArgumentType]
        case "hang":
            await asyncio.sleep(fault.seconds)  # pyright: ignore[reportOptionalMemberAccess]
            return Cut(json_answer({}), 0)
        case "late":
            answer = await work()
            await asyncio.sleep(fault.seconds)  # pyright: ignore[reportOptionalMemberAccess]
            return answer
        case "cut":
            return Cut(await work(), fault.sent_bytes)  # pyright: ignore[reportOptionalMemberAccess]
        case "lost_answer":
            return Cut(await work(), 0)
        case _:
            return await work()


def refusal(fault: Fault) -> Response:
    """Shopify's own forms: text pages from the edge on 5xx, JSON otherwise; 429 with Retry-After as a float string."""
    headers = dict(fault.headers)
    if fault.status in (429, 430):
        headers.setdefault("Retry-After", "2.0")
    body = fault.body
    if body is None:
        body = _USUAL.get(fault.status, {"errors": "Internal Server Error"})
    if isinstance(body, str):
        return Response(body, fault.status, headers, media_type="text/html; charset=utf-8")
    return json_answer(body, fault.status, headers)


_USUAL: dict[int, Any] = {
    429: {
        "errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
    },
    430: {"errors": "Shopify Security Rejection"},
    502: "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>",
    503: "<html><head><title>503 Service Unavailable</title></head><body>Service Unavailable</body></html>",
    504: "<html><head><title>504 Gateway Timeout</title></head><body>Gateway Timeout</body></html>",
    520: "<html><head><title>520: Web server is returning an unknown error</title></head><body></body></html>",
}
