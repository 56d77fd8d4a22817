"""Products and paid orders in a hub without a shop, and the settings that they are booked by."""

from __future__ import annotations

from decimal import Decimal

from benchmarks.hub import AT, STORE
from mooring.app import Built
from mooring.db import records
from mooring.domain import records as r
from mooring.domain import records_orders as ro
from mooring.domain.order_booking import Role
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import Outcome
from mooring.domain.translate_orders import LINE, ORDER
from mooring.domain.translate_rows import PRODUCT, VARIANT, Stamp
from mooring.errors import ConfirmationMissing
from mooring.usecases import order_rules_edit, order_settings, order_settings_save, order_settings_service
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.who import SYSTEM

PRODUCTS, LINES = 20, 3
"""Lines of an order: as many as those had whose booking was measured on a real Odoo."""
_CUSTOMER, _CURRENCY = 1, "USD"


def fill(built: Built, orders: int) -> None:
    """Every order is one customer's, of three products, and paid at once."""
    stamp = Stamp(STORE, AT)
    with built.app.db.write() as connection:
        records.write_roots(connection, PRODUCT, STORE, [PRODUCT.row(_product(one), stamp) for one in _numbers()])
        variants = [VARIANT.row(_variant(one), stamp) for one in _numbers()]
        records.write_children(connection, VARIANT, PRODUCT, STORE, variants, AT)
        told = [ORDER.row(_order(one), stamp) for one in range(1, orders + 1)]
        records.write_roots(connection, ORDER, STORE, told)
        lines = [LINE.row(_line(one, place), stamp) for one in range(1, orders + 1) for place in range(LINES)]
        records.write_children(connection, LINE, ORDER, STORE, lines, AT)


def settle_terms(built: Built, outcome: Outcome) -> None:
    """As an admin would: a journal, the products of lines that are no goods, every order."""
    found = order_settings.show(built.app, SYSTEM, STORE)
    journals = {one.key: found.options.journals[0].id for one in found.gateways}
    order_settings_save.save(built.app, SYSTEM, STORE, Wish(outcome=outcome, journals=journals))
    order_settings_service.create(built.app, SYSTEM, STORE, Role.SHIPPING)
    try:
        order_rules_edit.save(built.app, SYSTEM, STORE, OrderRule())
    except ConfirmationMissing as asked:
        order_rules_edit.save(built.app, SYSTEM, STORE, OrderRule(), asked.token)


def _numbers() -> range:
    return range(1, PRODUCTS + 1)


def _product(number: int) -> r.Product:
    return r.Product(
        id=f"gid://shopify/Product/{number}", updated_at=AT, title=f"Product {number}", status="ACTIVE",
        has_only_default_variant=True,
    )  # fmt: skip


def _variant(number: int) -> r.Variant:
    return r.Variant(
        id=f"gid://shopify/ProductVariant/{number}", updated_at=AT, parent_id=f"gid://shopify/Product/{number}",
        title="Default Title", sku=f"SKU-{number}", price=f"{number}.50",
    )  # fmt: skip


def _goods(order: int, place: int) -> int:
    return (order + place * 7) % PRODUCTS + 1


def _order(number: int) -> ro.Order:
    shipping = Decimal("4.90")
    total = sum((Decimal(f"{_goods(number, place)}.50") for place in range(LINES)), shipping)
    paid = ro.Transaction(
        id=f"gid://shopify/OrderTransaction/{number}", kind="SALE", status="SUCCESS", gateway="card",
        formatted_gateway="Card", created_at=AT, processed_at=AT, amount_set=_bag(total),
    )  # fmt: skip
    return ro.Order(
        id=f"gid://shopify/Order/{number}", updated_at=AT, name=f"#{number}", display_financial_status="PAID",
        processed_at=AT, created_at=AT, currency_code=_CURRENCY, presentment_currency_code=_CURRENCY,
        taxes_included=False, total_price_set=_bag(total), current_total_price_set=_bag(total),
        total_shipping_price_set=_bag(shipping), transactions=(paid,),
        customer=r.Ref(f"gid://shopify/Customer/{_CUSTOMER}"),
        shipping_line=ro.ShippingLine(
            id=f"gid://shopify/ShippingLine/{number}", title="Post", original_price_set=_bag(shipping),
            discounted_price_set=_bag(shipping),
        ),
    )  # fmt: skip


def _line(order: int, place: int) -> ro.Line:
    goods = _goods(order, place)
    return ro.Line(
        id=f"gid://shopify/LineItem/{order * 10 + place}", updated_at=AT, parent_id=f"gid://shopify/Order/{order}",
        title=f"Product {goods}", quantity=1, current_quantity=1, sku=f"SKU-{goods}",
        variant=r.Ref(f"gid://shopify/ProductVariant/{goods}"), original_unit_price_set=_bag(Decimal(f"{goods}.50")),
    )  # fmt: skip


def _bag(amount: Decimal) -> r.Bag:
    money = r.Money(f"{amount:.2f}", _CURRENCY)
    return r.Bag(money, money)
