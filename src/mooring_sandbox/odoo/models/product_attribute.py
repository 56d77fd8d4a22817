"""Attributes, their values, and which of them a template has."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError, ValidationError
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many

Values = dict[str, Any]


class Attribute(Model):
    _name = "product.attribute"
    _description = "Product Attribute"
    _order = "sequence, id"

    name = Char("Attribute", required=True)
    active = Boolean("Active", default=True)
    sequence = Integer("Sequence", default=20)
    create_variant = Selection(
        [("always", "Instantly"), ("dynamic", "Dynamically"), ("no_variant", "Never")],
        "Variant Creation", required=True, default="always",
    )  # fmt: skip
    display_type = Selection(
        [("radio", "Radio"), ("pills", "Pills"), ("select", "Select"), ("color", "Color"), ("multi", "Multi-checkbox"),
         ("image", "Image")],
        "Display Type", required=True, default="radio",
    )  # fmt: skip
    value_ids = One2many("product.attribute.value", "attribute_id", "Values")
    attribute_line_ids = One2many("product.template.attribute.line", "attribute_id", "Lines")

    def _before_write(self, vals: Values) -> None:
        if "create_variant" not in vals:
            return
        for row in self._rows("name", "create_variant"):
            used = self._browse([row["id"]])._lines("attribute_line_ids")
            if used and row["create_variant"] != vals["create_variant"]:
                raise UserError(
                    f"You cannot change the Variants Creation Mode of the attribute {row['name']} because it is used "
                    f"on "
                    "the following products:\n" + ", ".join(self._products(used))
                )

    def _products(self, lines: list[int]) -> list[str]:
        owners = {
            row["product_tmpl_id"]
            for row in self._of("product.template.attribute.line", lines)._rows("product_tmpl_id")
        }
        return [str(name) for name in self._of("product.template", sorted(owners))._display_names().values()]


class AttributeValue(Model):
    _name = "product.attribute.value"
    _description = "Attribute Value"
    _order = "attribute_id, sequence, id"

    name = Char("Value", required=True)
    sequence = Integer("Sequence", default=0)
    attribute_id = Many2one("product.attribute", "Attribute", required=True, ondelete="cascade")
    html_color = Char("Color")
    is_custom = Boolean("Free text")
    default_extra_price = Float("Default Extra Price")
    active = Boolean("Active", default=True)

    _uniques = (("product_attribute_value_value_company_uniq", ("name", "attribute_id"), ""),)

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "attribute_id")
        names = self._of("product.attribute", {row["attribute_id"] for row in rows})._display_names()
        return {row["id"]: f"{names[row['attribute_id']]}: {row['name']}" for row in rows}


class AttributeLine(Model):
    _name = "product.template.attribute.line"
    _description = "Product Template Attribute Line"
    _order = "sequence, attribute_id, id"

    active = Boolean("Active", default=True)
    product_tmpl_id = Many2one("product.template", "Product Template", required=True, ondelete="cascade")
    sequence = Integer("Sequence", default=10)
    attribute_id = Many2one("product.attribute", "Attribute", required=True, ondelete="restrict")
    value_ids = Many2many("product.attribute.value", "Values")
    value_count = Integer(
        "Values Count",
        sql="SELECT count(*) FROM product_template_attribute_line_value_ids_rel r WHERE r.left_id = {a}.id",
    )
    product_template_value_ids = One2many(
        "product.template.attribute.value", "attribute_line_id", "Product Attribute Values"
    )

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("attribute_id")
        names = self._of("product.attribute", {row["attribute_id"] for row in rows})._display_names()
        return {row["id"]: names[row["attribute_id"]] for row in rows}

    def _before_write(self, vals: Values) -> None:
        for row in self._rows("product_tmpl_id", "attribute_id"):
            self._refuse_move(row, vals)

    def _refuse_move(self, row: Values, vals: Values) -> None:
        attributes, templates = self._of("product.attribute", ()), self._of("product.template", ())
        said = {
            "attribute": attributes._browse([row["attribute_id"]])._display_names()[row["attribute_id"]],
            "product": templates._browse([row["product_tmpl_id"]])._display_names()[row["product_tmpl_id"]],
        }
        target = vals.get("product_tmpl_id", row["product_tmpl_id"])
        if target != row["product_tmpl_id"]:
            other = templates._browse([target])._display_names().get(target)
            raise UserError(
                f"You cannot move the attribute {said['attribute']} from the product {said['product']} to the product "
                f"{other}."
            )
        wanted = vals.get("attribute_id", row["attribute_id"])
        if wanted != row["attribute_id"]:
            other = attributes._browse([wanted])._display_names().get(wanted)
            raise UserError(
                f"On the product {said['product']} you cannot transform the attribute {said['attribute']} into the "
                f"attribute {other}."
            )

    def _check_values(self) -> None:
        for row in self._rows("attribute_id", "product_tmpl_id"):
            product = self._of("product.template", [row["product_tmpl_id"]])._get("name")
            attribute = self._of("product.attribute", [row["attribute_id"]])._get("name")
            values = self._of("product.attribute.value", self._browse([row["id"]])._lines("value_ids"))
            if not values.ids:
                raise ValidationError(
                    f"The attribute {attribute} must have at least one value for the product {product}."
                )
            for value in values._rows("attribute_id"):
                if value["attribute_id"] != row["attribute_id"]:
                    raise ValidationError(
                        f"On the product {product} you cannot associate the value "
                        f"{values._browse([value['id']])._display_names()[value['id']]} with the attribute {attribute} "
                        "because they do not match."
                    )

    def _verify(self, names: set[str]) -> None:
        """The values are right first; then the template has a value of its own for each, and its variants follow."""
        if names & {"value_ids", "attribute_id", "product_tmpl_id", "active"}:
            self._check_values()
            templates = sorted({row["product_tmpl_id"] for row in self._rows("product_tmpl_id")})
            self._renew_values()
            self._of("product.template", templates)._renew_variants()

    def _renew_values(self) -> None:
        """One template value for each value of the line: made, brought back, or taken out of use."""
        for row in self._rows("product_tmpl_id", "attribute_id"):
            wanted = self._browse([row["id"]])._lines("value_ids")
            model = self._of("product.template.attribute.value", ())
            known = {v["product_attribute_value_id"]: v for v in model._browse(
                model._ids_where("attribute_line_id = ?", [row["id"]]))._rows("product_attribute_value_id",
                "ptav_active")}  # fmt: skip
            model._store({v["id"]: {"ptav_active": int(value in wanted)} for value, v in known.items()
                          if bool(v["ptav_active"]) != (value in wanted)})  # fmt: skip
            extra = {
                v["id"]: v["default_extra_price"]
                for v in self._of("product.attribute.value", wanted)._rows("default_extra_price")
            }
            model._make([
                {"product_attribute_value_id": value, "attribute_line_id": row["id"],
                "product_tmpl_id": row["product_tmpl_id"],
                 "attribute_id": row["attribute_id"], "price_extra": extra[value]}
                for value in wanted if value not in known
            ])  # fmt: skip

    def _before_unlink(self) -> None:
        templates = {row["product_tmpl_id"] for row in self._rows("product_tmpl_id")}
        values = self._of("product.template.attribute.value", self._lines("product_template_value_ids"))
        values._store({id_: {"ptav_active": 0} for id_ in values.ids})
        self._store({id_: {"active": 0} for id_ in self.ids})
        self._of("product.template", sorted(templates))._renew_variants()


class TemplateValue(Model):
    _name = "product.template.attribute.value"
    _description = "Product Template Attribute Value"
    _order = "attribute_line_id, product_attribute_value_id, id"

    ptav_active = Boolean("Active", default=True)
    name = Char("Value", related="product_attribute_value_id.name")
    product_attribute_value_id = Many2one(
        "product.attribute.value", "Attribute Value", required=True, ondelete="cascade"
    )
    attribute_line_id = Many2one("product.template.attribute.line", "Attribute Line", required=True, ondelete="cascade")
    price_extra = Float("Extra Price", default=0.0)
    product_tmpl_id = Many2one("product.template", "Product Template", readonly=True, index=True, ondelete="cascade")
    attribute_id = Many2one("product.attribute", "Attribute", readonly=True, index=True, ondelete="cascade")
    html_color = Char("HTML Color Index", related="product_attribute_value_id.html_color")
    ptav_product_variant_ids = Many2many(
        "product.product", "Related Variants", mirror="product.product.product_template_attribute_value_ids"
    )

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "attribute_id")
        names = self._of("product.attribute", {row["attribute_id"] for row in rows})._display_names()
        return {row["id"]: f"{names[row['attribute_id']]}: {row['name']}" for row in rows}
