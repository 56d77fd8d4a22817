"""Payments, and the wizard that makes them."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Monetary, Selection
from mooring_sandbox.odoo.orm.model import Model, Transient
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import method

Values = dict[str, Any]
_WAYS = [("outbound", "Send"), ("inbound", "Receive")]
_WHO = [("customer", "Customer"), ("supplier", "Vendor")]
_NOTHING_LEFT = (
    "There's nothing left to pay for the selected journal items, so no payment registration is necessary. "
    "You've got your finances under control like a boss!"
)
_INBOUND = {"out_invoice", "in_refund", "out_receipt"}


class Payment(Model):
    _name = "account.payment"
    _description = "Payments"
    _order = "date desc, name desc"

    name = Char("Number", copy=False)
    state = Selection(
        [("draft", "Draft"), ("in_process", "In Process"), ("paid", "Paid"), ("canceled", "Canceled"),
        ("rejected", "Rejected")],
        "State", default="draft", copy=False,
    )  # fmt: skip
    date = Date("Date", required=True, default=lambda env: env.today)
    memo = Char("Memo", index=True)
    amount = Monetary("Amount", default=0.0)
    payment_type = Selection(_WAYS, "Payment Type", required=True, default="inbound")
    partner_type = Selection(_WHO, "Partner Type", required=True, default="customer")
    partner_id = Many2one("res.partner", "Customer/Vendor", ondelete="restrict")
    journal_id = Many2one("account.journal", "Journal", required=True)
    currency_id = Many2one("res.currency", "Currency")
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    payment_method_line_id = Many2one("account.payment.method.line", "Payment Method")
    payment_reference = Char("Payment Reference", copy=False)
    is_sent = Boolean("Is Sent")
    is_matched = Boolean("Is Matched With a Bank Statement", default=False)
    is_reconciled = Boolean("Is Reconciled", sql=(
        "{a}.amount <= (SELECT coalesce(sum(p.amount), 0) FROM account_partial_reconcile p WHERE p.payment_id = "
        "{a}.id)"))  # fmt: skip
    invoice_ids = Many2many("account.move", "Invoices", mirror="account.move.matched_payment_ids")
    reconciled_invoice_ids = Many2many("account.move", "Reconciled Invoices", compute="_compute_reconciled")
    move_id = Many2one("account.move", "Journal Entry", copy=False)

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            if not row.get("journal_id"):
                row["journal_id"] = self._usual_journal()
            row.setdefault("currency_id", self._of("res.company", [self.env.company])._get("currency_id"))

    def _usual_journal(self) -> int | None:
        found = self._of("account.journal", ())._ids_where(
            "type IN ('bank', 'cash') AND active", (), "type, sequence, id"
        )
        return found[0] if found else None

    def _compute_reconciled(self) -> dict[int, list[int]]:
        return self._links("invoice_ids")

    # -- what may be asked --------------------------------------------------------------------------------------------

    @method
    def action_post(self) -> None:
        self._check("write")
        for row in self._rows("state", "name", "date", "journal_id"):
            if row["state"] != "draft":
                raise UserError(f"The entry {row['name'] or False} (id {row['id']}) must be in draft.")
            code = self._of("account.journal", [row["journal_id"]])._get("code")
            prefix = f"P{code}/{row['date'][:4]}/"
            name = row["name"] or f"{prefix}{self.env.next_number(prefix):05d}"
            self._store({row["id"]: {"state": "in_process", "name": name}})

    @method
    def action_validate(self) -> None:
        self._check("write")
        self._store({id_: {"state": "paid"} for id_ in self.ids})

    @method
    def action_draft(self) -> None:
        self._check("write")
        self._release()
        self._store({id_: {"state": "draft"} for id_ in self.ids})

    @method
    def action_cancel(self) -> None:
        self._check("write")
        self._release()
        self._store({id_: {"state": "canceled"} for id_ in self.ids})

    def _release(self) -> None:
        """What it paid is open again."""
        matches = self._of("account.partial.reconcile", ())
        found = matches._browse(
            matches._ids_where("payment_id IN (SELECT value FROM json_each(?))", [str(list(self.ids))])
        )
        moves = sorted({row["move_id"] for row in found._rows("move_id")})
        if found.ids:
            found._remove()
        self.env.cr.execute(
            "DELETE FROM account_move_matched_payment_ids_rel WHERE right_id IN (SELECT value FROM json_each(?))",
            [str(list(self.ids))],
        )
        self._of("account.move", moves)._sum_up()

    def _before_unlink(self) -> None:
        if any(row["state"] not in ("draft", "canceled") for row in self._rows("state")):
            raise UserError("You cannot delete a payment that is linked to a posted entry.")


class PaymentRegister(Transient):
    _name = "account.payment.register"
    _description = "Pay"

    payment_date = Date("Payment Date", required=True, default=lambda env: env.today)
    amount = Monetary("Amount", default=0.0)
    communication = Char("Memo")
    group_payment = Boolean("Group Payments", default=False)
    currency_id = Many2one("res.currency", "Currency")
    journal_id = Many2one("account.journal", "Journal")
    payment_method_line_id = Many2one("account.payment.method.line", "Payment Method")
    payment_type = Selection(_WAYS, "Payment Type")
    partner_type = Selection(_WHO, "Partner Type")
    partner_id = Many2one("res.partner", "Customer/Vendor")
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    move_ids = Many2many("account.move", "Entries")
    source_amount = Monetary("Amount to Pay", default=0.0)
    payment_difference = Monetary("Payment Difference", sql="{a}.source_amount - {a}.amount")
    payment_difference_handling = Selection(
        [("open", "Keep open"), ("reconcile", "Mark as fully paid")], "Payment Difference Handling", default="open"
    )
    writeoff_account_id = Many2one("account.account", "Difference Account")
    writeoff_label = Char("Journal Item Label", default="Write-Off")

    def _before_create(self, rows: list[Values]) -> None:
        moves = self._asked()
        facts = moves._rows(
            "amount_residual", "move_type", "currency_id", "partner_id", "payment_reference", "name", "ref"
        )
        open_ = [row for row in facts if row["amount_residual"]]
        if not open_:
            raise UserError(_NOTHING_LEFT)
        for row in rows:
            self._propose(row, open_)

    def _asked(self) -> Any:
        """The entries that the context names."""
        model, ids = self.env.context.get("active_model"), self.env.context.get("active_ids") or []
        if model == "account.move.line":
            ids = sorted({row["move_id"] for row in self._of(model, ids)._rows("move_id")})
        elif model != "account.move":
            raise UserError(
                "The register payment wizard should only be called on account.move or account.move.line records."
            )
        moves = self.env["account.move"]._browse(ids)
        moves._check("read")
        return moves._sudo()

    def _propose(self, row: Values, moves: list[Values]) -> None:
        first = moves[0]
        due = round(sum(move["amount_residual"] for move in moves), 6)
        row["source_amount"] = due
        row["amount"] = row.get("amount") or due
        row["currency_id"] = row.get("currency_id") or first["currency_id"]
        row["journal_id"] = row.get("journal_id") or self._of("account.payment", ())._usual_journal()
        row["payment_type"] = "inbound" if first["move_type"] in _INBOUND else "outbound"
        row["partner_type"] = "customer" if first["move_type"].startswith("out_") else "supplier"
        row["partner_id"] = first["partner_id"]
        row["move_ids"] = [[6, 0, [move["id"] for move in moves]]]
        if not row.get("communication"):
            row["communication"] = ", ".join(str(m["payment_reference"] or m["ref"] or m["name"] or "") for m in moves)

    # -- pay ----------------------------------------------------------------------------------------------------------

    @method
    def action_create_payments(self) -> dict[str, Any]:
        self._check("write")
        payments = self._sudo()._pay()
        action: dict[str, Any] = {"name": "Payments", "type": "ir.actions.act_window", "res_model": "account.payment",
                                  "context": {"create": False}}  # fmt: skip
        if len(payments) == 1:
            return action | {"view_mode": "form", "res_id": payments[0]}
        return action | {"view_mode": "list,form", "domain": [["id", "in", payments]]}

    def _pay(self) -> list[int]:
        row = self._row("amount", "payment_difference_handling", "group_payment", "source_amount")
        moves = self._of("account.move", self._links("move_ids")[self.ids[0]])
        facts = moves._rows("state", "amount_residual")
        if any(move["state"] != "posted" for move in facts):
            raise UserError("You can only register payment for posted journal entries.")
        open_ = [move for move in facts if move["amount_residual"]]
        if not open_:
            raise UserError(_NOTHING_LEFT)
        if len(open_) == 1 or row["group_payment"]:
            return [self._pay_these(open_, row["amount"], full=row["payment_difference_handling"] == "reconcile")]
        return [self._pay_these([move], move["amount_residual"]) for move in open_]

    def _pay_these(self, moves: list[Values], amount: float, *, full: bool = False) -> int:
        row = self._row("payment_date", "communication", "currency_id", "journal_id", "payment_type", "partner_type",
            "partner_id",
                        "payment_method_line_id")  # fmt: skip
        made = self._of("account.payment", ())._make([{
            "date": row["payment_date"], "memo": row["communication"], "amount": amount,
            "currency_id": row["currency_id"],
            "journal_id": row["journal_id"], "payment_type": row["payment_type"], "partner_type": row["partner_type"],
            "partner_id": self._of("account.move", [moves[0]["id"]])._get("partner_id"),
            "payment_method_line_id": row["payment_method_line_id"],
        }])  # fmt: skip
        made.action_post()
        left = amount
        for move in moves:
            part = move["amount_residual"] if full else min(left, move["amount_residual"])
            left -= part
            self._of("account.move", [move["id"]])._settle_by(made.ids[0], part)
        if made._get("is_reconciled"):
            made._store({made.ids[0]: {"state": "paid"}})
        return made.ids[0]
