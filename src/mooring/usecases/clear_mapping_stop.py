"""Before our metafields go: a bulk mutation that a sync left running at Shopify is stopped, for it would go on writing.

What it writes once the definitions are gone stands there without one, and no definition takes it along any more. The
little that slips through is deleted by its ids (`strays`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mooring.domain.metafields import INVOICE_ID, NAMESPACE, ODOO_DATABASE, ODOO_ID
from mooring.errors import Permanent, Unreachable
from mooring.ports import Reply
from mooring.usecases.clear_mapping_place import Job

Call = Callable[[Job, str, dict[str, Any], str], Reply]
_KEYS = (ODOO_ID, ODOO_DATABASE, INVOICE_ID)
AT_ONCE = 250 // len(_KEYS)
"""Records whose values go in one call: Shopify takes 250 names."""


class _Node(msgspec.Struct):
    id: str
    status: str


class _Nodes(msgspec.Struct):
    nodes: list[_Node]


def stop(job: Job, reply: Reply, call: Call) -> bool:
    """Whether to wait: something was, and may still be, writing."""
    at = job.place.shopify
    for one in _running(reply):
        if one.status != "CANCELING" and one.id not in at.stopped:
            call(job, "bulk_cancel", {"id": one.id}, "requests")
            at.stopped.append(one.id)
    return bool(_running(reply))


def _running(reply: Reply) -> list[_Node]:
    found = msgspec.convert(reply.data["writing"], _Nodes).nodes
    return [one for one in found if one.status in ("CREATED", "RUNNING", "CANCELING")]


def strays(job: Job, ids: Sequence[str], call: Call) -> None:
    """Delete the values of these records. Raises `Permanent` where Shopify does not want to."""
    named = [{"ownerId": id_, "namespace": NAMESPACE, "key": key} for id_ in ids for key in _KEYS]
    answer: dict[str, Any] | None = call(job, "metafields_delete", {"metafields": named}, "requests").data.get(
        "metafieldsDelete"
    )
    if answer is None:
        raise Unreachable("Shopify did not say whether it deleted our metafields.", code="no_answer")
    if refused := answer.get("userErrors"):
        raise Permanent(f"Shopify refused to delete a metafield: {refused[0]['message']}", code="refused_by_shopify")
