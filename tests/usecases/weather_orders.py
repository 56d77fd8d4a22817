"""Orders that play in the stories of `weather`: sold and paid, and later refunded, cancelled or paid once more, while
they are confirmed, invoiced, paid and credited in Odoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import insert, select

from mooring.db.tables import order_settings as order_settings_rows
from mooring.db.tables import order_taxes
from mooring.domain.mapping import SyncKind
from mooring.domain.order_booking import Role
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import Outcome
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
from tests.usecases.hubbing import customer, product
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.selling import BEGINNING, GATEWAY, Item, Sale
from tests.usecases.weather_cast import Event, Holdings, Shop

DATED = f"{BEGINNING:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True)
class Trade:
    """Two orders of a shop: one of goods of ours that is paid at once, one of a custom thing that is paid in two. Their
    way is a long one, so it is less stormy."""

    shape: int
    kinds: ClassVar[tuple[SyncKind, ...]] = tuple(SyncKind)
    shops: ClassVar[int] = 1
    chance: ClassVar[float] = 0.15

    def fill(self, world: OdooWorld, shop: Shop, tag: str, first_id: int) -> Sequence[Event]:
        app, store_id = world.app, shop.store_id
        customer(app, store_id, 1, last_name=tag, email=f"buyer.{tag}@example.com")
        product(app, store_id, 1, f"Rope {tag}", {"sku": f"ROPE-{tag}"})
        number = shop.shop_id * 100
        rope, knot = Item(number + 1, 30, 2, variant=1), Item(number + 2, 10, 3)
        one = Sale(app, store_id, number + 1, [rope, knot], shipping=5, customer=1).pay().put()
        two = Sale(app, store_id, number + 2, [Item(number + 3, 50, 1)], shipping=7).pay(Decimal(20)).put()
        if not _copy_terms(world, store_id):
            settle_terms(world, store_id, Outcome.INVOICE)
        return self._events(one, two)

    def _events(self, one: Sale, two: Sale) -> Sequence[Event]:
        """In each shape something else befalls them; in the end both are paid."""

        def rest() -> Sale:
            return two.pay().put()

        fates: tuple[Sequence[Event], ...] = (
            (rest, lambda: one.refund(1, 1).put()),
            (rest, lambda: one.refund(0, 0, shipping=True).put(), lambda: one.refund(2, 0).put()),
            (lambda: one.cancel().put(), rest),
            (rest, lambda: two.refund(1, shipping=True).put(), lambda: one.refund(0, 2).put()),
        )
        return fates[self.shape]

    def holdings(self, world: OdooWorld, shops: Sequence[Shop], tag: str) -> Holdings:
        return [row for shop in shops for row in held(world, shop)]


def settle_terms(world: OdooWorld, store_id: str, outcome: Outcome, rule: OrderRule | None = None) -> None:
    """As an admin would: a journal, the tax, the products of lines that are no goods, every order."""
    found = order_settings.show(world.app, SYSTEM, store_id)
    bank = found.options.journals[0].id
    wish = Wish(outcome=outcome, journals={GATEWAY: bank})
    _sure(lambda token: order_settings_save.save(world.app, SYSTEM, store_id, wish, token))
    for one in found.taxes:
        order_settings_taxes.confirm(world.app, SYSTEM, store_id, one.text, _tax(world, float(one.key.percent)))
    for role in (Role.SHIPPING, Role.CUSTOM, Role.ADJUSTMENT, Role.ROUNDING):
        order_settings_service.create(world.app, SYSTEM, store_id, role)
    _sure(lambda token: order_rules_edit.save(world.app, SYSTEM, store_id, rule or OrderRule(), token))


def _sure(do: Callable[[str | None], object]) -> None:
    """By somebody who has seen what it would do."""
    try:
        do(None)
    except ConfirmationMissing as asked:
        do(asked.token)


def _copy_terms(world: OdooWorld, store_id: str) -> bool:
    """From a store of an earlier story, if there is one: what is chosen is the same."""
    with world.app.db.write() as connection:
        for table in (order_settings_rows, order_taxes):
            first = connection.execute(select(table.c.store_id).limit(1)).scalar()
            known = connection.execute(select(table).where(table.c.store_id == first)).mappings().all()
            if not known:
                return False
            connection.execute(insert(table), [{**row, "store_id": store_id} for row in known])
    return True


def _tax(world: OdooWorld, percent: float) -> int:
    name = f"On top {percent:g} %"
    there = world.odoo.rows("account.tax", [["name", "=", name]], "id")
    if there:
        return there[0]["id"]
    made = {"name": name, "amount": percent, "amount_type": "percent", "type_tax_use": "sale",
            "price_include_override": "tax_excluded"}  # fmt: skip
    return world.odoo.does("account.tax", "create", vals_list=[made])[0]


def held(world: OdooWorld, shop: Shop) -> Holdings:
    """Each order of the shop with its moves and their payments, in words without ids. Confirming takes an order's date
    away; it is given back by whoever remembers that it confirmed, which a Clear in between makes forget."""
    ours = [["client_order_ref", "=like", f"gid://shopify/Order/{shop.shop_id}%"]]
    fields = ("client_order_ref", "state", "amount_total", "invoice_ids", "date_order")
    orders = world.odoo.rows("sale.order", ours, *fields)
    return sorted(
        ("order", int(order["client_order_ref"][-2:]), order["state"], order["amount_total"],
         shop.cleared or order["date_order"] == DATED,
         *_lines(world, order["id"]), *_moves(world, order["invoice_ids"]))
        for order in orders
    )  # fmt: skip


def _lines(world: OdooWorld, order_id: int) -> list[tuple[Any, ...]]:
    found = world.odoo.rows("sale.order.line", [["order_id", "=", order_id]], "product_uom_qty", "price_total")
    return sorted((row["product_uom_qty"], row["price_total"]) for row in found)


def _moves(world: OdooWorld, ids: list[int]) -> list[tuple[Any, ...]]:
    fields = ("move_type", "state", "amount_total", "amount_residual", "invoice_date", "matched_payment_ids")
    asked = ["|", ["id", "in", ids], ["reversed_entry_id", "in", ids]]
    return sorted(
        (row["move_type"], row["state"], row["amount_total"], row["amount_residual"], row["invoice_date"],
         *_payments(world, row["matched_payment_ids"]))
        for row in world.odoo.rows("account.move", asked, *fields)
    )  # fmt: skip


def _payments(world: OdooWorld, ids: list[int]) -> list[tuple[Any, ...]]:
    """The last two digits of a memo are those of the transaction's number that a twin has too. One of nothing is what
    is left of a wizard that was called off."""
    asked = [["id", "in", ids], ["amount", "!=", 0]]
    found = world.odoo.rows("account.payment", asked, "payment_type", "amount", "memo", "state", "date")
    return sorted((row["payment_type"], row["amount"], row["memo"][-2:], row["state"], row["date"]) for row in found)
