"""Pricelists: what gives an order its currency."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Float, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many


class Pricelist(Model):
    _name = "product.pricelist"
    _description = "Pricelist"
    _order = "sequence, id, name"
    _rec_names_search = ("name", "currency_id")

    name = Char("Pricelist Name", required=True)
    sequence = Integer("Sequence", default=16)
    active = Boolean("Active", default=True)
    currency_id = Many2one("res.currency", "Currency", required=True, default=lambda env: _home_currency(env))
    company_id = Many2one("res.company", "Company")
    country_group_ids = Many2many("res.country", "Country Groups")
    item_ids = One2many("product.pricelist.item", "pricelist_id", "Pricelist Rules")

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "currency_id")
        names = self._of("res.currency", {row["currency_id"] for row in rows})._display_names()
        return {row["id"]: f"{row['name']} ({names[row['currency_id']]})" for row in rows}


class PricelistItem(Model):
    _name = "product.pricelist.item"
    _description = "Pricelist Rule"
    _order = "applied_on, min_quantity desc, id desc"
    _rec_name = "applied_on"

    pricelist_id = Many2one("product.pricelist", "Pricelist", required=True, ondelete="cascade")
    applied_on = Selection(
        [("3_global", "All Products"), ("2_product_category", "Category"), ("1_product", "Product"),
         ("0_product_variant", "Variant")],
        "Apply On", required=True, default="3_global",
    )  # fmt: skip
    product_tmpl_id = Many2one("product.template", "Product", ondelete="cascade")
    product_id = Many2one("product.product", "Variant", ondelete="cascade")
    min_quantity = Float("Min. Quantity", default=0.0)
    compute_price = Selection(
        [("fixed", "Fixed Price"), ("percentage", "Discount"), ("formula", "Formula")], "Compute Price", default="fixed"
    )
    fixed_price = Float("Fixed Price")
    percent_price = Float("Percentage Price")
    date_start = Date("Start Date")
    date_end = Date("End Date")


def _home_currency(env: Any) -> int:
    return env.cr.one("SELECT currency_id FROM res_company WHERE id = ?", (env.company,))[0]
