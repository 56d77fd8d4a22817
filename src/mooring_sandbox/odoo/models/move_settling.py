"""What of an entry is still open: payments and credit notes that were matched with it."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.fields import Monetary
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.numbers import half_up, is_zero
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]


class PartialReconcile(Model):
    _name = "account.partial.reconcile"
    _description = "Partial Reconcile"
    _rec_name = "id"

    move_id = Many2one("account.move", "Entry", required=True, index=True, ondelete="cascade")
    counterpart_id = Many2one("account.move", "Counterpart Entry", index=True, ondelete="cascade")
    payment_id = Many2one("account.payment", "Counterpart Payment", index=True, ondelete="cascade")
    amount = Monetary("Amount")


class Settling(Model):
    """The part of an entry that adds up its lines and what was paid."""

    def _sum_up(self) -> None:
        """Sums, what is due, and how far it is paid; then what the orders know of it."""
        for id_ in self.ids:
            self._browse([id_])._renew_totals()
        self._of("sale.order.line", self._sold_lines())._invoiced()

    def _renew_totals(self) -> None:
        lines = self._of("account.move.line", self._lines("line_ids"))
        if self._get("state") == "draft":
            lines._renew_items(self.ids[0])
        rows = [
            row
            for row in lines._rows("display_type", "price_subtotal", "price_total")
            if row["display_type"] == "product"
        ]
        digits = self._digits()
        untaxed = half_up(sum(row["price_subtotal"] for row in rows), digits)
        total = half_up(sum(row["price_total"] for row in rows), digits)
        values: Values = {
            "amount_untaxed": untaxed,
            "amount_tax": half_up(total - untaxed, digits),
            "amount_total": total,
        }
        self._store({self.ids[0]: values | self._due(total, digits)})

    def _digits(self) -> int:
        return self._of("res.currency", [self._get("currency_id")])._get("decimal_places")

    def _due(self, total: float, digits: int) -> Values:
        matched = self._matched()
        residual = half_up(total - sum(amount for _, _, amount in matched), digits)
        posted = self._get("state") == "posted"
        return {"amount_residual": residual if self._get("state") != "cancel" else 0.0,
                "payment_state": self._paid(residual, total, matched, digits) if posted else "not_paid"}  # fmt: skip

    def _paid(self, residual: float, total: float, matched: list[Any], digits: int) -> str:
        if not is_zero(residual, digits):
            return "partial" if matched else "not_paid"
        if not matched and not is_zero(total, digits):
            return "not_paid"
        counterparts = [counterpart for counterpart, _, _ in matched]
        alone = len(matched) == 1 and counterparts[0] in self._links("reversal_move_ids")[self.ids[0]]
        return "reversed" if alone and self._settles_wholly(counterparts[0]) else "paid"

    def _settles_wholly(self, other: int) -> bool:
        """The other entry has no other counterpart, and nothing of it is left."""
        record = self._browse([other])
        matched = record._matched()
        left = record._get("amount_total") - sum(amount for _, _, amount in matched)
        return len(matched) == 1 and is_zero(left)

    def _matched(self) -> list[tuple[int | None, int | None, float]]:
        """(entry, payment, amount) of everything it was matched with, whichever side it stood on."""
        id_ = self.ids[0]
        rows = self.env.cr.rows(
            "SELECT CASE WHEN move_id = ? THEN counterpart_id ELSE move_id END, payment_id, amount "
            "FROM account_partial_reconcile WHERE move_id = ? OR counterpart_id = ? ORDER BY id",
            (id_, id_, id_),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def _settle_with(self, other: int) -> None:
        """As much as both still have open is matched."""
        mine, theirs = self._get("amount_residual"), self._browse([other])._get("amount_residual")
        amount = min(mine, theirs)
        if amount > 0:
            row = {"move_id": other, "counterpart_id": self.ids[0], "amount": amount}
            self._of("account.partial.reconcile", ())._make([row])
            self._browse([*self.ids, other])._sum_up()

    def _settle_by(self, payment: int, amount: float) -> None:
        row = {"move_id": self.ids[0], "payment_id": payment, "amount": amount}
        self._of("account.partial.reconcile", ())._make([row])
        self.env.cr.execute(
            "INSERT OR IGNORE INTO account_move_matched_payment_ids_rel (left_id, right_id) VALUES (?, ?)",
            (self.ids[0], payment),
        )
        self._sum_up()

    def _unsettle(self) -> None:
        """What was matched with it is open again."""
        matches = self._of("account.partial.reconcile", ())
        where = "move_id IN (SELECT value FROM json_each(?)) OR counterpart_id IN (SELECT value FROM json_each(?))"
        found = matches._browse(matches._ids_where(where, [as_list(self.ids)] * 2))
        others = {
            row[name] for row in found._rows("move_id", "counterpart_id") for name in ("move_id", "counterpart_id")
        }
        if found.ids:
            found._remove()
        self._browse(sorted(others - {None} - set(self.ids)))._sum_up()

    def _sold_lines(self) -> list[int]:
        """The order lines that these entries invoice."""
        rows = self.env.cr.rows(
            "SELECT DISTINCT r.right_id FROM account_move_line l JOIN account_move_line_sale_line_ids_rel r ON "
            "r.left_id = l.id "
            "WHERE l.move_id IN (SELECT value FROM json_each(?)) ORDER BY 1",
            [as_list(self.ids)],
        )
        return [row[0] for row in rows]
