"""The lines of orders."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo import taxes
from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.models.sale_line_progress import Progress
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Datetime, Float, Integer, Monetary, Selection, Text
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]
_PRICED = {"price_unit", "product_uom_qty", "discount", "tax_ids", "product_id", "order_id", "display_type"}
# What a locked order no longer lets anybody change, in the order in which the refusal names them.
_LOCKED = ("discount", "name", "price_unit", "product_id", "product_uom_id", "product_uom_qty", "tax_ids")
_UNREMOVABLE = (
    "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced "
    "or delivered).\n"
    "                Set the quantity to 0 instead."
)


class OrderLine(Progress):
    _name = "sale.order.line"
    _description = "Sales Order Line"
    _order = "order_id, sequence, id"

    order_id = Many2one("sale.order", "Order Reference", required=True, ondelete="cascade")
    sequence = Integer("Sequence", default=10)
    name = Text("Description", required=True)
    product_id = Many2one("product.product", "Product", ondelete="restrict", index=True)
    product_template_id = Many2one("product.template", "Product Template", related="product_id.product_tmpl_id")
    product_uom_qty = Float("Quantity", digits=2, required=True, default=1.0)
    product_uom_id = Many2one("uom.uom", "Unit", ondelete="restrict")
    price_unit = Float("Unit Price", required=True)
    discount = Float("Discount (%)", digits=2, default=0.0)
    tax_ids = Many2many("account.tax", "Taxes")
    price_subtotal = Monetary("Amount", readonly=True, default=0.0)
    price_tax = Float("Total Tax", readonly=True, default=0.0)
    price_total = Monetary("Total", readonly=True, default=0.0)
    price_reduce_taxinc = Monetary(
        "Price Reduce Tax incl",
        sql="CASE WHEN {a}.product_uom_qty THEN {a}.price_total / {a}.product_uom_qty ELSE 0.0 END",
    )
    price_reduce_taxexcl = Monetary(
        "Price Reduce Tax excl",
        sql="CASE WHEN {a}.product_uom_qty THEN {a}.price_subtotal / {a}.product_uom_qty ELSE 0.0 END",
    )
    display_type = Selection(
        [("line_section", "Section"), ("line_subsection", "Subsection"), ("line_note", "Note")], "Display Type"
    )
    is_downpayment = Boolean("Is a down payment")
    customer_lead = Float("Lead Time", default=0.0)
    qty_delivered = Float("Delivery Quantity", digits=2, default=0.0, copy=False)
    qty_delivered_method = Selection([("manual", "Manual"), ("stock_move", "Stock Moves")], "Method", sql=(
        "SELECT CASE WHEN t.type = 'consu' THEN 'stock_move' ELSE 'manual' END FROM product_product p "
        "JOIN product_template t ON t.id = p.product_tmpl_id WHERE p.id = {a}.product_id"))  # fmt: skip
    qty_invoiced = Float("Invoiced Quantity", digits=2, readonly=True, default=0.0, copy=False)
    qty_to_invoice = Float("Quantity To Invoice", digits=2, readonly=True, default=0.0, copy=False)
    invoice_status = Selection(
        [("upselling", "Upselling Opportunity"), ("invoiced", "Fully Invoiced"), ("to invoice", "To Invoice"),
        ("no", "Nothing to Invoice")],
        "Invoice Status", readonly=True, default="no", copy=False,
    )  # fmt: skip
    invoice_lines = Many2many(
        "account.move.line", "Invoice Lines", mirror="account.move.line.sale_line_ids", copy=False
    )
    move_ids = One2many("stock.move", "sale_line_id", "Stock Moves")
    state = Selection([], "Order Status", related="order_id.state")
    company_id = Many2one("res.company", "Company", related="order_id.company_id")
    currency_id = Many2one("res.currency", "Currency", related="order_id.currency_id")
    order_partner_id = Many2one("res.partner", "Customer", related="order_id.partner_id")
    salesman_id = Many2one("res.users", "Salesperson", related="order_id.user_id")
    scheduled_date = Datetime("Scheduled Date", related="order_id.commitment_date")
    product_type = Char("Product Type", related="product_id.type")

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("order_id", "name")
        orders = self._of("sale.order", {row["order_id"] for row in rows})._display_names()
        return {row["id"]: f"{orders[row['order_id']]} - {str(row['name']).partition(chr(10))[0]}" for row in rows}

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        known = self._of("product.product", {row["product_id"] for row in rows if row.get("product_id")})
        known._must_exist()
        facts = {row["id"]: row for row in known._rows("lst_price", "uom_id", "description_sale")}
        names, taxed = known._display_names(), known._links("taxes_id")
        for row in rows:
            if row.get("product_id"):
                self._complete(row, facts[row["product_id"]], names, taxed)
            if row.get("display_type"):
                row.update(product_uom_qty=0.0, price_unit=0.0)
            row.setdefault("price_unit", 0.0)

    def _complete(self, row: Values, facts: Values, names: dict[int, Any], taxed: dict[int, list[int]]) -> None:
        """What is not said comes from the product; an empty column of taxes says: none."""
        id_ = row["product_id"]
        said = f"{names[id_]}\n{facts['description_sale']}" if facts["description_sale"] else names[id_]
        row["name"] = row.get("name") or said
        row["product_uom_id"] = row.get("product_uom_id") or facts["uom_id"]
        row.setdefault("price_unit", facts["lst_price"])
        row.setdefault("tax_ids", [[6, 0, taxed[id_]]])

    def _after_create(self, rows: list[Values]) -> None:
        self._sum_up()
        self._orders()._sum_up()
        sold = [row["id"] for row in self._rows("state") if row["state"] == "sale"]
        if sold:
            self._browse(sold)._plan()
            self._browse(sold)._invoiced()

    def _before_write(self, vals: Values) -> None:
        self._refuse_locked(vals)
        self._refuse_other_product(vals)
        self._before = {
            row["id"]: (row["order_id"], row["product_uom_qty"]) for row in self._rows("order_id", "product_uom_qty")
        }
        if vals.get("product_id") and any(row["product_id"] != vals["product_id"] for row in self._rows("product_id")):
            found: Values = {"product_id": vals["product_id"]} | {k: v for k, v in vals.items() if k in _LOCKED and v}
            if "tax_ids" in vals:
                found["tax_ids"] = vals["tax_ids"]
            self._before_create([found])
            vals.update(found)

    def _refuse_locked(self, vals: Values) -> None:
        named = [name for name in _LOCKED if name in vals]
        locked = self.env.cr.one(
            "SELECT 1 FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id WHERE o.locked AND l.id IN "
            "(SELECT value FROM json_each(?))", [as_list(self.ids)],
        )  # fmt: skip
        if named and locked:
            labels = "\n".join(self._fields[name].string for name in named)
            raise UserError(f"It is forbidden to modify the following fields in a locked order:\n{labels}")

    def _refuse_other_product(self, vals: Values) -> None:
        """Once something is on its way, or invoiced, a line keeps its product."""
        if "product_id" not in vals:
            return
        for row in self._rows("product_id", "state", "qty_invoiced", "qty_delivered"):
            fixed = row["state"] == "cancel" or (row["state"] == "sale" and (
                row["qty_invoiced"] or row["qty_delivered"] or self._browse([row["id"]])._live_moves()))  # fmt: skip
            if row["product_id"] != (vals["product_id"] or None) and fixed:
                raise UserError("You cannot modify the product of this order line.")

    def _after_write(self, vals: Values) -> None:
        if vals.keys() & _PRICED:
            self._sum_up()
            owners = {owner for owner, _ in self._before.values()} | {row["order_id"] for row in self._rows("order_id")}
            self._of("sale.order", sorted(owners))._sum_up()
        if vals.keys() & {"product_uom_qty", "order_id", "product_id", "qty_delivered"}:
            more = [id_ for id_, (_, quantity) in self._before.items() if quantity < self._quantities()[id_]]
            self._browse(more)._plan()
            self._invoiced()

    def _quantities(self) -> dict[int, float]:
        return {row["id"]: row["product_uom_qty"] for row in self._rows("product_uom_qty")}

    def _before_unlink(self) -> None:
        if any(row["state"] == "sale" and not row["display_type"] for row in self._rows("state", "display_type")):
            raise UserError(_UNREMOVABLE)
        self._left = self._orders()

    def _remove(self) -> None:
        super()._remove()
        self._left._sum_up()
        self._left._renew_invoice_status()

    def _orders(self) -> Any:
        return self._of("sale.order", sorted({row["order_id"] for row in self._rows("order_id")}))

    # -- prices -------------------------------------------------------------------------------------------------------

    def _sum_up(self) -> None:
        links, model = self._links("tax_ids"), self.env["account.tax"]
        rates = {ids: model._rates(ids) for ids in {tuple(found) for found in links.values()}}
        places = dict(self.env.cr.rows("SELECT id, decimal_places FROM res_currency"))
        values: dict[int, Values] = {}
        for row in self._rows("price_unit", "product_uom_qty", "discount", "currency_id"):
            found = taxes.line(row["price_unit"], row["product_uom_qty"], row["discount"],
                rates[tuple(links[row["id"]])],
                               places.get(row["currency_id"], 2))  # fmt: skip
            values[row["id"]] = {"price_subtotal": found.untaxed, "price_total": found.total, "price_tax": found.tax}
        self._store(values)
