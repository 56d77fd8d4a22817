"""Products as they are sold: one template with its variants."""

from __future__ import annotations

import itertools
from typing import Any

from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float, Html, Integer, Selection, Text
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many

Values = dict[str, Any]
_OF_THE_ONE = (
    "SELECT CASE WHEN count(*) = 1 THEN min(v.{column}) END FROM product_product v "
    "WHERE v.product_tmpl_id = {{a}}.id AND v.active"
)


def _of_the_one(column: str) -> str:
    """The value of the only variant; empty where there are several."""
    return _OF_THE_ONE.format(column=column)


class Category(Model):
    _name = "product.category"
    _description = "Product Category"
    _order = "complete_name"
    _rec_name = "complete_name"

    name = Char("Name", required=True)
    complete_name = Char("Complete Name", readonly=True)
    parent_id = Many2one("product.category", "Parent Category", ondelete="cascade")
    child_id = One2many("product.category", "parent_id", "Child Categories")

    def _after_create(self, rows: list[Values]) -> None:
        self._settle()

    def _after_write(self, vals: Values) -> None:
        if {"name", "parent_id"} & vals.keys():
            self._settle()

    def _settle(self) -> None:
        for row in self._rows("name", "parent_id"):
            above = self._browse([row["parent_id"]])._get("complete_name") if row["parent_id"] else None
            self._store({row["id"]: {"complete_name": f"{above} / {row['name']}" if above else row["name"]}})
            self._browse(self._ids_where("parent_id = ?", [row["id"]]))._settle()


class Template(Model):
    _name = "product.template"
    _description = "Product"
    _order = "is_favorite desc, name"
    _copy_says_so = True
    _rec_names_search = ("name", "default_code", "barcode")

    name = Char("Name", required=True, index=True)
    sequence = Integer("Sequence", default=1)
    is_favorite = Boolean("Favorite")
    active = Boolean("Active", default=True)
    type = Selection(
        [("consu", "Goods"), ("service", "Service"), ("combo", "Combo")], "Product Type", required=True, default="consu"
    )
    list_price = Float("Sales Price", default=1.0)
    standard_price = Float("Cost", sql=_of_the_one("standard_price"), inverse="_set_standard_price")
    default_code = Char("Internal Reference", sql=_of_the_one("default_code"), inverse="_set_default_code")
    barcode = Char("Barcode", sql=_of_the_one("barcode"), inverse="_set_barcode")
    weight = Float("Weight", sql=_of_the_one("weight"), inverse="_set_weight")
    volume = Float("Volume", sql=_of_the_one("volume"), inverse="_set_volume")
    sale_ok = Boolean("Sales", default=True)
    purchase_ok = Boolean("Purchase", default=True)
    description = Html("Description")
    description_sale = Text("Sales Description")
    description_purchase = Text("Purchase Description")
    categ_id = Many2one(
        "product.category", "Product Category", default=lambda env: env.ref("product.product_category_goods")
    )
    uom_id = Many2one("uom.uom", "Unit", required=True, default=lambda env: env.ref("uom.product_uom_unit"))
    company_id = Many2one("res.company", "Company", index=True)
    currency_id = Many2one("res.currency", "Currency", compute="_compute_currency")
    taxes_id = Many2many("account.tax", "Sales Taxes", default=lambda env: _default_tax(env, "account_sale_tax_id"))
    supplier_taxes_id = Many2many(
        "account.tax", "Purchase Taxes", default=lambda env: _default_tax(env, "account_purchase_tax_id")
    )
    invoice_policy = Selection(
        [("order", "Ordered quantities"), ("delivery", "Delivered quantities")], "Invoicing Policy", default="order"
    )
    service_type = Selection([("manual", "Manually set quantities on order")], "Track Service", default="manual")
    is_storable = Boolean("Track Inventory", default=False)
    tracking = Selection(
        [("serial", "By Unique Serial Number"), ("lot", "By Lots"), ("none", "By Quantity")], "Tracking", default="none"
    )
    attribute_line_ids = One2many("product.template.attribute.line", "product_tmpl_id", "Product Attributes")
    valid_product_template_attribute_line_ids = Many2many(
        "product.template.attribute.line", "Valid Lines", compute="_compute_valid"
    )
    product_variant_ids = One2many("product.product", "product_tmpl_id", "Products")
    product_variant_id = Many2one("product.product", "Product", sql=(
        "SELECT v.id FROM product_product v WHERE v.product_tmpl_id = {a}.id AND v.active "
        "ORDER BY v.default_code IS NULL, v.default_code, v.id LIMIT 1"))  # fmt: skip
    product_variant_count = Integer("# Product Variants", sql=(
        "SELECT count(*) FROM product_product v WHERE v.product_tmpl_id = {a}.id AND v.active"))  # fmt: skip
    qty_available = Float("Quantity On Hand", compute="_compute_on_hand")
    property_account_income_id = Many2one("account.account", "Income Account")
    property_account_expense_id = Many2one("account.account", "Expense Account")

    # -- names --------------------------------------------------------------------------------------------------------

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "default_code")
        return {
            r["id"]: f"[{r['default_code']}] {r['name']}" if r["default_code"] else r["name"] or False for r in rows
        }

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _after_create(self, rows: list[Values]) -> None:
        if not self.env.context.get("_product_comes"):
            lone = [id_ for id_, row in zip(self.ids, rows, strict=True) if not row.get("attribute_line_ids")]
            self._browse(lone)._renew_variants()

    def _after_write(self, vals: Values) -> None:
        if "active" in vals:
            variants = self._of("product.product", self._lines("product_variant_ids"))
            variants._store({id_: {"active": int(bool(vals["active"]))} for id_ in variants.ids})
            if vals["active"]:
                self._renew_variants()

    def _before_unlink(self) -> None:
        self._of("product.product", self._lines("product_variant_ids"))._remove_variants()

    # -- variants -----------------------------------------------------------------------------------------------------

    def _renew_variants(self) -> None:
        """A variant for each combination of values: made or brought back; those without one go."""
        for id_ in self.ids:
            self._browse([id_])._renew_own_variants()

    def _renew_own_variants(self) -> None:
        columns, dynamic = self._columns()
        products = self._of("product.product", ())
        mine = products._browse(products._ids_where("product_tmpl_id = ?", [self.ids[0]]))
        known = {row["combination_indices"] or "": row for row in mine._rows("combination_indices", "active")}
        wanted = {",".join(map(str, sorted(c))): sorted(c) for c in itertools.product(*columns)}
        products._store({row["id"]: {"active": 1} for key, row in known.items() if key in wanted and not row["active"]})
        new = [] if dynamic else [values for key, values in wanted.items() if key not in known]
        made = [
            {"product_tmpl_id": self.ids[0], "product_template_attribute_value_ids": [[6, 0, values]]} for values in new
        ]
        products._make(made)
        gone = [row["id"] for key, row in known.items() if key not in wanted and (key or not dynamic)]
        products._browse(gone)._remove_or_archive()
        self._drop_unused_values()

    def _columns(self) -> tuple[list[list[int]], bool]:
        """The values of each attribute that makes variants, and whether they are only made on demand."""
        lines = self._of("product.template.attribute.line", self._links("attribute_line_ids", active=True)[self.ids[0]])
        kinds = {r["id"]: r["create_variant"] for r in self._of("product.attribute", {
            r["attribute_id"] for r in lines._rows("attribute_id")})._rows("create_variant")}  # fmt: skip
        columns = []
        for row in lines._rows("attribute_id"):
            if kinds[row["attribute_id"]] != "no_variant":
                values = self._of(
                    "product.template.attribute.value", lines._browse([row["id"]])._lines("product_template_value_ids")
                )
                columns.append([value["id"] for value in values._rows("ptav_active") if value["ptav_active"]])
        return columns, "dynamic" in kinds.values()

    def _drop_unused_values(self) -> None:
        values = self._of("product.template.attribute.value", ())
        gone = values._ids_where(
            "product_tmpl_id = ? AND NOT ptav_active AND NOT EXISTS (SELECT 1 FROM "
            "product_product_product_template_attribute_value_ids_rel r WHERE r.right_id = "
            "product_template_attribute_value.id)",
            [self.ids[0]],
        )
        if gone:
            values._browse(gone)._remove()

    # -- taken from and given to the only variant ---------------------------------------------------------------------

    def _give_to_variant(self, name: str, value: Any) -> None:
        for id_ in self.ids:
            variants = self._browse([id_])._links("product_variant_ids", active=True)[id_]
            if len(variants) == 1:
                self._of("product.product", variants)._change({name: value})

    def _set_default_code(self, value: Any) -> None:
        self._give_to_variant("default_code", value)

    def _set_barcode(self, value: Any) -> None:
        self._give_to_variant("barcode", value)

    def _set_weight(self, value: Any) -> None:
        self._give_to_variant("weight", value)

    def _set_volume(self, value: Any) -> None:
        self._give_to_variant("volume", value)

    def _set_standard_price(self, value: Any) -> None:
        self._give_to_variant("standard_price", value)

    # -- computed -----------------------------------------------------------------------------------------------------

    def _compute_currency(self) -> dict[int, Any]:
        home = self._of("res.company", [self.env.company])._get("currency_id")
        return dict.fromkeys(self.ids, home)

    def _compute_valid(self) -> dict[int, list[int]]:
        return self._links_of_lines()

    def _links_of_lines(self) -> dict[int, list[int]]:
        found = self._links("attribute_line_ids", active=True)
        counts = {
            r["id"]: r["value_count"]
            for r in self._of("product.template.attribute.line", self._lines("attribute_line_ids"))._rows("value_count")
        }
        return {id_: [line for line in lines if counts[line]] for id_, lines in found.items()}

    def _compute_on_hand(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for id_, variants in self._links("product_variant_ids").items():
            rows = self._of("product.product", variants)._quantities()
            found[id_] = sum(row["qty_available"] for row in rows.values())
        return found


def _default_tax(env: Any, column: str) -> list[Any]:
    row = env.cr.one(f'SELECT "{column}" FROM res_company WHERE id = ?', (env.company,))
    return [[6, 0, [row[0]]]] if row and row[0] else []
