"""Warehouses, locations, kinds of transfers."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.fields import Boolean, Char, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2one, One2many

Values = dict[str, Any]


class Location(Model):
    _name = "stock.location"
    _description = "Inventory Locations"
    _order = "complete_name, id"
    _rec_name = "complete_name"
    _parent_name = "location_id"
    _rec_names_search = ("complete_name", "barcode")

    name = Char("Location Name", required=True)
    complete_name = Char("Full Location Name", readonly=True)
    active = Boolean("Active", default=True)
    usage = Selection(
        [("supplier", "Vendor"), ("view", "Virtual"), ("internal", "Internal"), ("customer", "Customer"),
         ("inventory", "Inventory Loss"), ("production", "Production"), ("transit", "Transit")],
        "Location Type", required=True, default="internal", index=True,
    )  # fmt: skip
    location_id = Many2one("stock.location", "Parent Location")
    child_ids = One2many("stock.location", "location_id", "Contains")
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)
    barcode = Char("Barcode")
    warehouse_id = Many2one("stock.warehouse", "Warehouse", compute="_compute_warehouse")

    def _after_create(self, rows: list[Values]) -> None:
        self._settle()

    def _after_write(self, vals: Values) -> None:
        if {"name", "location_id", "usage"} & vals.keys():
            self._settle()

    def _settle(self) -> None:
        """Below a view, a location is told with its way down; the topmost views stand for themselves."""
        for row in self._rows("name", "location_id", "usage"):
            above = self._browse([row["location_id"]])._get("complete_name") if row["location_id"] else None
            full = f"{above}/{row['name']}" if above and row["usage"] != "view" else row["name"]
            self._store({row["id"]: {"complete_name": full}})
            self._browse(self._ids_where("location_id = ?", [row["id"]]))._settle()

    def _compute_warehouse(self) -> dict[int, Any]:
        houses = dict(self.env.cr.rows("SELECT view_location_id, id FROM stock_warehouse"))
        return {id_: next((houses[above] for above in self._above(id_) if above in houses), None) for id_ in self.ids}

    def _above(self, id_: int | None) -> list[int]:
        """The location itself and all it lies in."""
        found: list[int] = []
        while id_ and id_ not in found:
            found.append(id_)
            id_ = self._browse([id_])._get("location_id")
        return found

    def _below(self) -> list[int]:
        rows = self.env.cr.rows(
            "WITH RECURSIVE tree(id) AS (SELECT value FROM json_each(?) UNION "
            "SELECT l.id FROM stock_location l JOIN tree ON l.location_id = tree.id) SELECT id FROM tree",
            [str(list(self.ids))],
        )
        return [row[0] for row in rows]


class Warehouse(Model):
    _name = "stock.warehouse"
    _description = "Warehouse"
    _order = "sequence, id"
    _rec_names_search = ("name", "code")

    name = Char("Warehouse", required=True)
    code = Char("Short Name", required=True)
    active = Boolean("Active", default=True)
    sequence = Integer("Sequence", default=10)
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)
    partner_id = Many2one("res.partner", "Address")
    view_location_id = Many2one("stock.location", "View Location", required=True)
    lot_stock_id = Many2one("stock.location", "Location Stock", required=True)
    in_type_id = Many2one("stock.picking.type", "In Type")
    out_type_id = Many2one("stock.picking.type", "Out Type")

    _uniques = (("stock_warehouse_warehouse_code_uniq", ("code", "company_id"), ""),)

    def _before_create(self, rows: list[Values]) -> None:
        """A warehouse comes with its locations."""
        places = self._of("stock.location", ())
        for row in rows:
            if not row.get("view_location_id"):
                row["view_location_id"] = places._make([{"name": row.get("code"), "usage": "view"}]).ids[0]
            if not row.get("lot_stock_id"):
                row["lot_stock_id"] = places._make([{"name": "Stock", "location_id": row["view_location_id"]}]).ids[0]

    def _after_create(self, rows: list[Values]) -> None:
        """And with its kinds of transfers."""
        kinds = self._of("stock.picking.type", ())
        customers, vendors = (
            self.env.ref("stock.stock_location_customers"),
            self.env.ref("stock.stock_location_suppliers"),
        )
        for row in self._rows("lot_stock_id", "code"):
            common = {"warehouse_id": row["id"]}
            ways = (("Receipts", "incoming", "IN", vendors, row["lot_stock_id"]),
                    ("Delivery Orders", "outgoing", "OUT", row["lot_stock_id"], customers))  # fmt: skip
            made = kinds._make([
                common | {"name": name, "code": code, "sequence_code": short, "default_location_src_id": source,
                          "default_location_dest_id": target} for name, code, short, source, target in ways
            ])  # fmt: skip
            self._store({row["id"]: {"in_type_id": made.ids[0], "out_type_id": made.ids[1]}})


class PickingType(Model):
    _name = "stock.picking.type"
    _description = "Picking Type"
    _order = "sequence, id"

    name = Char("Operation Type", required=True)
    sequence = Integer("Sequence", default=1)
    active = Boolean("Active", default=True)
    sequence_code = Char("Sequence Prefix", required=True)
    code = Selection(
        [("incoming", "Receipt"), ("outgoing", "Delivery"), ("internal", "Internal Transfer")], "Type", required=True
    )
    warehouse_id = Many2one("stock.warehouse", "Warehouse", ondelete="cascade")
    default_location_src_id = Many2one("stock.location", "Source Location")
    default_location_dest_id = Many2one("stock.location", "Destination Location")
    company_id = Many2one("res.company", "Company", default=lambda env: env.company)

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "warehouse_id")
        names = self._of(
            "stock.warehouse", {row["warehouse_id"] for row in rows if row["warehouse_id"]}
        )._display_names()
        return {
            row["id"]: f"{names[row['warehouse_id']]}: {row['name']}" if row["warehouse_id"] else row["name"]
            for row in rows
        }
