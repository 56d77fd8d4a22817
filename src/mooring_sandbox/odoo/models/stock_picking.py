"""Transfers and what moves in them."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Datetime, Float, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2one, One2many
from mooring_sandbox.odoo.orm.remote import method

Values = dict[str, Any]
_STATES = [
    ("draft", "Draft"), ("waiting", "Waiting Another Operation"), ("confirmed", "Waiting"), ("assigned", "Ready"),
    ("done", "Done"), ("cancel", "Cancelled"),
]  # fmt: skip
_MOVE_STATES = [
    ("draft", "New"), ("waiting", "Waiting Another Move"), ("confirmed", "Waiting"),
    ("partially_available", "Partially Available"), ("assigned", "Available"), ("done", "Done"),
    ("cancel", "Cancelled"),
]  # fmt: skip


class Picking(Model):
    _name = "stock.picking"
    _description = "Transfer"
    _order = "priority desc, scheduled_date asc, id desc"

    name = Char("Reference", index=True, copy=False)
    priority = Selection([("0", "Normal"), ("1", "Urgent")], "Priority", default="0")
    state = Selection(_STATES, "Status", default="draft", readonly=True, copy=False)
    origin = Char("Source Document", index=True)
    partner_id = Many2one("res.partner", "Contact")
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    picking_type_id = Many2one("stock.picking.type", "Operation Type", required=True)
    picking_type_code = Selection(
        [("incoming", "Receipt"), ("outgoing", "Delivery"), ("internal", "Internal Transfer")],
        "Type of Operation", related="picking_type_id.code",
    )  # fmt: skip
    location_id = Many2one("stock.location", "Source Location", required=True)
    location_dest_id = Many2one("stock.location", "Destination Location", required=True)
    scheduled_date = Datetime("Scheduled Date", default=lambda env: env.now[:19])
    date_done = Datetime("Date of Transfer", readonly=True, copy=False)
    sale_id = Many2one("sale.order", "Sales Order", index=True)
    move_ids = One2many("stock.move", "picking_id", "Stock Moves")
    return_id = Many2one("stock.picking", "Return of", readonly=True)
    note = Char("Notes")

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            kind = self._of("stock.picking.type", [row["picking_type_id"]]) if row.get("picking_type_id") else None
            if kind is None:
                continue
            facts = kind._row("sequence_code", "warehouse_id", "default_location_src_id", "default_location_dest_id")
            row.setdefault("location_id", facts["default_location_src_id"])
            row.setdefault("location_dest_id", facts["default_location_dest_id"])
            if not row.get("name"):
                house = self._of("stock.warehouse", [facts["warehouse_id"]])._get("code")
                prefix = f"{house}/{facts['sequence_code']}/"
                row["name"] = f"{prefix}{self.env.next_number(prefix):05d}"

    # -- what may be asked --------------------------------------------------------------------------------------------

    @method
    def action_confirm(self) -> bool:
        self._check("write")
        self._moves()._confirm()
        return True

    @method
    def action_assign(self) -> bool:
        self._check("write")
        self._moves()._assign()
        return True

    @method
    def button_validate(self) -> bool:
        """Everything that is ready goes; what is not stays in a transfer of its own."""
        self._check("write")
        if any(row["state"] in ("done", "cancel") for row in self._rows("state")):
            raise UserError("You can only validate transfers that are neither done nor cancelled.")
        for id_ in self.ids:
            self._browse([id_])._validate()
        return True

    @method
    def action_cancel(self) -> bool:
        self._check("write")
        self._moves()._cancel()
        return True

    def _moves(self) -> Any:
        return self._of("stock.move", self._lines("move_ids"))

    def _validate(self) -> None:
        moves = self._moves()
        ready = [
            row for row in moves._rows("state", "quantity", "product_uom_qty") if row["state"] not in ("done", "cancel")
        ]
        counted = [row for row in ready if row["quantity"]]
        if not counted:
            raise UserError(
                "You cannot validate a transfer if no quantities are reserved. To force the transfer, encode "
                "quantities."
            )
        left = [row["id"] for row in ready if not row["quantity"]]
        left += [moves._browse([row["id"]])._split(row) for row in counted if row["quantity"] < row["product_uom_qty"]]
        moves._browse([row["id"] for row in counted])._do()
        if left:
            self._backorder(left)
        self._settle()

    def _backorder(self, moves: list[int]) -> None:
        row = self._copied(self.ids[0]) | {"name": False, "state": "draft"}
        other = self._make([row])
        self._of("stock.move", moves)._store({id_: {"picking_id": other.ids[0]} for id_ in moves})
        other._settle()

    def _settle(self) -> None:
        """The state of a transfer is that of its moves."""
        for id_ in self.ids:
            states = {row["state"] for row in self._browse([id_])._moves()._rows("state")}
            now = _state(states)
            done = self.env.now if now == "done" else None
            self._store({id_: {"state": now, "date_done": done}})


def _state(states: set[str]) -> str:
    open_ = states - {"done", "cancel"}
    if not states or states == {"draft"}:
        return "draft"
    if not open_:
        return "done" if "done" in states else "cancel"
    return "assigned" if open_ == {"assigned"} else "confirmed"


class Move(Model):
    _name = "stock.move"
    _description = "Stock Move"
    _order = "sequence, id"
    _rec_name = "reference"

    sequence = Integer("Sequence", default=10)
    reference = Char("Reference")
    product_id = Many2one("product.product", "Product", required=True, index=True)
    product_uom_qty = Float("Demand", default=0.0)
    product_uom = Many2one("uom.uom", "Unit", default=lambda env: env.ref("uom.product_uom_unit"))
    quantity = Float("Quantity", default=0.0)
    picked = Boolean("Picked", default=False)
    state = Selection(_MOVE_STATES, "Status", default="draft", readonly=True, copy=False)
    picking_id = Many2one("stock.picking", "Transfer", index=True)
    location_id = Many2one("stock.location", "Source Location", required=True)
    location_dest_id = Many2one("stock.location", "Intermediate Location", required=True)
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    partner_id = Many2one("res.partner", "Destination Address")
    origin = Char("Source Document")
    date = Datetime("Date Scheduled", default=lambda env: env.now[:19])
    is_inventory = Boolean("Inventory")
    sale_line_id = Many2one("sale.order.line", "Sale Line", index=True)
    origin_returned_move_id = Many2one("stock.move", "Origin return move", copy=False)

    # -- from planned to done -----------------------------------------------------------------------------------------

    def _confirm(self) -> None:
        rows = [row["id"] for row in self._rows("state") if row["state"] == "draft"]
        self._store({id_: {"state": "confirmed"} for id_ in rows})
        self._browse(rows)._assign()

    def _assign(self) -> None:
        """What is not tracked is always there; of the rest, as much as is free."""
        quants = self.env["stock.quant"]
        for row in self._rows("state", "product_id", "product_uom_qty", "quantity", "location_id"):
            if row["state"] in ("done", "cancel", "draft"):
                continue
            got = row["product_uom_qty"]
            if self._tracked(row):
                got = row["quantity"] + quants._reserve(row["product_id"], row["location_id"], got - row["quantity"])
            now = "assigned" if got >= row["product_uom_qty"] else "partially_available" if got else "confirmed"
            self._store({row["id"]: {"quantity": got, "state": now}})
        self._pickings()._settle()

    def _tracked(self, row: Values) -> bool:
        """Only what is kept in stock and leaves one of our own places is reserved."""
        storable = self._of("product.product", [row["product_id"]])._get("is_storable")
        return bool(storable) and self._of("stock.location", [row["location_id"]])._get("usage") == "internal"

    def _do(self) -> None:
        quants = self.env["stock.quant"]
        for row in self._rows("product_id", "quantity", "location_id", "location_dest_id"):
            if self._of("product.product", [row["product_id"]])._get("is_storable"):
                quants._release_reserved(row["product_id"], row["location_id"], row["quantity"])
                quants._move(row["product_id"], row["location_id"], -row["quantity"])
                quants._move(row["product_id"], row["location_dest_id"], row["quantity"])
        self._store({id_: {"state": "done", "picked": 1, "date": self.env.now} for id_ in self.ids})
        self._tell_sales()

    def _split(self, row: Values) -> int:
        """What is not there becomes a move of its own."""
        rest = self._copied(row["id"]) | {"product_uom_qty": row["product_uom_qty"] - row["quantity"], "quantity": 0.0}
        self._store({row["id"]: {"product_uom_qty": row["quantity"]}})
        made = self._make([rest])
        made._store({made.ids[0]: {"state": "confirmed"}})
        return made.ids[0]

    def _cancel(self) -> None:
        rows = [row for row in self._rows("state", "product_id", "quantity", "location_id") if row["state"] != "done"]
        for row in rows:
            if row["quantity"] and self._tracked(row):
                self.env["stock.quant"]._release_reserved(row["product_id"], row["location_id"], row["quantity"])
        self._store({row["id"]: {"state": "cancel", "quantity": 0.0} for row in rows})
        self._pickings()._settle()
        self._tell_sales()

    def _pickings(self) -> Any:
        return self._of("stock.picking", sorted({row["picking_id"] for row in self._rows("picking_id")} - {None}))

    def _tell_sales(self) -> None:
        lines = {row["sale_line_id"] for row in self._rows("sale_line_id")} - {None}
        self._of("sale.order.line", sorted(lines))._delivered()
