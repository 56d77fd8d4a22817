"""What was delivered and what was invoiced of an order's lines."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.numbers import half_up, is_zero
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]


class Progress(Model):
    # -- deliveries ---------------------------------------------------------------------------------------------------

    def _live_moves(self) -> list[int]:
        moves = self._of("stock.move", self._lines("move_ids"))
        return [row["id"] for row in moves._rows("state") if row["state"] != "cancel"]

    def _plan(self) -> None:
        """Goods that are ordered and not yet planned: one transfer for each order, as long as it is open."""
        for row in self._rows("order_id", "product_id", "product_uom_qty", "product_uom_id", "name"):
            if not row["product_id"] or self._of("product.product", [row["product_id"]])._get("type") != "consu":
                continue
            moves = self._of("stock.move", self._browse([row["id"]])._live_moves())
            planned = sum(move["product_uom_qty"] for move in moves._rows("product_uom_qty"))
            left = half_up(row["product_uom_qty"] - planned, 2)
            if left > 0:
                self._plan_move(row, left)

    def _plan_move(self, row: Values, quantity: float) -> None:
        order = self._of("sale.order", [row["order_id"]])
        picking = self._open_picking(order)
        places = picking._row("location_id", "location_dest_id", "name", "partner_id")
        move = self._of("stock.move", ())._make([{
            "product_id": row["product_id"], "product_uom_qty": quantity, "product_uom": row["product_uom_id"],
            "picking_id": picking.ids[0], "sale_line_id": row["id"], "origin": order._get("name"),
            "reference": places["name"],
            "location_id": places["location_id"], "location_dest_id": places["location_dest_id"],
            "partner_id": places["partner_id"],
        }])  # fmt: skip
        move._confirm()

    def _open_picking(self, order: Any) -> Any:
        pickings = self._of("stock.picking", order._lines("picking_ids"))
        open_ = [row["id"] for row in pickings._rows("state") if row["state"] not in ("done", "cancel")]
        if open_:
            return pickings._browse(open_[:1])
        facts = order._row("warehouse_id", "partner_shipping_id", "name", "commitment_date", "date_order")
        kind = self._of("stock.warehouse", [facts["warehouse_id"]])._get("out_type_id")
        row = {"picking_type_id": kind, "partner_id": facts["partner_shipping_id"], "origin": facts["name"],
            "sale_id": order.ids[0],
               "scheduled_date": (facts["commitment_date"] or facts["date_order"])[:19]}  # fmt: skip
        return pickings._make([row])

    def _delivered(self) -> None:
        """What left for the customer less what came back."""
        customers = "(SELECT id FROM stock_location WHERE usage = 'customer')"
        rows = self.env.cr.rows(
            f"SELECT sale_line_id, sum(CASE WHEN location_dest_id IN {customers} THEN quantity WHEN location_id IN "
            f"{customers} "
            "THEN -quantity ELSE 0 END) FROM stock_move WHERE state = 'done' AND sale_line_id IN (SELECT value FROM "
            "json_each(?)) "
            "GROUP BY sale_line_id", [as_list(self.ids)],
        )  # fmt: skip
        self._store({id_: {"qty_delivered": quantity} for id_, quantity in rows})
        self._invoiced()

    # -- invoices -----------------------------------------------------------------------------------------------------

    def _invoiced(self) -> None:
        """Invoices that are not cancelled, drafts too, less credit notes; what is left; what the order says of it."""
        if not self.ids:
            return
        done = dict(self.env.cr.rows(
            "SELECT r.right_id, sum(CASE m.move_type WHEN 'out_refund' THEN -l.quantity ELSE l.quantity END) "
            "FROM account_move_line_sale_line_ids_rel r JOIN account_move_line l ON l.id = r.left_id "
            "JOIN account_move m ON m.id = l.move_id AND m.state <> 'cancel' "
            "WHERE r.right_id IN (SELECT value FROM json_each(?)) GROUP BY r.right_id",
            [as_list(self.ids)]))  # fmt: skip
        policies = self._policies()
        values: dict[int, Values] = {}
        for row in self._rows("product_uom_qty", "qty_delivered", "state", "display_type"):
            quantity = half_up(done.get(row["id"], 0.0), 2)
            base = row["product_uom_qty"] if policies[row["id"]] == "order" else row["qty_delivered"]
            left = half_up(base - quantity, 2) if row["state"] == "sale" and not row["display_type"] else 0.0
            values[row["id"]] = {"qty_invoiced": quantity, "qty_to_invoice": left,
                                 "invoice_status": _status(row, quantity, left, policies[row["id"]])}  # fmt: skip
        self._store(values)
        self._orders()._renew_invoice_status()

    def _policies(self) -> dict[int, str]:
        rows = self._rows("product_id")
        products = self._of("product.product", {row["product_id"] for row in rows if row["product_id"]})
        known = {row["id"]: row["invoice_policy"] or "order" for row in products._rows("invoice_policy")}
        return {row["id"]: known.get(row["product_id"], "order") for row in rows}


def _status(row: Values, invoiced: float, left: float, policy: str) -> str:
    if row["state"] != "sale":
        return "no"
    if not is_zero(left):
        return "to invoice"
    if policy == "order" and row["product_uom_qty"] >= 0 and row["qty_delivered"] > row["product_uom_qty"]:
        return "upselling"
    return "invoiced" if invoiced >= row["product_uom_qty"] else "no"
