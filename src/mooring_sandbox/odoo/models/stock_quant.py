"""What lies where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mooring_sandbox.odoo.errors import ValidationError
from mooring_sandbox.odoo.orm.fields import Boolean, Date, Float
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.remote import method, model_method
from mooring_sandbox.odoo.orm.storage import as_list
from mooring_sandbox.odoo.rights import STOCK

Values = dict[str, Any]


class Quant(Model):
    _name = "stock.quant"
    _description = "Quants"
    _order = "location_id, id"
    _rec_name = "product_id"

    product_id = Many2one("product.product", "Product", required=True, index=True)
    product_tmpl_id = Many2one("product.template", "Product Template", related="product_id.product_tmpl_id")
    location_id = Many2one("stock.location", "Location", required=True, index=True)
    company_id = Many2one("res.company", "Company", related="location_id.company_id")
    warehouse_id = Many2one("stock.warehouse", "Warehouse", compute="_compute_warehouse")
    quantity = Float("Quantity", default=0.0)
    reserved_quantity = Float("Reserved Quantity", default=0.0)
    available_quantity = Float("Available Quantity", sql="{a}.quantity - {a}.reserved_quantity")
    inventory_quantity = Float("Counted Quantity", default=0.0)
    inventory_quantity_set = Boolean("Inventory Quantity Set", default=False)
    inventory_diff_quantity = Float(
        "Difference", sql="CASE WHEN {a}.inventory_quantity_set THEN {a}.inventory_quantity - {a}.quantity ELSE 0.0 END"
    )
    inventory_quantity_auto_apply = Float("Inventoried Quantity", sql="{a}.quantity", inverse="_set_counted")
    inventory_date = Date("Scheduled Date")
    in_date = Date("Incoming Date", default=lambda env: env.today)

    # -- counting -----------------------------------------------------------------------------------------------------

    @model_method
    def create(self, vals_list: Any) -> Self:
        """While counting, whoever works in the warehouse may; the quant that is there already is counted."""
        if not self.env.context.get("inventory_mode") or not self.env.allows((STOCK,)):
            return super().create(vals_list)
        rows = [vals_list] if isinstance(vals_list, dict) else vals_list
        return self._browse([self._sudo()._counted(dict(row)) for row in rows])

    def _counted(self, row: Values) -> int:
        known = self._ids_where("product_id = ? AND location_id = ?", [row.get("product_id"), row.get("location_id")])
        if not known:
            return self._make([row]).ids[0]
        self._browse(known[:1])._change({name: value for name, value in row.items() if name.startswith("inventory_")})
        return known[0]

    @method
    def action_apply_inventory(self) -> None:
        """What was counted is what there is; the difference comes from, or goes to, the inventory adjustment."""
        loss = self.env.ref("stock.location_inventory")
        for row in self._rows("product_id", "location_id", "inventory_diff_quantity"):
            change = row["inventory_diff_quantity"]
            self._move(row["product_id"], row["location_id"], change)
            self._move(row["product_id"], loss, -change)
            self._note(row, change, loss)
        self._store({id_: {"inventory_quantity": 0.0, "inventory_quantity_set": 0} for id_ in self.ids})

    def _note(self, row: Values, change: float, loss: int) -> None:
        if not change:
            return
        source, target = (loss, row["location_id"]) if change > 0 else (row["location_id"], loss)
        self._of("stock.move", ())._make([{
            "product_id": row["product_id"], "product_uom_qty": abs(change), "quantity": abs(change), "state": "done",
            "location_id": source, "location_dest_id": target, "is_inventory": True,
            "reference": "Product Quantity Updated",
        }])  # fmt: skip

    def _compute_warehouse(self) -> dict[int, Any]:
        rows = self._rows("location_id")
        houses = self._of("stock.location", {row["location_id"] for row in rows})._compute_warehouse()
        return {row["id"]: houses[row["location_id"]] for row in rows}

    def _set_counted(self, value: Any) -> None:
        self._store({id_: {"inventory_quantity": float(value or 0), "inventory_quantity_set": 1} for id_ in self.ids})
        self.action_apply_inventory()

    def _before_create(self, rows: list[Values]) -> None:
        products = self._of("product.product", {row["product_id"] for row in rows if row.get("product_id")})
        storable = {row["id"] for row in products._rows("is_storable") if row["is_storable"]}
        if any(row.get("product_id") not in storable for row in rows if row.get("product_id")):
            raise ValidationError("Quants cannot be created for consumables or services.")
        for row in rows:
            if "inventory_quantity" in row:
                row["inventory_quantity_set"] = True

    def _before_write(self, vals: Values) -> None:
        if "inventory_quantity" in vals:
            vals["inventory_quantity_set"] = True

    # -- for transfers ------------------------------------------------------------------------------------------------

    def _move(self, product: int, location: int, change: float) -> None:
        """More or less of it there; a quant is made for what was never there."""
        known = self._ids_where("product_id = ? AND location_id = ?", [product, location])
        if known:
            now = self._browse(known[:1])._get("quantity")
            self._browse(known[:1])._update({"quantity": now + change})
        elif change:
            self._sudo()._make([{"product_id": product, "location_id": location, "quantity": change}])

    def _reserve(self, product: int, location: int, wanted: float) -> float:
        """As much of it as is free."""
        got = 0.0
        places = self._of("stock.location", [location])._below()
        ids = self._ids_where(
            "product_id = ? AND location_id IN (SELECT value FROM json_each(?)) AND quantity > reserved_quantity",
            [product, as_list(places)],
        )
        for row in self._browse(ids)._rows("quantity", "reserved_quantity"):
            part = min(row["quantity"] - row["reserved_quantity"], wanted - got)
            self._store({row["id"]: {"reserved_quantity": row["reserved_quantity"] + part}})
            got += part
        return got

    def _release_reserved(self, product: int, location: int, amount: float) -> None:
        places = self._of("stock.location", [location])._below()
        ids = self._ids_where(
            "product_id = ? AND location_id IN (SELECT value FROM json_each(?))", [product, as_list(places)]
        )
        for row in self._browse(ids)._rows("reserved_quantity"):
            part = min(row["reserved_quantity"], amount)
            self._store({row["id"]: {"reserved_quantity": row["reserved_quantity"] - part}})
            amount -= part

    def _of_products(self, products: Iterable[int]) -> dict[int, Values]:
        """On hand, reserved, coming and going, in the places the context names (else all internal ones)."""
        where, args = self._places()
        listed = as_list(products)
        held = self.env.cr.rows(
            f"SELECT q.product_id, sum(q.quantity), sum(q.reserved_quantity) FROM stock_quant q WHERE q.location_id "
            f"IN ({where}) "
            "AND q.product_id IN (SELECT value FROM json_each(?)) GROUP BY 1", [*args, listed],
        )  # fmt: skip
        going = dict(self._moving(where, args, listed, "location_id", "location_dest_id"))
        coming = dict(self._moving(where, args, listed, "location_dest_id", "location_id"))
        found = {id_: (quantity, reserved) for id_, quantity, reserved in held}
        return {id_: _quantities(*found.get(id_, (0.0, 0.0)), coming.get(id_, 0.0), going.get(id_, 0.0))
                for id_ in found.keys() | going.keys() | coming.keys()}  # fmt: skip

    def _moving(self, where: str, args: list[Any], listed: str, inside: str, outside: str) -> list[Any]:
        return self.env.cr.rows(
            "SELECT m.product_id, sum(m.product_uom_qty) FROM stock_move m JOIN product_product p ON p.id = "
            "m.product_id "
            "JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable "
            f"WHERE m.{inside} IN ({where}) AND m.{outside} NOT IN ({where}) AND m.product_id IN (SELECT value FROM "
            f"json_each(?)) "
            "AND m.state IN ('waiting', 'confirmed', 'assigned', 'partially_available') GROUP BY 1",
            [*args, *args, listed],
        )

    def _places(self) -> tuple[str, list[Any]]:
        context = self.env.context
        location, house = context.get("location"), context.get("warehouse_id") or context.get("warehouse")
        roots = location if isinstance(location, list) else [location] if location else []
        if not roots and house:
            houses = house if isinstance(house, list) else [house]
            roots = [row["view_location_id"] for row in self._of("stock.warehouse", houses)._rows("view_location_id")]
        if roots:
            return "SELECT value FROM json_each(?)", [as_list(self._of("stock.location", roots)._below())]
        return "SELECT id FROM stock_location WHERE usage IN ('internal', 'transit')", []


def _quantities(quantity: float, reserved: float, coming: float, going: float) -> Values:
    return {
        "qty_available": quantity, "free_qty": quantity - reserved, "incoming_qty": coming, "outgoing_qty": going,
        "virtual_available": quantity + coming - going,
    }  # fmt: skip
