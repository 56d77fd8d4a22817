"""The wizard that makes credit notes."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Char, Date
from mooring_sandbox.odoo.orm.model import Transient
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import method

Values = dict[str, Any]
_OPPOSITE = {"out_invoice": "out_refund", "in_invoice": "in_refund", "out_refund": "out_invoice",
    "in_refund": "in_invoice",
             "entry": "entry", "out_receipt": "out_refund", "in_receipt": "in_refund"}  # fmt: skip


class Reversal(Transient):
    _name = "account.move.reversal"
    _description = "Account Move Reversal"

    move_ids = Many2many("account.move", "Entries")
    new_move_ids = Many2many("account.move", "New Entries")
    date = Date("Reversal date", default=lambda env: env.today)
    reason = Char("Reason displayed on Credit Note")
    journal_id = Many2one("account.journal", "Journal", required=True)
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)

    def _before_create(self, rows: list[Values]) -> None:
        asked = self.env.context.get("active_ids") if self.env.context.get("active_model") == "account.move" else None
        for row in rows:
            if asked and not row.get("move_ids"):
                row["move_ids"] = [[6, 0, list(asked)]]
            if not row.get("journal_id") and asked:
                row["journal_id"] = self._of("account.move", asked[:1])._get("journal_id")

    def _after_create(self, rows: list[Values]) -> None:
        moves = self._of("account.move", self._lines("move_ids"))
        if any(row["state"] != "posted" for row in moves._rows("state")):
            raise UserError("You can only reverse posted moves.")

    # -- reverse ------------------------------------------------------------------------------------------------------

    @method
    def refund_moves(self) -> dict[str, Any]:
        return self.reverse_moves()

    @method
    def modify_moves(self) -> dict[str, Any]:
        return self.reverse_moves(is_modify=True)

    @method
    def reverse_moves(self, is_modify: bool = False) -> dict[str, Any]:
        """A draft for each entry; asked again, as many again. With `is_modify` it is posted, and a fresh draft made."""
        self._check("write")
        self.env["account.move"]._check_model("create")
        made = [self._sudo()._reversed(id_) for id_ in self._lines("move_ids")]
        if is_modify:
            made = [self._sudo()._replaced(id_) for id_ in made]
        self._sudo()._change({"new_move_ids": [[6, 0, made]]})
        action: dict[str, Any] = {"name": "Reverse Moves", "type": "ir.actions.act_window", "res_model": "account.move"}
        if len(made) == 1:
            return action | {"view_mode": "form", "res_id": made[0], "context": {}}
        return action | {"view_mode": "list,form", "domain": [["id", "in", made]], "context": {}}

    def _reversed(self, id_: int) -> int:
        wizard, move = self._row("date", "reason", "journal_id"), self._of("account.move", [id_])
        facts = move._row("name", "move_type")
        reason = f", {wizard['reason']}" if wizard["reason"] else ""
        values = move._copied(id_) | {
            "move_type": _OPPOSITE[facts["move_type"]], "journal_id": wizard["journal_id"], "reversed_entry_id": id_,
            "ref": f"Reversal of: {facts['name']}{reason}", "date": wizard["date"], "name": False, "state": "draft",
            "invoice_date": wizard["date"] if facts["move_type"] != "entry" else False, "payment_state": "not_paid",
            "line_ids": [[0, 0, line] for line in self._copied_lines(move)],
        }  # fmt: skip
        return move._make([values]).ids[0]

    def _replaced(self, refund: int) -> int:
        """The entry is settled by its credit note, and a draft like it takes its place."""
        moves = self._of("account.move", [refund])
        moves._post()
        origin = moves._browse([moves._get("reversed_entry_id")])
        lines = [[0, 0, line] for line in self._copied_lines(origin)]
        return origin._make([origin._copied(origin.ids[0]) | {"line_ids": lines, "state": "draft"}]).ids[0]

    def _copied_lines(self, move: Any) -> list[Values]:
        """With their taxes, and the order lines that they invoice."""
        lines = self._of("account.move.line", move._links("invoice_line_ids")[move.ids[0]])
        taxed, sold = lines._links("tax_ids"), lines._links("sale_line_ids")
        found = []
        for id_ in lines.ids:
            row = lines._copied(id_)
            row.pop("move_id", None)
            found.append(row | {"tax_ids": [[6, 0, taxed[id_]]], "sale_line_ids": [[6, 0, sold[id_]]]})
        return found
