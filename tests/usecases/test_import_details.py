"""Orders that bulk cannot tell whole: refunds and several shipping lines, read by id to the last nested page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mooring.db import tables
from mooring.domain.kinds import Kind
from mooring.usecases.operations_drive import Runner, drive
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 40, "orders": 250, "products": 12}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES) as made:
        yield made


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def refunded(shop: World) -> dict[str, Any]:
    return next(order for order in shop.documents("Order") if any(r["refundLineItems"] for r in order["refunds"] or ()))


def numbered(node: dict[str, Any], type_: str, at: int) -> dict[str, Any]:
    return node | {"id": f"gid://shopify/{type_}/{7_000_000_000 + at}"}


def bodies(shop: World, table: Any) -> dict[int, dict[str, Any]]:
    return {row[0]: json.loads(row[1]) for row in shop.rows(table, "shopify_id", "body")}


def test_nested_pages_are_followed_to_their_end(shop: World) -> None:
    order = refunded(shop)
    refund = order["refunds"][0]
    line = refund["refundLineItems"][0]
    long = refund | {"refundLineItems": [numbered(line, "RefundLineItem", at) for at in range(137)]}
    shipping = order["shippingLines"][0] if order["shippingLines"] else None
    lines = [numbered(shipping, "ShippingLine", at) for at in range(9)] if shipping else []
    shop.change("Order", order | {"refunds": [long, *order["refunds"][1:]], "shippingLines": lines})
    operation = shop.run_import(Kind.ORDERS)
    assert (operation.state, operation.error) == ("done", None)
    kept = bodies(shop, tables.refunds)[number(refund["id"])]["refundLineItems"]
    assert [one["id"] for one in kept] == [one["id"] for one in long["refundLineItems"]]
    detail = dict(shop.rows(tables.orders, "shopify_id", "detail"))[number(order["id"])]  # pyright: ignore[reportArgumentType]
    assert len(json.loads(detail).get("shippingLines", ())) == len(lines)


def test_several_shipping_lines_are_noticed(shop: World) -> None:
    order = next(o for o in shop.documents("Order") if o["shippingLines"] and not o["refunds"])
    first = order["shippingLines"][0]
    bag = first["originalPriceSet"]
    dear = {side: money | {"amount": "77.00"} for side, money in bag.items()}
    second = numbered(first, "ShippingLine", 1) | {"originalPriceSet": dear, "discountedPriceSet": dear}
    shop.change("Order", order | {"shippingLines": [first, second], "totalShippingPriceSet": dear})
    shop.run_import(Kind.ORDERS)
    detail = dict(shop.rows(tables.orders, "shopify_id", "detail"))[number(order["id"])]  # pyright: ignore[reportArgumentType]
    assert [one["id"] for one in json.loads(detail)["shippingLines"]] == [first["id"], second["id"]]


def test_only_changed_orders_are_read_by_id_again(shop: World) -> None:
    first = shop.run_import(Kind.ORDERS)
    assert first.receipt is not None
    assert first.receipt["kinds"]["orders"]["details"] > 1
    order = refunded(shop)
    shop.change("Order", order | {"note": "Ring twice", "updatedAt": LATER})
    second = shop.run_import(Kind.ORDERS)
    assert second.receipt is not None
    assert (second.receipt["kinds"]["orders"]["details"], second.receipt["detail_requests"]) == (1, 1)


def test_a_refund_that_is_gone_goes(shop: World) -> None:
    shop.run_import(Kind.ORDERS)
    order = refunded(shop)
    gone = number(order["refunds"][0]["id"])
    assert gone in bodies(shop, tables.refunds)
    other = order["refunds"][0] | {"id": "gid://shopify/Refund/4242"}
    shop.change("Order", order | {"refunds": [other], "updatedAt": LATER})
    shop.run_import(Kind.ORDERS)
    assert gone not in bodies(shop, tables.refunds)
    assert 4242 in bodies(shop, tables.refunds)


def until_detailing(shop: World) -> tuple[Runner, str]:
    """An import whose files are proved and whose pages by id are still to come."""
    runner, operation = Runner(shop.app, "one", WORKS, ENDINGS), shop.issue(Kind.ORDERS).id
    while shop.operation(operation).cursor.get("kinds", {}).get("orders", {}).get("phase") != "detailing":
        wait = runner.advance(operation)
        assert wait is not None
        shop.app.clock.sleep(wait)
    return runner, operation


def test_pages_shrink_when_shopify_finds_them_too_dear(shop: World) -> None:
    _, operation = until_detailing(shop)
    cursor = shop.operation(operation).cursor
    cursor["kinds"]["orders"]["detail_page"] = 250
    with shop.app.db.write() as connection:
        connection.execute(update(tables.operations).values(cursor=json.dumps(cursor)))
        connection.execute(
            update(tables.orders).where(tables.orders.c.store_id == shop.store_id).values(detail_due=True)
        )
    done = drive(shop.app, operation, WORKS, ENDINGS, worker="one")
    assert (done.state, done.cursor["kinds"]["orders"]["details"]) == ("done", 250)
    assert 20 <= done.cursor["kinds"]["orders"]["detail_page"] <= 100
    assert not any(row[0] for row in shop.rows(tables.orders, "detail_due"))


def test_a_page_holds_at_least_twenty_orders(shop: World) -> None:
    operation = shop.run_import(Kind.ORDERS)
    assert operation.receipt is not None
    assert operation.cursor["kinds"]["orders"]["detail_page"] >= 20


def test_an_order_that_vanished_meanwhile_is_kept_and_still_owed(shop: World) -> None:
    runner, operation = until_detailing(shop)
    gone = number(refunded(shop)["id"])
    shop.sandbox.state.remove(shop.shop_id, "Order", gone)
    while (wait := runner.advance(operation)) is not None:
        shop.app.clock.sleep(wait)
    assert shop.operation(operation).state == "done"
    assert {row[0] for row in shop.rows(tables.orders, "shopify_id", "detail_due") if row[1]} == {gone}
