"""Orders that bulk cannot tell whole: refunds with their lines, and all shipping lines, read by id in pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mooring.db import records
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.records_orders import OrderDetail, Refund
from mooring.domain.translate_orders import REFUND
from mooring.domain.translate_rows import Row, Stamp
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases.import_store_documents import complete
from mooring.usecases.import_store_place import Job, Place
from mooring.usecases.import_store_prove import finish
from mooring.usecases.operations import Again, Next, Wait

_LIMIT = 1000.0
"""What one query may cost."""
_LARGEST_PAGE = 100
_FOLLOWED = ("refundLineItems", "refundShippingLines", "orderAdjustments", "transactions")
_VARIABLES = dict(zip(_FOLLOWED, ("lines", "shipping", "adjustments", "transactions"), strict=True))


def read_details(job: Job, kind: Kind, place: Place) -> Next:
    """One page of orders. Each order is asked for once per import; one that Shopify does not show stays owed."""
    with job.app.db.read() as connection:
        ids = records.details_due(connection, job.store_id, after=place.detail_after, limit=place.detail_page)
    if not ids:
        finish(job, kind, place)
        return Again()
    reply = _page(job, place, ids)
    if reply is None:
        return Again()
    nodes = [node for node in msgspec.convert(reply.data["nodes"], list[dict[str, Any] | None]) if node]
    for node in nodes:
        _follow(job, node)
    _save(job, place, ids, nodes, reply)
    return _pause(reply)


def _page(job: Job, place: Place, ids: list[int]) -> Reply | None:
    """The page, and the size of the next one by what this one cost. None when it cost too much."""
    variables = {"ids": [f"gid://shopify/Order/{one}" for one in ids]}
    try:
        reply = job.call(complete(job.app, "order_details"), variables, "detail_requests")
    except Permanent as error:
        if error.code != "max_cost_exceeded" or len(ids) == 1:
            raise
        place.detail_page = max(1, len(ids) // 2)
        return None
    if reply.requested_cost:
        place.detail_page = min(_LARGEST_PAGE, max(1, int(_LIMIT / (reply.requested_cost / len(ids)))))
    return reply


def _pause(reply: Reply) -> Next:
    """Wait until Shopify's bucket holds another such page, rather than be told to slow down."""
    if reply.requested_cost is None or reply.available is None or not reply.restore_rate:
        return Again()
    lacking = min(reply.requested_cost, _LIMIT) - reply.available
    return Wait(lacking / reply.restore_rate) if lacking > 0 else Again()


# -- nested pages --------------------------------------------------------------------------------------------------


def _follow(job: Job, order: dict[str, Any]) -> None:
    """Fetch what did not fit on the nested pages, to their ends."""
    while (page := order["shippingLines"]["pageInfo"])["hasNextPage"]:
        variables = {"id": order["id"], "after": page["endCursor"]}
        reply = job.call(complete(job.app, "shipping_lines_rest"), variables, "detail_requests")
        _append(order, reply.data.get("node"), ("shippingLines",))
    for refund in order["refunds"]:
        while open_ends := [name for name in _FOLLOWED if refund[name]["pageInfo"]["hasNextPage"]]:
            reply = job.call(complete(job.app, "refund_rest"), _rest(refund, open_ends), "detail_requests")
            _append(refund, reply.data.get("node"), tuple(open_ends))


def _rest(refund: dict[str, Any], open_ends: list[str]) -> dict[str, Any]:
    variables: dict[str, Any] = {"id": refund["id"]}
    for name, variable in _VARIABLES.items():
        variables[f"with{variable.capitalize()}"] = name in open_ends
        variables[variable] = refund[name]["pageInfo"]["endCursor"] if name in open_ends else None
    return variables


def _append(record: dict[str, Any], node: dict[str, Any] | None, names: tuple[str, ...]) -> None:
    """Raises `Permanent` when the rest is suddenly not visible: half a record must not look whole."""
    if not node:
        raise Permanent(f"Shopify no longer shows the rest of {record['id']}.", code="rest_not_visible")
    for name in names:
        record[name]["nodes"] += node[name]["nodes"]
        record[name]["pageInfo"] = node[name]["pageInfo"]


# -- writing -------------------------------------------------------------------------------------------------------


def _save(job: Job, place: Place, ids: list[int], nodes: list[dict[str, Any]], reply: Reply) -> None:
    stamp = Stamp(job.store_id, reply.at.isoformat(timespec="seconds").replace("+00:00", "Z"))
    details = {number(node["id"]): _detail(node) for node in nodes}
    refunds = [row for node in nodes for row in _refunds(node, stamp)]
    with job.checkpoint() as connection:
        records.save_details(connection, job.store_id, details, reply.at)
        records.remove_refunds(connection, job.store_id, details, [row[1] for row in refunds])
        records.write_refunds(connection, job.store_id, refunds)
        place.detail_after, place.details = ids[-1], place.details + len(details)


def _detail(node: dict[str, Any]) -> str:
    return msgspec.json.encode(msgspec.convert(_flat(node), OrderDetail)).decode()


def _refunds(node: dict[str, Any], stamp: Stamp) -> Iterator[Row]:
    for refund in node["refunds"]:
        yield REFUND.row(msgspec.convert({**_flat(refund), "__parentId": node["id"]}, Refund), stamp)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Connections as plain lists."""
    return {k: v["nodes"] if isinstance(v, dict) and "nodes" in v else v for k, v in record.items()}
