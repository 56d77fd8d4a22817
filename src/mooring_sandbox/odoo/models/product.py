"""Variants: what has a SKU, a barcode and a stock."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import IntegrityError, UserError, ValidationError
from mooring_sandbox.odoo.orm import domain as domains
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import method
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]
_EXTRA = (
    "SELECT coalesce(sum(v.price_extra), 0.0) FROM product_product_product_template_attribute_value_ids_rel r "
    "JOIN product_template_attribute_value v ON v.id = r.right_id WHERE r.left_id = {a}.id"
)


class Product(Model):
    _name = "product.product"
    _description = "Product Variant"
    _order = "is_favorite desc, default_code, name, id"
    _inherits = {"product.template": "product_tmpl_id"}  # noqa: RUF012

    product_tmpl_id = Many2one("product.template", "Product Template", required=True, ondelete="cascade")
    default_code = Char("Internal Reference", index=True)
    code = Char("Reference", sql="{a}.default_code")
    barcode = Char("Barcode", index=True, copy=False)
    active = Boolean("Active", default=True)
    standard_price = Float("Cost", default=0.0)
    weight = Float("Weight", default=0.0)
    volume = Float("Volume", default=0.0)
    lst_price = Float("Sales Price", inverse="_set_lst_price", sql=(
        f"(SELECT p.list_price FROM product_template p WHERE p.id = {{a}}.product_tmpl_id) + ({_EXTRA})"))  # fmt: skip
    price_extra = Float("Variant Price Extra", sql=_EXTRA)
    product_template_attribute_value_ids = Many2many("product.template.attribute.value", "Attribute Values")
    product_template_variant_value_ids = Many2many(
        "product.template.attribute.value", "Variant Values", compute="_compute_variant_values"
    )
    combination_indices = Char("Combination Indices", readonly=True, index=True, copy=False)
    is_product_variant = Boolean("Is a product variant", sql="1")
    qty_available = Float("Quantity On Hand", compute="_compute_on_hand")
    virtual_available = Float("Forecasted Quantity", compute="_compute_forecast")
    free_qty = Float("Free To Use Quantity", compute="_compute_free")
    incoming_qty = Float("Incoming", compute="_compute_incoming")
    outgoing_qty = Float("Outgoing", compute="_compute_outgoing")

    _uniques = (("product_product_combination_unique", ("product_tmpl_id", "combination_indices"), "active"),)

    # -- names --------------------------------------------------------------------------------------------------------

    def _display_names(self) -> dict[int, Any]:
        rows, combined = self._rows("name", "default_code"), self._combinations()
        found = {}
        for row in rows:
            name = f"{row['name']} ({combined[row['id']]})" if combined.get(row["id"]) else row["name"]
            found[row["id"]] = f"[{row['default_code']}] {name}" if row["default_code"] else name
        return found

    def _combinations(self) -> dict[int, str]:
        """The names of a variant's values, of those attributes that tell variants apart."""
        links = self._links("product_template_variant_value_ids")
        ids = {id_ for values in links.values() for id_ in values}
        names = {row["id"]: row["name"] for row in self._of("product.template.attribute.value", ids)._rows("name")}
        return {id_: ", ".join(names[value] for value in values) for id_, values in links.items()}

    def _named(self, name: Any, operator: str) -> list[Any]:
        """By reference, barcode or name, and as written in full: "[SKU] Name"."""
        inside = str(name).partition("]")[0].removeprefix("[") if str(name).startswith("[") else None
        found = [[("default_code", operator, name)], [("barcode", operator, name)], [("name", operator, name)]]
        return domains.either(*found, *([[("default_code", "=", inside)]] if inside else []))

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _parent_context(self) -> Values:
        return {"_product_comes": True}

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            values = [
                id_ for command in row.get("product_template_attribute_value_ids") or [] for id_ in _listed(command)
            ]
            row["combination_indices"] = ",".join(str(id_) for id_ in sorted(values))

    def _kept(self, field: Any, row: Values) -> Any:
        """The empty combination is kept as an empty text, so that a template has it but once."""
        if field.name == "combination_indices":
            return row.get("combination_indices") or ""
        return super()._kept(field, row)

    def _after_write(self, vals: Values) -> None:
        if "product_template_attribute_value_ids" in vals:
            links = self._links("product_template_attribute_value_ids")
            indices = {id_: ",".join(str(v) for v in sorted(values)) for id_, values in links.items()}
            if any(row["combination_indices"] != indices[row["id"]] for row in self._rows("combination_indices")):
                self._keeping_unique(
                    [], lambda: self._store({id_: {"combination_indices": text} for id_, text in indices.items()})
                )
        if "active" in vals:
            self._follow_with_templates(active=bool(vals["active"]))

    def _follow_with_templates(self, *, active: bool) -> None:
        """A template without an active variant is archived, and comes back with the first one."""
        templates = self._of("product.template", {row["product_tmpl_id"] for row in self._rows("product_tmpl_id")})
        rows = templates._rows("product_variant_count", "active")
        values = {
            r["id"]: {"active": int(active)}
            for r in rows
            if bool(r["product_variant_count"]) == active != bool(r["active"])
        }
        templates._store(values)

    def _check_barcodes(self) -> None:
        """A barcode belongs to one active product."""
        mine = [row["barcode"] for row in self._rows("barcode", "active") if row["barcode"]]
        if not mine:
            return
        rows = self.env.cr.rows(
            "SELECT barcode, json_group_array(id) FROM (SELECT barcode, id FROM product_product WHERE active AND "
            "barcode IN "
            "(SELECT value FROM json_each(?)) ORDER BY id) GROUP BY barcode HAVING count(*) > 1 ORDER BY barcode",
            [as_list(mine)],
        )
        if rows:
            listed = "\n".join(
                f'- Barcode "{code}" already assigned to product(s): {self._together(ids)}' for code, ids in rows
            )
            raise ValidationError(
                f"Barcode(s) already assigned:\n\n{listed}\n\n"
                "Note: products that you don't have access to will not be shown above."
            )

    def _together(self, ids: str) -> str:
        """ "One, Two, and Three"."""
        wanted = [int(id_) for id_ in ids.strip("[]").split(",")]
        found = self._of("product.product", wanted)._display_names()
        names = [str(found[id_]) for id_ in wanted]
        if len(names) == 2:
            return f"{names[0]} and {names[1]}"
        return f"{', '.join(names[:-1])}, and {names[-1]}"

    _checks = ((_check_barcodes, ("barcode", "active")),)

    # -- unlink -------------------------------------------------------------------------------------------------------

    @method
    def unlink(self) -> bool:
        """With the last variant its template goes."""
        self._check("unlink")
        self._must_exist()
        templates = {row["product_tmpl_id"] for row in self._rows("product_tmpl_id")}
        self._remove()
        left = self._of("product.template", sorted(templates))
        lone = [row["id"] for row in left._rows() if not left._browse([row["id"]])._lines("product_variant_ids")]
        kept = [id_ for id_ in lone if left._browse([id_])._columns()[1]]
        left._browse([id_ for id_ in lone if id_ not in kept])._remove()
        return True

    def _remove_variants(self) -> None:
        if self.ids:
            self._remove()

    def _remove_or_archive(self) -> None:
        """A variant that something refers to is archived instead."""
        for id_ in self.ids:
            one = self._browse([id_])
            try:
                with self.env.cr.savepoint():
                    one._remove()
            except (IntegrityError, UserError):
                one._store({id_: {"active": 0}})

    # -- computed -----------------------------------------------------------------------------------------------------

    def _set_lst_price(self, value: Any) -> None:
        """The price belongs to the template; a variant adds no more than the extra prices of its values."""
        for row in self._rows("product_tmpl_id", "price_extra"):
            self._of("product.template", [row["product_tmpl_id"]])._change(
                {"list_price": float(value or 0) - row["price_extra"]}
            )

    def _compute_variant_values(self) -> dict[int, list[int]]:
        links = self._links("product_template_attribute_value_ids")
        ids = {id_ for values in links.values() for id_ in values}
        rows = self.env.cr.rows(
            "SELECT v.id FROM product_template_attribute_value v WHERE v.id IN (SELECT value FROM json_each(?)) AND "
            "(SELECT count(*) FROM product_template_attribute_line_value_ids_rel r WHERE r.left_id = "
            "v.attribute_line_id) > 1",
            [as_list(ids)],
        )
        telling = {row[0] for row in rows}
        return {id_: [value for value in values if value in telling] for id_, values in links.items()}

    def _quantities(self) -> dict[int, Values]:
        nothing = {
            "qty_available": 0.0,
            "virtual_available": 0.0,
            "free_qty": 0.0,
            "incoming_qty": 0.0,
            "outgoing_qty": 0.0,
        }
        return {id_: dict(nothing) for id_ in self.ids} | self.env["stock.quant"]._of_products(self.ids)

    def _quantity(self, name: str) -> dict[int, float]:
        return {id_: row[name] for id_, row in self._quantities().items()}

    def _compute_on_hand(self) -> dict[int, float]:
        return self._quantity("qty_available")

    def _compute_forecast(self) -> dict[int, float]:
        return self._quantity("virtual_available")

    def _compute_free(self) -> dict[int, float]:
        return self._quantity("free_qty")

    def _compute_incoming(self) -> dict[int, float]:
        return self._quantity("incoming_qty")

    def _compute_outgoing(self) -> dict[int, float]:
        return self._quantity("outgoing_qty")


def _listed(command: Any) -> list[int]:
    """The ids that a command links."""
    if isinstance(command, int):
        return [command]
    return list(command[2]) if command[0] == 6 else [command[1]] if command[0] == 4 else []
