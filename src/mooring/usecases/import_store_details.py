"""Orders that bulk cannot tell whole: refunds with their lines, and all shipping lines, read by id in pages."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from mooring.db import records
from mooring.domain import translate_nodes
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.translate_rows import Stamp
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases.fetch_pages import follow_order
from mooring.usecases.import_store_documents import complete
from mooring.usecases.import_store_place import Job, Place
from mooring.usecases.import_store_prove import finish
from mooring.usecases.operations_run import Again, Next, Wait

_LIMIT = 1000.0
"""What one query may cost."""
_LARGEST_PAGE = 100


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
        follow_order(job.app, partial(job.call, count_as="detail_requests"), node)
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


# -- writing -------------------------------------------------------------------------------------------------------


def _save(job: Job, place: Place, ids: list[int], nodes: list[dict[str, Any]], reply: Reply) -> None:
    stamp = Stamp(job.store_id, reply.at.isoformat(timespec="seconds").replace("+00:00", "Z"))
    details = {number(node["id"]): translate_nodes.detail(node) for node in nodes}
    refunds = [row for node in nodes for row in translate_nodes.refunds(node, stamp)]
    with job.checkpoint() as connection:
        records.save_details(connection, job.store_id, details, reply.at)
        records.remove_refunds(connection, job.store_id, details, [row[1] for row in refunds])
        records.write_refunds(connection, job.store_id, refunds)
        place.detail_after, place.details = ids[-1], place.details + len(details)
