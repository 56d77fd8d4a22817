"""Every model, in the order in which their tables come to be: PostgreSQL tells of the first one that is in the way."""

from mooring_sandbox.odoo.models import (  # noqa: F401, I001
    base,
    users,
    keys,
    technical,
    partner,
    uom,
    account,
    product_template,
    product_attribute,
    product,
    pricelist,
    move_settling,
    move,
    move_line,
    payment,
    reversal,
    stock_location,
    stock_quant,
    stock_picking,
    sale_order,
    sale_line,
    sale_invoicing,
)
from mooring_sandbox.odoo.orm.registry import complete

complete()
