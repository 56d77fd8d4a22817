"""Wizards that a worker may have left behind, made harmless before a step of theirs is decided anew.

A step of which nobody heard is waited out. A worker that stood still for longer than that, between its last look and
its call, would still press the button of the wizard it had made: a payment or a credit note would be there twice. So
whatever wizard stands in Odoo for that very step has nothing to do any more before anything is read. Nobody but an
administrator may delete a wizard, but whoever made it may change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mooring.db.order_steps import Sent
from mooring.domain.order_standing import Act
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_place import Job

_INVOICE, _PAY, _REVERSAL = "sale.advance.payment.inv", "account.payment.register", "account.move.reversal"
_EMPTY: list[list[Any]] = [[6, 0, []]]
_IDLE: Mapping[str, Mapping[str, Any]] = {
    _INVOICE: {"sale_order_ids": _EMPTY},
    _REVERSAL: {"move_ids": _EMPTY},
    _PAY: {"amount": 0.0, "communication": "Called off"},
}
"""What such a wizard is told. One that pays may not be without entries, so it is left with nothing to pay."""


def disarm(job: Job, sent: Iterable[Sent], odoo_ids: Mapping[int, int]) -> None:
    """`odoo_ids`: of the sale orders, by Shopify's id."""
    for one in sent:
        for model, domain in _wizards(one, odoo_ids.get(one.shopify_id, 0)):
            found = odoo_gate.search_read(job.app, job.ticket, model, domain, ["id"])
            if found:
                odoo_gate.write(job.app, job.ticket, model, [row["id"] for row in found], dict(_IDLE[model]))


def _wizards(sent: Sent, odoo_id: int) -> list[tuple[str, list[Any]]]:
    """The model, and how those of this step are found; none for a step that is done without one."""
    act = Act(sent.step)
    if act is Act.INVOICE:
        return [(_INVOICE, [["sale_order_ids", "in", [odoo_id]]])]
    if act in (Act.PAY, Act.PAY_CREDIT):
        return [(_PAY, [["communication", "=", str(sent.subject)]])]
    if act in (Act.CREDIT, Act.REOPEN):
        return [(_REVERSAL, [["reason", "=like", _reason(sent)]])]
    return []


def _reason(sent: Sent) -> str:
    """How the reason of a credit note begins: with the refund it is for, or with the order it takes back."""
    if sent.subject:
        return f"gid://shopify/Refund/{sent.subject} %"
    return f"gid://shopify/Order/{sent.shopify_id}/%"
