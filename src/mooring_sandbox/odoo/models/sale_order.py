"""Orders."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.models.sale_actions import Actions
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Datetime, Html, Integer, Monetary, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.numbers import half_up
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many
from mooring_sandbox.odoo.orm.storage import as_list
from mooring_sandbox.odoo.rights import SELLER

Values = dict[str, Any]
_NEW = "New"
_INVOICE_STATUS = [
    ("upselling", "Upselling Opportunity"), ("invoiced", "Fully Invoiced"), ("to invoice", "To Invoice"),
    ("no", "Nothing to Invoice"),
]  # fmt: skip
_DELIVERIES = (
    "SELECT CASE WHEN count(*) = 0 THEN NULL WHEN sum(p.state = 'done') = count(*) THEN 'full' "
    "WHEN sum(p.state = 'done') > 0 THEN 'partial' ELSE 'pending' END FROM stock_picking p "
    "WHERE p.sale_id = {a}.id AND p.state <> 'cancel'"
)


class Team(Model):
    _name = "crm.team"
    _description = "Sales Team"
    _order = "sequence, id"

    name = Char("Sales Team", required=True)
    sequence = Integer("Sequence", default=10)
    active = Boolean("Active", default=True)


class Order(Actions):
    _name = "sale.order"
    _description = "Sales Order"
    _order = "date_order desc, id desc"
    _rec_names_search = ("name", "partner_id.name")

    name = Char("Order Reference", required=True, index=True, default=_NEW, copy=False)
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)
    partner_id = Many2one("res.partner", "Customer", required=True, index=True)
    state = Selection(
        [("draft", "Quotation"), ("sent", "Quotation Sent"), ("sale", "Sales Order"), ("cancel", "Cancelled")],
        "Status", readonly=True, default="draft", copy=False, index=True,
    )  # fmt: skip
    locked = Boolean("Locked", default=False, copy=False)
    client_order_ref = Char("Customer Reference", copy=False, index=True)
    origin = Char("Source Document")
    reference = Char("Payment Ref.", copy=False)
    date_order = Datetime("Order Date", required=True, default=lambda env: env.now[:19], copy=False)
    validity_date = Date("Expiration", copy=False)
    commitment_date = Datetime("Delivery Date", copy=False)
    partner_invoice_id = Many2one("res.partner", "Invoice Address", required=True)
    partner_shipping_id = Many2one("res.partner", "Delivery Address", required=True)
    pricelist_id = Many2one("product.pricelist", "Pricelist", ondelete="restrict")
    currency_id = Many2one("res.currency", "Currency", readonly=True, ondelete="restrict")
    payment_term_id = Many2one("account.payment.term", "Payment Terms")
    fiscal_position_id = Many2one("account.fiscal.position", "Fiscal Position")
    user_id = Many2one("res.users", "Salesperson", index=True)
    team_id = Many2one("crm.team", "Sales Team")
    warehouse_id = Many2one("stock.warehouse", "Warehouse", required=True)
    note = Html("Terms and conditions")
    order_line = One2many("sale.order.line", "order_id", "Order Lines")
    amount_untaxed = Monetary("Untaxed Amount", readonly=True, default=0.0)
    amount_tax = Monetary("Taxes", readonly=True, default=0.0)
    amount_total = Monetary("Total", readonly=True, default=0.0)
    invoice_status = Selection(_INVOICE_STATUS, "Invoice Status", readonly=True, default="no", copy=False)
    invoice_ids = Many2many("account.move", "Invoices", compute="_compute_invoices")
    invoice_count = Integer("Invoice Count", compute="_compute_invoice_count")
    delivery_status = Selection(
        [("pending", "Not Delivered"), ("started", "Started"), ("partial", "Partially Delivered"),
        ("full", "Fully Delivered")],
        "Delivery Status", sql=_DELIVERIES,
    )  # fmt: skip
    picking_ids = One2many("stock.picking", "sale_id", "Transfers")
    delivery_count = Integer("Delivery Orders", sql="SELECT count(*) FROM stock_picking p WHERE p.sale_id = {a}.id")
    tag_ids = Many2many("res.partner.category", "Tags")
    country_code = Char("Country code", related="company_id.country_id.code")

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        known = self._fields["partner_id"]
        for row in rows:
            row["partner_id"] = known.to_column(row.get("partner_id"))
        self._of("res.partner", {row["partner_id"] for row in rows if row["partner_id"]})._must_exist()
        for row in rows:
            if row.get("name", _NEW) == _NEW:
                row["name"] = f"S{self.env.next_number('sale.order'):05d}"
            if row["partner_id"]:
                self._follow_partner(row)
            row.setdefault("warehouse_id", self._usual_warehouse())
            row.setdefault("validity_date", self._valid_until())
            row["currency_id"] = self._currency(row.get("pricelist_id"))

    def _follow_partner(self, row: Values) -> None:
        """What an order has of its customer, where nothing else is said."""
        partner = self._of("res.partner", [row["partner_id"]])
        if not (row.get("partner_invoice_id") and row.get("partner_shipping_id")):
            places = partner.address_get(["invoice", "delivery"])
            row["partner_invoice_id"] = row.get("partner_invoice_id") or places["invoice"]
            row["partner_shipping_id"] = row.get("partner_shipping_id") or places["delivery"]
        facts = partner._row("property_product_pricelist", "property_payment_term_id", "property_account_position_id",
            "user_id",
                             "commercial_partner_id")  # fmt: skip
        row.setdefault("pricelist_id", facts["property_product_pricelist"])
        row.setdefault("payment_term_id", facts["property_payment_term_id"])
        row.setdefault("fiscal_position_id", facts["property_account_position_id"])
        owner = facts["user_id"] or self._of("res.partner", [facts["commercial_partner_id"]])._get("user_id")
        row.setdefault("user_id", owner or (self.env.uid if SELLER in self.env.groups else None))

    def _usual_warehouse(self) -> int | None:
        found = self._of("stock.warehouse", ())._ids_where(
            "company_id = ? AND active", [self.env.company], "sequence, id"
        )
        return found[0] if found else None

    def _valid_until(self) -> str | None:
        days = self._of("res.company", [self.env.company])._get("quotation_validity_days")
        return (date.fromisoformat(self.env.today) + timedelta(days=days)).isoformat() if days else None

    def _currency(self, pricelist: Any) -> int:
        """The pricelist's, else the company's; whatever is written to the order itself is not heard."""
        if pricelist:
            return self._of("product.pricelist", [pricelist])._get("currency_id")
        return self._of("res.company", [self.env.company])._get("currency_id")

    def _before_write(self, vals: Values) -> None:
        self._check("read")  # what follows looks at the state
        vals.pop("currency_id", None)
        if "pricelist_id" in vals:
            if any(
                row["state"] == "sale" and row["pricelist_id"] != vals["pricelist_id"]
                for row in self._rows("state", "pricelist_id")
            ):
                raise UserError("You cannot change the pricelist of a confirmed order !")
            vals["currency_id"] = self._currency(vals["pricelist_id"])
        self._follow_other_partner(vals)

    def _follow_other_partner(self, vals: Values) -> None:
        """Another customer brings his addresses and terms, unless they are said."""
        if vals.get("partner_id") and any(row["partner_id"] != vals["partner_id"] for row in self._rows("partner_id")):
            found: Values = {"partner_id": vals["partner_id"], **vals}
            self._of("res.partner", [vals["partner_id"]])._must_exist()
            self._follow_partner(found)
            vals.update({name: value for name, value in found.items() if name not in ("pricelist_id", "user_id")})

    def write(self, vals: Values) -> bool:
        self._check("read")
        return super().write(vals)

    write._remote = "record"  # type: ignore[attr-defined]

    def _after_write(self, vals: Values) -> None:
        if vals.keys() & {"state", "currency_id"}:
            self._of("sale.order.line", self._lines("order_line"))._sum_up()
            self._of("sale.order.line", self._lines("order_line"))._invoiced()
            self._sum_up()

    def _before_unlink(self) -> None:
        if any(row["state"] not in ("draft", "cancel") for row in self._rows("state")):
            raise UserError("You can not delete a sent quotation or a confirmed sales order. You must first cancel it.")

    def _sum_up(self) -> None:
        """The sums of the lines, each of which is rounded already."""
        sums = {owner: (untaxed, total) for owner, untaxed, total in self.env.cr.rows(
            "SELECT order_id, sum(price_subtotal), sum(price_total) FROM sale_order_line WHERE order_id IN "
            "(SELECT value FROM json_each(?)) GROUP BY order_id", [as_list(self.ids)])}  # fmt: skip
        places = dict(self.env.cr.rows("SELECT id, decimal_places FROM res_currency"))
        values = {}
        for row in self._rows("currency_id"):
            digits = places.get(row["currency_id"], 2)
            untaxed, total = (half_up(value, digits) for value in sums.get(row["id"], (0.0, 0.0)))
            values[row["id"]] = {
                "amount_untaxed": untaxed,
                "amount_tax": half_up(total - untaxed, digits),
                "amount_total": total,
            }
        self._store(values)
