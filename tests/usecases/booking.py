"""Orders on their way to Odoo: settings as an admin would make them, and what Odoo has of orders then."""

from __future__ import annotations

from typing import Any

from mooring.domain.order_booking import Role
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import SERVICES, Outcome
from mooring.errors import ConfirmationMissing
from mooring.usecases import (
    order_rules_edit,
    order_settings,
    order_settings_save,
    order_settings_service,
    order_settings_taxes,
)
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.who import SYSTEM
from tests.usecases.odoo_world import OdooWorld

EVERY_ORDER = OrderRule()


def set_up(
    world: OdooWorld, *, rule: OrderRule = EVERY_ORDER, services: bool = True, outcome: Outcome = Outcome.DRAFT_ORDER
) -> None:  # fmt: skip
    """A pricelist for each currency, a journal for each gateway, a tax for each tax, a product for each kind of line;
    and the rule."""
    found = order_settings.show(world.app, SYSTEM, world.store_id)
    pricelists = {one.key: _pricelist(world, one.key) for one in found.currencies}
    [journal, *_] = world.odoo.rows("account.journal", [["type", "=", "bank"]], "id")
    journals = {one.key: journal["id"] for one in found.gateways}
    wish = Wish(pricelists=pricelists, journals=journals, outcome=outcome)
    order_settings_save.save(world.app, SYSTEM, world.store_id, wish)
    confirm_taxes(world)
    for role in SERVICES if services else ():
        order_settings_service.create(world.app, SYSTEM, world.store_id, Role(role))
    use_rule(world, rule)


def confirm_taxes(world: OdooWorld) -> None:
    for one in order_settings.show(world.app, SYSTEM, world.store_id).taxes:
        included = "tax_included" if one.key.included else "tax_excluded"
        [tax] = world.odoo.does("account.tax", "create", vals_list=[{
            "name": one.key.label, "amount": float(one.key.percent), "amount_type": "percent", "type_tax_use": "sale",
            "price_include_override": included,
        }])  # fmt: skip
        order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, one.text, tax)


def use_rule(world: OdooWorld, rule: OrderRule) -> None:
    try:
        order_rules_edit.save(world.app, SYSTEM, world.store_id, rule)
    except ConfirmationMissing as asked:
        order_rules_edit.save(world.app, SYSTEM, world.store_id, rule, asked.token)


def _pricelist(world: OdooWorld, currency: str) -> int:
    [found] = world.odoo.rows("res.currency", [["name", "=", currency]], "id")
    world.odoo.does("res.currency", "write", ids=[found["id"]], vals={"active": True})
    made = [{"name": currency, "currency_id": found["id"]}]
    return world.odoo.does("product.pricelist", "create", vals_list=made)[0]


# -- what Odoo has -------------------------------------------------------------------------------------------------


def sale_orders(world: OdooWorld, *fields: str) -> list[dict[str, Any]]:
    return world.odoo.rows("sale.order", [], "client_order_ref", "amount_total", "state", *fields)


def lines_of(world: OdooWorld, odoo_id: int, *fields: str) -> list[dict[str, Any]]:
    return world.odoo.rows(
        "sale.order.line", [["order_id", "=", odoo_id]], "name", "product_uom_qty", "price_unit", "price_total", *fields
    )
