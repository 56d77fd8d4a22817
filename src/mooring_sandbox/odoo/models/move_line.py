"""The lines of invoices, and the journal items that are worked out from them."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo import taxes
from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Float, Integer, Monetary, Selection, Text
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.numbers import half_up
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]
_PRICED = {"price_unit", "quantity", "discount", "tax_ids", "product_id", "display_type"}


class MoveLine(Model):
    _name = "account.move.line"
    _description = "Journal Item"
    _order = "date desc, move_name desc, id"

    move_id = Many2one("account.move", "Journal Entry", required=True, ondelete="cascade")
    move_name = Char("Number", related="move_id.name")
    parent_state = Char("Parent State", related="move_id.state")
    date = Date("Date", related="move_id.date")
    journal_id = Many2one("account.journal", "Journal", related="move_id.journal_id")
    company_id = Many2one("res.company", "Company", related="move_id.company_id")
    currency_id = Many2one("res.currency", "Currency", related="move_id.currency_id")
    partner_id = Many2one("res.partner", "Partner", related="move_id.partner_id")
    sequence = Integer("Sequence", default=100)
    name = Text("Label")
    ref = Char("Reference", related="move_id.ref")
    display_type = Selection(
        [("product", "Product"), ("cogs", "Cost of Goods Sold"), ("tax", "Tax"), ("rounding", "Rounding"),
         ("payment_term", "Payment Term"), ("line_section", "Section"), ("line_subsection", "Subsection"),
         ("line_note", "Note")],
        "Display Type", required=True, default="product",
    )  # fmt: skip
    account_id = Many2one("account.account", "Account")
    product_id = Many2one("product.product", "Product", ondelete="restrict")
    product_uom_id = Many2one("uom.uom", "Unit")
    quantity = Float("Quantity", digits=2, default=1.0)
    price_unit = Float("Unit Price", default=0.0)
    discount = Float("Discount (%)", digits=2, default=0.0)
    tax_ids = Many2many("account.tax", "Taxes")
    tax_line_id = Many2one("account.tax", "Originator Tax", readonly=True)
    price_subtotal = Monetary("Subtotal", readonly=True, default=0.0)
    price_total = Monetary("Total", readonly=True, default=0.0)
    debit = Monetary("Debit", default=0.0)
    credit = Monetary("Credit", default=0.0)
    balance = Monetary("Balance", sql="{a}.debit - {a}.credit")
    amount_currency = Monetary("Amount in Currency", sql="{a}.debit - {a}.credit")
    amount_residual = Monetary("Residual Amount", sql=(
        "CASE WHEN {a}.display_type = 'payment_term' THEN (SELECT m.amount_residual * CASE WHEN m.move_type LIKE "
        "'%refund' "
        "THEN -1 ELSE 1 END FROM account_move m WHERE m.id = {a}.move_id) ELSE 0.0 END"))  # fmt: skip
    reconciled = Boolean("Reconciled", sql=(
        "{a}.display_type = 'payment_term' AND (SELECT m.state = 'posted' AND m.amount_residual = 0 FROM account_move "
        "m "
        "WHERE m.id = {a}.move_id)"))  # fmt: skip
    sale_line_ids = Many2many("sale.order.line", "Sales Order Lines", copy=False)
    is_downpayment = Boolean("Down Payment")

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            self._refuse_posted([row["move_id"]] if row.get("move_id") else [])
            if row.get("product_id"):
                self._complete(row)

    def _complete(self, row: Values) -> None:
        """What is not said comes from the product."""
        product = self._of("product.product", [row["product_id"]])
        facts = product._row("lst_price", "uom_id")
        row.setdefault("name", product._display_names()[row["product_id"]])
        row.setdefault("product_uom_id", facts["uom_id"])
        row.setdefault("price_unit", facts["lst_price"])
        row.setdefault("tax_ids", [[6, 0, product._links("taxes_id")[row["product_id"]]]])

    def _after_create(self, rows: list[Values]) -> None:
        self._sum_up()
        self._entries()._sum_up()

    def _before_write(self, vals: Values) -> None:
        if vals.keys() & (_PRICED | {"debit", "credit", "account_id"}):
            self._refuse_posted([row["move_id"] for row in self._rows("move_id")])

    def _after_write(self, vals: Values) -> None:
        if vals.keys() & _PRICED:
            self._sum_up()
            self._entries()._sum_up()

    def _before_unlink(self) -> None:
        self._refuse_posted([row["move_id"] for row in self._rows("move_id")])
        self._touched = (self._entries(), self._of("account.move", self._entries().ids)._sold_lines())

    def _remove(self) -> None:
        super()._remove()
        entries, sold = self._touched
        entries._sum_up()
        self._of("sale.order.line", sold)._invoiced()

    def _refuse_posted(self, moves: list[int]) -> None:
        if any(row["state"] == "posted" for row in self._of("account.move", moves)._rows("state")):
            raise UserError(
                "You cannot do this modification on a posted journal entry, you can just change some non legal fields."
            )

    def _entries(self) -> Any:
        return self._of("account.move", sorted({row["move_id"] for row in self._rows("move_id")}))

    def _sum_up(self) -> None:
        found: dict[int, Values] = {}
        for row, sums in self._priced():
            found[row["id"]] = {"price_subtotal": sums.untaxed, "price_total": sums.total}
        self._store(found)

    def _priced(self) -> list[tuple[Values, taxes.Sum]]:
        """Each line of goods with what it costs."""
        rows = [
            r
            for r in self._rows("price_unit", "quantity", "discount", "display_type", "move_id")
            if r["display_type"] == "product"
        ]
        links, model = self._links("tax_ids"), self.env["account.tax"]
        rates = {id_: model._rates(ids) for id_, ids in links.items()}
        places = {row["id"]: self._of("account.move", [row["id"]])._digits() for row in self._entries()._rows()}
        return [
            (r, taxes.line(r["price_unit"], r["quantity"], r["discount"], rates[r["id"]], places[r["move_id"]]))
            for r in rows
        ]

    # -- journal items ------------------------------------------------------------------------------------------------

    def _renew_items(self, move: int) -> None:
        """Debit and credit of the lines, one item for each tax, and what the partner owes."""
        entry = self._of("account.move", [move])
        kind = entry._row("move_type", "company_id")
        if kind["move_type"] == "entry":
            return
        self._drop_items()
        sign = -1 if kind["move_type"] in ("out_invoice", "in_refund", "out_receipt") else 1
        by_tax: dict[int, float] = {}
        total = 0.0
        values: dict[int, Values] = {}
        for row, sums in self._priced():
            values[row["id"]] = _sides(sign * sums.untaxed)
            total += sums.total
            for tax, (_, amount) in sums.taxes.items():
                by_tax[tax] = by_tax.get(tax, 0.0) + amount
        self._store(values)
        items = [self._tax_item(move, tax, sign * amount) for tax, amount in by_tax.items()]
        if values:
            items.append(
                {"display_type": "payment_term", "name": False} | _sides(-sign * half_up(total, entry._digits()))
            )
        self._make_items(move, items)

    def _tax_item(self, move: int, tax: int, amount: float) -> Values:
        name = self._of("account.tax", [tax])._get("name")
        return {"display_type": "tax", "name": name, "tax_line_id": tax} | _sides(half_up(amount, 2))

    def _drop_items(self) -> None:
        self.env.cr.execute(
            "DELETE FROM account_move_line WHERE display_type IN ('tax', 'payment_term') AND id IN (SELECT value FROM "
            "json_each(?))",
            [as_list(self.ids)],
        )

    def _make_items(self, move: int, items: list[Values]) -> None:
        """Straight into the table: they are worked out, and nothing follows from them."""
        rows = [self._defaults() | item | {"move_id": move, "quantity": 0.0} for item in items]
        self._insert(self.env.cr.numbers(self._table, len(rows)), rows)


def _sides(amount: float) -> Values:
    return {"debit": amount if amount > 0 else 0.0, "credit": -amount if amount < 0 else 0.0}
