"""The wizard that makes invoices of orders."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Boolean, Float, Monetary, Selection
from mooring_sandbox.odoo.orm.model import Transient
from mooring_sandbox.odoo.orm.numbers import is_zero
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import method

Values = dict[str, Any]
_NOTHING = """Cannot create an invoice. No items are available to invoice.

To resolve this issue, please ensure that:
   • The products have been delivered before attempting to invoice them.
   • The invoicing policy of the product is configured correctly.

If you want to invoice based on ordered quantities instead:
   • For consumable or storable products, open the product, go to the 'General Information' tab and change the \
'Invoicing Policy' from 'Delivered Quantities' to 'Ordered Quantities'.
   • For services (and other products), change the 'Invoicing Policy' to 'Prepaid/Fixed Price'.
"""


class InvoiceWizard(Transient):
    _name = "sale.advance.payment.inv"
    _description = "Sales Advance Payment Invoice"

    advance_payment_method = Selection(
        [("delivered", "Regular invoice"), ("percentage", "Down payment (percentage)"),
        ("fixed", "Down payment (fixed amount)")],
        "Create Invoice", required=True, default="delivered",
    )  # fmt: skip
    sale_order_ids = Many2many("sale.order", "Sales Orders")
    consolidated_billing = Boolean("Consolidated Billing", default=True)
    deduct_down_payments = Boolean("Deduct down payments", default=True)
    amount = Float("Down Payment", default=0.0)
    fixed_amount = Monetary("Down Payment Amount (Fixed)", default=0.0)
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)

    def _before_create(self, rows: list[Values]) -> None:
        asked = (
            self.env.context.get("active_ids")
            if self.env.context.get("active_model", "sale.order") == "sale.order"
            else None
        )
        for row in rows:
            if asked and "sale_order_ids" not in row:
                row["sale_order_ids"] = [[6, 0, list(asked)]]

    # -- invoice ------------------------------------------------------------------------------------------------------

    @method
    def create_invoices(self) -> dict[str, Any]:
        self._check("write")
        row = self._row("advance_payment_method", "consolidated_billing")
        orders = self.env["sale.order"]._browse(self._links("sale_order_ids")[self.ids[0]])
        orders._check("write")
        if row["advance_payment_method"] != "delivered":
            raise UserError("This stand-in makes regular invoices only, no down payments.")
        moves = self._sudo()._invoice(orders._sudo(), together=bool(row["consolidated_billing"]))
        action: dict[str, Any] = {"name": "Invoices", "type": "ir.actions.act_window", "res_model": "account.move",
                                  "context": {"default_move_type": "out_invoice"}}  # fmt: skip
        if len(moves) == 1:
            return action | {"view_mode": "form", "views": [[False, "form"]], "res_id": moves[0]}
        return action | {
            "view_mode": "list,form",
            "views": [[False, "list"], [False, "form"]],
            "domain": [["id", "in", moves]],
        }

    def _invoice(self, orders: Any, *, together: bool) -> list[int]:
        """One invoice for each order, or for each customer and currency; orders with nothing left are passed over."""
        groups: dict[Any, list[Values]] = {}
        for id_ in orders.ids:
            row = self._prepared(orders._browse([id_]))
            if row:
                key = (row["company_id"], row["partner_id"], row["currency_id"]) if together else id_
                groups.setdefault(key, []).append(row)
        if not groups:
            raise UserError(_NOTHING)
        return list(self._of("account.move", ())._make([_merged(rows) for rows in groups.values()]).ids)

    def _prepared(self, order: Any) -> Values | None:
        lines = self._of("sale.order.line", order._lines("order_line"))
        open_ = [row for row in lines._rows("qty_to_invoice", "display_type") if not is_zero(row["qty_to_invoice"])]
        if not open_:
            return None
        row = order._row("company_id", "partner_invoice_id", "partner_shipping_id", "currency_id", "client_order_ref",
            "name", "user_id",
                         "payment_term_id", "fiscal_position_id", "team_id", "note", "reference")  # fmt: skip
        return {
            "move_type": "out_invoice", "company_id": row["company_id"], "partner_id": row["partner_invoice_id"],
            "partner_shipping_id": row["partner_shipping_id"], "currency_id": row["currency_id"],
            "ref": row["client_order_ref"],
            "invoice_origin": row["name"], "invoice_user_id": row["user_id"],
            "invoice_payment_term_id": row["payment_term_id"],
            "fiscal_position_id": row["fiscal_position_id"], "team_id": row["team_id"], "narration": row["note"],
            "payment_reference": row["reference"],
            "line_ids": [[0, 0, line] for line in self._prepared_lines(lines._browse([line["id"] for line in open_]))],
        }  # fmt: skip

    def _prepared_lines(self, lines: Any) -> list[Values]:
        rows = lines._rows(
            "sequence",
            "name",
            "product_id",
            "product_uom_id",
            "qty_to_invoice",
            "price_unit",
            "discount",
            "is_downpayment",
        )
        names = self._of("product.product", {row["product_id"] for row in rows if row["product_id"]})._display_names()
        taxed = lines._links("tax_ids")
        return [
            {"sequence": row["sequence"], "name": _full(row["name"], names.get(row["product_id"])),
            "product_id": row["product_id"],
             "product_uom_id": row["product_uom_id"], "quantity": row["qty_to_invoice"],
             "price_unit": row["price_unit"],
             "discount": row["discount"], "is_downpayment": row["is_downpayment"],
             "tax_ids": [[6, 0, taxed[row["id"]]]],
             "sale_line_ids": [[6, 0, [row["id"]]]]}
            for row in rows
        ]  # fmt: skip


def _full(name: str, product: str | None) -> str:
    """A line's text begins with its product."""
    return name if not product or product in name else f"{product}\n{name}"


def _merged(rows: list[Values]) -> Values:
    """Several orders on one invoice: their references beside each other."""
    first = dict(rows[0])
    for name in ("ref", "invoice_origin", "payment_reference"):
        first[name] = ", ".join(dict.fromkeys(row[name] for row in rows if row[name])) or False
    return first | {"line_ids": [line for row in rows for line in row["line_ids"]]}
