"""Invoices and credit notes."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.models.move_settling import Settling
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Html, Integer, Monetary, Selection
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many
from mooring_sandbox.odoo.orm.remote import method

Values = dict[str, Any]
TYPES = [
    ("entry", "Journal Entry"), ("out_invoice", "Customer Invoice"), ("out_refund", "Customer Credit Note"),
    ("in_invoice", "Vendor Bill"), ("in_refund", "Vendor Credit Note"), ("out_receipt", "Sales Receipt"),
    ("in_receipt", "Purchase Receipt"),
]  # fmt: skip
_DRAFTS = {
    "entry": "Draft Entry", "out_invoice": "Draft Invoice", "out_refund": "Draft Credit Note",
    "in_invoice": "Draft Bill",
    "in_refund": "Draft Vendor Credit Note", "out_receipt": "Draft Sales Receipt",
    "in_receipt": "Draft Purchase Receipt",
}  # fmt: skip
_PAYMENT_STATES = [
    ("not_paid", "Not Paid"), ("in_payment", "In Payment"), ("paid", "Paid"), ("partial", "Partially Paid"),
    ("reversed", "Reversed"), ("blocked", "Blocked"), ("invoicing_legacy", "Invoicing App Legacy"),
]  # fmt: skip
# What a posted entry no longer lets anybody change.
_FIXED = {
    "invoice_line_ids", "line_ids", "invoice_date", "date", "partner_id", "invoice_payment_term_id", "currency_id",
    "fiscal_position_id", "invoice_cash_rounding_id", "journal_id", "move_type",
}  # fmt: skip


class Move(Settling):
    _name = "account.move"
    _description = "Journal Entry"
    _order = "date desc, name desc, invoice_date desc, id desc"
    _rec_names_search = ("name", "partner_id.name", "ref")

    name = Char("Number", index=True, copy=False)
    ref = Char("Reference", index=True, copy=False)
    date = Date("Date", required=True, index=True, default=lambda env: env.today, copy=False)
    state = Selection([("draft", "Draft"), ("posted", "Posted"), ("cancel", "Cancelled")], "Status", required=True,
        readonly=True,
                      default="draft", copy=False)  # fmt: skip
    move_type = Selection(TYPES, "Type", required=True, default="entry", readonly=True)
    journal_id = Many2one("account.journal", "Journal", required=True)
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    currency_id = Many2one("res.currency", "Currency", required=True)
    partner_id = Many2one("res.partner", "Partner", ondelete="restrict")
    commercial_partner_id = Many2one("res.partner", "Commercial Entity", readonly=True, ondelete="restrict")
    partner_shipping_id = Many2one("res.partner", "Delivery Address")
    invoice_date = Date("Invoice/Bill Date", index=True, copy=False)
    invoice_date_due = Date("Due Date", copy=False)
    invoice_origin = Char("Origin")
    invoice_user_id = Many2one("res.users", "Salesperson", default=lambda env: env.uid)
    invoice_payment_term_id = Many2one("account.payment.term", "Payment Terms")
    fiscal_position_id = Many2one("account.fiscal.position", "Fiscal Position")
    payment_reference = Char("Payment Reference", index=True, copy=False)
    narration = Html("Terms and Conditions")
    team_id = Many2one("crm.team", "Sales Team")
    posted_before = Boolean("Posted Before", copy=False)
    line_ids = One2many("account.move.line", "move_id", "Journal Items")
    invoice_line_ids = One2many("account.move.line", "move_id", "Invoice lines", compute="_compute_invoice_lines",
                                inverse="_write_invoice_lines")  # fmt: skip
    amount_untaxed = Monetary("Untaxed Amount", readonly=True, default=0.0)
    amount_tax = Monetary("Tax", readonly=True, default=0.0)
    amount_total = Monetary("Total", readonly=True, default=0.0)
    amount_residual = Monetary("Amount Due", readonly=True, default=0.0)
    amount_untaxed_signed = Monetary(
        "Untaxed Amount Signed", sql="{a}.amount_untaxed * CASE WHEN {a}.move_type LIKE '%refund' THEN -1 ELSE 1 END"
    )
    amount_tax_signed = Monetary(
        "Tax Signed", sql="{a}.amount_tax * CASE WHEN {a}.move_type LIKE '%refund' THEN -1 ELSE 1 END"
    )
    amount_total_signed = Monetary(
        "Total Signed", sql="{a}.amount_total * CASE WHEN {a}.move_type LIKE '%refund' THEN -1 ELSE 1 END"
    )
    amount_residual_signed = Monetary(
        "Amount Due Signed", sql="{a}.amount_residual * CASE WHEN {a}.move_type LIKE '%refund' THEN -1 ELSE 1 END"
    )
    payment_state = Selection(_PAYMENT_STATES, "Payment Status", readonly=True, default="not_paid", copy=False)
    status_in_payment = Char(
        "Status In Payment", sql="CASE WHEN {a}.state = 'posted' THEN {a}.payment_state ELSE {a}.state END"
    )
    reversed_entry_id = Many2one("account.move", "Reversal of", index=True, readonly=True, copy=False)
    reversal_move_ids = One2many("account.move", "reversed_entry_id", "Reversal Move")
    matched_payment_ids = Many2many("account.payment", "Payments", copy=False)
    line_count = Integer("Lines", sql="SELECT count(*) FROM account_move_line l WHERE l.move_id = {a}.id")

    # -- names --------------------------------------------------------------------------------------------------------

    def _display_names(self) -> dict[int, Any]:
        return {row["id"]: _named(row) for row in self._rows("name", "ref", "state", "move_type")}

    # -- what may be asked --------------------------------------------------------------------------------------------

    @method
    def action_post(self) -> bool:
        self._check("write")
        self._post()
        return False

    @method
    def button_draft(self) -> None:
        self._check("write")
        if any(row["state"] not in ("posted", "cancel") for row in self._rows("state")):
            raise UserError("Only posted/cancelled journal entries can be reset to draft.")
        self._unsettle()
        self._store({id_: {"state": "draft"} for id_ in self.ids})
        self._sum_up()

    @method
    def button_cancel(self) -> None:
        self._check("write")
        self._cancel()

    @method
    def js_assign_outstanding_line(self, line_id: int) -> None:
        """Settles the entry against another one's open line."""
        self._check("write")
        other = self._of("account.move.line", [line_id])._get("move_id")
        self._settle_with(other)

    # -- post ---------------------------------------------------------------------------------------------------------

    def _post(self) -> None:
        self._must_exist()
        for row in self._rows("name", "state", "partner_id", "move_type", "line_count"):
            self._refuse_to_post(row)
        for id_ in self.ids:
            self._browse([id_])._post_one()

    def _refuse_to_post(self, row: Values) -> None:
        if row["state"] != "draft":
            raise UserError(f"The entry {row['name'] or False} (id {row['id']}) must be in draft.")
        if not row["line_count"]:
            raise UserError("Even magicians can't post nothing!")
        if not row["partner_id"] and row["move_type"].startswith("out_"):
            raise UserError("The 'Customer' field is required to validate the invoice.\nYou probably don't want to "
                "explain to your "
                            "auditor that you invoiced an invisible man :)")  # fmt: skip

    def _post_one(self) -> None:
        row = self._row("name", "invoice_date", "date", "move_type", "payment_reference", "reversed_entry_id",
            "invoice_date_due",
                        "journal_id")  # fmt: skip
        day = row["invoice_date"] or (self.env.today if row["move_type"] != "entry" else None)
        values: Values = {"state": "posted", "posted_before": 1, "invoice_date": day, "date": day or row["date"]}
        values["invoice_date_due"] = row["invoice_date_due"] or day
        values["name"] = row["name"] or self._next_name(row, values["date"])
        if row["move_type"] == "out_invoice":
            values["payment_reference"] = row["payment_reference"] or values["name"]
        self._store({self.ids[0]: values})
        self._sum_up()
        origin = row["reversed_entry_id"]
        if origin and self._browse([origin])._get("state") == "posted":
            self._settle_with(origin)

    def _next_name(self, row: Values, date: str) -> str:
        journal = self._of("account.journal", [row["journal_id"]])._row("code", "refund_sequence", "type")
        refund = row["move_type"].endswith("_refund") and journal["refund_sequence"]
        prefix = f"{'R' if refund else ''}{journal['code']}/{date[:4]}/"
        if journal["type"] not in ("sale", "purchase"):
            prefix += f"{date[5:7]}/"
        return f"{prefix}{self.env.next_number(prefix):05d}"

    def _cancel(self) -> None:
        self._unsettle()
        self._store({id_: {"state": "cancel"} for id_ in self.ids})
        self._sum_up()

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            row.setdefault("currency_id", self._of("res.company", [self.env.company])._get("currency_id"))
            if not row.get("journal_id"):
                row["journal_id"] = self._usual_journal(row.get("move_type", "entry"))
            if row.get("invoice_date"):
                row["date"] = row["invoice_date"]
            if row.get("partner_id"):
                row["commercial_partner_id"] = self._of("res.partner", [row["partner_id"]])._get(
                    "commercial_partner_id"
                )

    def _usual_journal(self, move_type: str) -> int | None:
        kind = {"out": "sale", "in_": "purchase"}.get(
            move_type[:3].rstrip("_") if move_type.startswith("out") else move_type[:3], "general"
        )
        found = self._of("account.journal", ())._ids_where("type = ? AND active", [kind], "sequence, id")
        return found[0] if found else None

    def _after_create(self, rows: list[Values]) -> None:
        self._sum_up()

    def _before_write(self, vals: Values) -> None:
        fixed = [name for name in vals if name in _FIXED]
        if fixed and any(row["state"] == "posted" for row in self._rows("state")):
            raise UserError(f"You cannot modify the following readonly fields on a posted move: {', '.join(fixed)}")
        if vals.get("invoice_date"):
            vals.setdefault("date", vals["invoice_date"])
        if vals.get("partner_id"):
            vals["commercial_partner_id"] = self._of("res.partner", [vals["partner_id"]])._get("commercial_partner_id")

    def _before_unlink(self) -> None:
        for row in self._rows("state"):
            if row["state"] == "posted":
                raise UserError(
                    "You can't delete a posted journal item. Don’t play games with your accounting records; "
                    "reset the journal entry to draft before deleting it."
                )
        self._sold = self._sold_lines()

    def _remove(self) -> None:
        super()._remove()
        self._of("sale.order.line", self._sold)._invoiced()

    # -- lines --------------------------------------------------------------------------------------------------------

    def _compute_invoice_lines(self) -> dict[int, list[int]]:
        """Those that people see: without what is worked out from them."""
        found = self._links("line_ids")
        kinds = "('product', 'line_section', 'line_subsection', 'line_note')"
        own = f"display_type IN {kinds} AND id IN (SELECT value FROM json_each(?))"
        shown = set(self._of("account.move.line", ())._ids_where(own, [str(self._lines("line_ids"))]))
        return {id_: [line for line in lines if line in shown] for id_, lines in found.items()}

    def _write_invoice_lines(self, value: Any) -> None:
        self._change({"line_ids": value})


def _named(row: Values) -> str:
    if row["state"] == "draft":
        name = _DRAFTS[row["move_type"]] + (f" {row['name']}" if row["name"] else f" (* {row['id']})")
    else:
        name = row["name"] or ""
    return f"{name} ({row['ref']})" if row["ref"] else name
