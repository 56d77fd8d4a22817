"""What is done with orders: confirmed, cancelled, locked; and what their invoices make of them."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.remote import method
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]


class Actions(Model):
    # -- what may be asked --------------------------------------------------------------------------------------------

    @method
    def action_confirm(self) -> bool:
        """All of them or none; the date becomes now, and what is to be delivered is planned."""
        self._check("write")
        self._must_exist()
        for row in self._rows("state"):
            if row["state"] not in ("draft", "sent"):
                raise UserError("Some orders are not in a state requiring confirmation.")
        lines = self._of("sale.order.line", self._lines("order_line"))
        if any(not row["product_id"] and not row["display_type"] and not row["is_downpayment"]
               for row in lines._rows("product_id", "display_type", "is_downpayment")):  # fmt: skip
            raise UserError("Some order lines are missing a product, you need to correct them before going further.")
        if self.ids:
            self._sudo()._change({"state": "sale", "date_order": self.env.now[:19]})
            lines._plan()
        return True

    @method
    def action_cancel(self) -> bool:
        """Draft invoices go with it; posted ones do not stand in its way."""
        self._check("write")
        if any(row["locked"] for row in self._rows("locked")):
            raise UserError("You cannot cancel a locked order. Please unlock it first.")
        moves = self._of("account.move", {id_ for ids in self._compute_invoices().values() for id_ in ids})
        moves._browse([row["id"] for row in moves._rows("state") if row["state"] == "draft"])._cancel()
        pickings = self._of("stock.picking", self._lines("picking_ids"))
        pickings._moves()._cancel()
        if self.ids:
            self._sudo()._change({"state": "cancel"})
        return True

    @method
    def action_draft(self) -> bool:
        self._check("write")
        back = self._browse([row["id"] for row in self._rows("state") if row["state"] in ("cancel", "sent")])
        if back.ids:
            back._sudo()._change({"state": "draft"})
        return True

    @method
    def action_quotation_sent(self) -> None:
        self._check("write")
        if any(row["state"] != "draft" for row in self._rows("state")):
            raise UserError("Only draft orders can be marked as sent directly.")
        self._sudo()._change({"state": "sent"})

    @method
    def action_lock(self) -> None:
        self._check("write")
        self._sudo()._change({"locked": True})

    @method
    def action_unlock(self) -> None:
        self._check("write")
        self._sudo()._change({"locked": False})

    # -- invoices -----------------------------------------------------------------------------------------------------

    def _renew_invoice_status(self) -> None:
        found: dict[int, set[str]] = {}
        for owner, status in self.env.cr.rows(
            "SELECT order_id, invoice_status FROM sale_order_line WHERE display_type IS NULL AND order_id IN "
            "(SELECT value FROM json_each(?))", [as_list(self.ids)],
        ):  # fmt: skip
            found.setdefault(owner, set()).add(status)
        rows = self._rows("state", "invoice_status")
        values = {row["id"]: _status(row["state"], found.get(row["id"], set())) for row in rows}
        self._store(
            {r["id"]: {"invoice_status": values[r["id"]]} for r in rows if r["invoice_status"] != values[r["id"]]}
        )

    def _compute_invoices(self) -> dict[int, list[int]]:
        rows = self.env.cr.rows(
            "SELECT DISTINCT s.order_id, m.id FROM sale_order_line s JOIN account_move_line_sale_line_ids_rel r ON "
            "r.right_id = s.id "
            "JOIN account_move_line l ON l.id = r.left_id JOIN account_move m ON m.id = l.move_id "
            "AND m.move_type IN ('out_invoice', 'out_refund') WHERE s.order_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY m.date DESC, m.name DESC NULLS FIRST, m.invoice_date DESC, m.id DESC",
            [as_list(self.ids)],
        )
        found: dict[int, list[int]] = {id_: [] for id_ in self.ids}
        for owner, move in rows:
            found[owner].append(move)
        return found

    def _compute_invoice_count(self) -> dict[int, int]:
        return {id_: len(moves) for id_, moves in self._compute_invoices().items()}


def _status(state: str, lines: set[str]) -> str:
    if state != "sale" or not lines:
        return "no"
    if "to invoice" in lines:
        return "to invoice"
    if lines == {"invoiced"}:
        return "invoiced"
    return "upselling" if lines <= {"invoiced", "upselling"} else "no"
