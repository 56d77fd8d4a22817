"""Units of measure."""

from __future__ import annotations

from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float, Integer
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2one


class Unit(Model):
    _name = "uom.uom"
    _description = "Product Unit of Measure"
    _order = "sequence, relative_uom_id, id"
    _parent_name = "relative_uom_id"

    name = Char("Unit Name", required=True)
    sequence = Integer("Sequence", default=100)
    relative_factor = Float("Contains", default=1.0)
    relative_uom_id = Many2one("uom.uom", "Reference Unit")
    factor = Float("Absolute Quantity", default=1.0)
    rounding = Float("Rounding Precision", default=0.01)
    active = Boolean("Active", default=True)
