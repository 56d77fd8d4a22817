"""Records read by id: the same form and hash as out of a bulk file, and the same rules of what wins and what stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mooring.db import records_deleted, stores, tables
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.errors import Permanent
from mooring.usecases import fetch, gate
from mooring.usecases.fetch import Fetched, FetchResult
from tests.usecases.importing import HUB_TABLES, World, world

SIZES = {"customers": 40, "orders": 250, "products": 30}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")
TYPES = {Kind.CUSTOMERS: "Customer", Kind.ORDERS: "Order", Kind.PRODUCTS: "Product", Kind.COLLECTIONS: "Collection"}
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES) as made:
        yield made


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def ids(shop: World, kind: Kind) -> list[int]:
    return [number(document["id"]) for document in shop.documents(TYPES[kind])]


def read(shop: World, kind: Kind, *which: int) -> Fetched:
    return read_ids(shop, kind, which or ids(shop, kind))


def read_ids(shop: World, kind: Kind, which: Iterable[int]) -> Fetched:
    with shop.app.db.read() as connection:
        store = stores.load(connection, shop.store_id)
    ticket = gate.Ticket(store.id, store.generation, Purpose.IMPORT)
    return fetch.read(shop.app, ticket, store, kind, which)


def write(shop: World, fetched: Fetched) -> FetchResult:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        return fetch.write(connection, shop.app, store, fetched)


def contents(shop: World) -> dict[str, object]:
    """Everything imported but hub ids, and but when and how it came."""
    left_out = {"hub_id", "fetched_at", "historic"}
    return {
        table.name: shop.rows(table, *(column.name for column in table.c if column.name not in left_out))
        for table in HUB_TABLES
    }


def test_the_shop_has_what_makes_it_hard(shop: World) -> None:
    """Refunds, several currencies, discounts, several variants: or the two tests below would prove little."""
    orders = shop.documents("Order")
    assert any(order["refunds"] for order in orders)
    assert len({order["presentmentCurrencyCode"] for order in orders}) > 1
    assert any(line["discountAllocations"] for order in orders for line in order["lineItems"])
    assert len(shop.documents("ProductVariant")) > len(shop.documents("Product"))
    assert len(shop.documents("Collection")) > 1


@pytest.mark.parametrize("kind", list(Kind))
def test_what_came_by_bulk_is_unchanged_by_id(shop: World, kind: Kind) -> None:
    shop.run_import()
    before = shop.hub()
    fetched = read(shop, kind)
    assert (len(fetched.visible), fetched.missing) == (len(ids(shop, kind)), {})
    done = write(shop, fetched)
    assert (done.written, done.rows_written, done.removed_children, done.new) == (0, 0, 0, ())
    assert shop.hub() == before


def test_what_came_by_id_is_unchanged_by_bulk(shop: World) -> None:
    for kind in Kind:
        fetched = read(shop, kind)
        assert len(write(shop, fetched).new) == len(fetched.visible) == len(ids(shop, kind))
    before = contents(shop)
    receipt = shop.run_import().receipt
    assert receipt is not None
    for one in receipt["kinds"].values():
        assert (one["written"], one["rows_written"], one["removed"]) == (0, 0, 0)
    assert receipt["detail_requests"] == 0
    assert contents(shop) == before


# -- to the last nested page ---------------------------------------------------------------------------------------


def of_type(shop: World, kind: Kind, which: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    return next(document for document in shop.documents(TYPES[kind]) if which(document))


def again(node: dict[str, Any], type_: str, at: int) -> dict[str, Any]:
    return node | {"id": f"gid://shopify/{type_}/{7_000_000_000 + at}"}


@pytest.mark.parametrize(
    ("kind", "connection", "type_", "table", "parent"),
    [
        (Kind.CUSTOMERS, "addressesV2", "MailingAddress", tables.addresses, "customer_id"),
        (Kind.ORDERS, "lineItems", "LineItem", tables.order_lines, "order_id"),
    ],
)
def test_what_does_not_fit_on_the_first_page_is_followed(
    shop: World, kind: Kind, connection: str, type_: str, table: Any, parent: str
) -> None:
    document = of_type(shop, kind, lambda one: one[connection])
    many = [again(document[connection][0], type_, at) for at in range(523)]
    shop.change(TYPES[kind], document | {connection: many, "updatedAt": LATER})
    fetched = read(shop, kind, number(document["id"]))
    assert fetched.requests == 4
    write(shop, fetched)
    kept = [row[0] for row in shop.rows(table, "shopify_id", parent) if row[1] == number(document["id"])]
    assert sorted(kept) == [7_000_000_000 + at for at in range(523)]


def test_a_refund_is_read_to_its_last_line(shop: World) -> None:
    order = of_type(shop, Kind.ORDERS, lambda one: any(r["refundLineItems"] for r in one["refunds"] or ()))
    refund = next(one for one in order["refunds"] if one["refundLineItems"])
    many = [again(refund["refundLineItems"][0], "RefundLineItem", at) for at in range(137)]
    shop.change("Order", order | {"refunds": [refund | {"refundLineItems": many}], "updatedAt": LATER})
    write(shop, read(shop, Kind.ORDERS, number(order["id"])))
    (body,) = [row[1] for row in shop.rows(tables.refunds, "shopify_id", "body") if row[0] == number(refund["id"])]
    assert [one["id"] for one in json.loads(body)["refundLineItems"]] == [one["id"] for one in many]
    due = {row[0]: row[1:] for row in shop.rows(tables.orders, "shopify_id", "detail_due", "detail")}
    assert due[number(order["id"])][0] in (False, 0)
    assert due[number(order["id"])][1] is not None


def test_what_belongs_to_a_record_goes_with_the_newest_answer(shop: World) -> None:
    shop.run_import()
    order = of_type(shop, Kind.ORDERS, lambda one: one["refunds"])
    first = order["lineItems"][:1]
    shop.clock.advance(timedelta(seconds=2))
    shop.change("Order", order | {"lineItems": first, "refunds": [], "updatedAt": LATER})
    done = write(shop, read(shop, Kind.ORDERS, number(order["id"])))
    assert done.removed_children == len(order["lineItems"]) - 1 + len(order["refunds"])
    assert number(order["id"]) not in {row[0] for row in shop.rows(tables.refunds, "order_id")}


def test_members_of_a_collection_come_and_go(shop: World) -> None:
    shop.run_import()
    collection = of_type(shop, Kind.COLLECTIONS, lambda one: len(one.get("productIds") or ()) > 2)
    shop.clock.advance(timedelta(seconds=2))
    left = collection["productIds"][:1]
    shop.change("Collection", collection | {"productIds": left, "updatedAt": LATER})
    write(shop, read(shop, Kind.COLLECTIONS, number(collection["id"])))
    members = shop.rows(tables.collection_products, "collection_id", "product_id")
    assert [row[1] for row in members if row[0] == number(collection["id"])] == [number(str(left[0]))]


# -- cost ----------------------------------------------------------------------------------------------------------


def test_many_records_cost_few_requests(shop: World) -> None:
    assert read(shop, Kind.ORDERS).requests <= 5
    assert read(shop, Kind.ORDERS).requests == 3


def test_pages_shrink_when_shopify_finds_them_too_dear(shop: World) -> None:
    too_dear = {"errors": [{"message": "Query cost is too high", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
    shop.fault("status", status=200, body=too_dear, times=2)
    fetched = read(shop, Kind.CUSTOMERS)
    assert len(fetched.visible) == 40
    shop.fault("status", status=200, body=too_dear, times=None)
    with pytest.raises(Permanent):
        read(shop, Kind.CUSTOMERS, ids(shop, Kind.CUSTOMERS)[0])


def test_nobody_is_asked_for_nothing(shop: World) -> None:
    fetched = read_ids(shop, Kind.CUSTOMERS, [])
    assert (fetched.requests, fetched.visible, fetched.missing, fetched.at) == (0, (), {}, None)
    assert write(shop, fetched) == FetchResult()


def test_an_id_that_stands_there_twice_is_read_once(shop: World) -> None:
    one = ids(shop, Kind.CUSTOMERS)[0]
    assert read_ids(shop, Kind.CUSTOMERS, [one, one]).visible == (one,)


# -- what may not, or shall not, be read ---------------------------------------------------------------------------


def column(shop: World, name: str) -> dict[int, object]:
    return dict(shop.rows(tables.customers, "shopify_id", name))  # pyright: ignore[reportArgumentType]


def approve(shop: World, *groups: str) -> None:
    shop.sandbox.apps.change(shop.sandbox.apps.all()[0].id, {"protected": list(groups)})


def rename_all(shop: World) -> None:
    for document in shop.documents("Customer"):
        shop.change("Customer", document | {"lastName": "Renamed", "updatedAt": LATER})


def test_an_approval_withdrawn_since_the_last_import_blanks_nothing(shop: World) -> None:
    shop.run_import()
    before = column(shop, "email"), column(shop, "phone"), dict(shop.rows(tables.addresses, "shopify_id", "body"))  # pyright: ignore[reportArgumentType]
    assert any(before[0].values())
    approve(shop, "customer", "name")
    rename_all(shop)
    fetched = read(shop, Kind.CUSTOMERS)
    assert "customers.defaultEmailAddress.emailAddress" in fetched.denied
    done = write(shop, fetched)
    assert (done.written, set(column(shop, "last_name").values())) == (40, {"Renamed"})
    addresses = dict(shop.rows(tables.addresses, "shopify_id", "body"))  # pyright: ignore[reportArgumentType]
    assert (column(shop, "email"), column(shop, "phone"), addresses) == before
    assert any(column(shop, "email_state").values()), "what stands beside a refused field is read"


def test_what_was_refused_is_not_asked_for_again(shop: World) -> None:
    shop.run_import()
    approve(shop, "customer", "name", "address")
    write(shop, read(shop, Kind.CUSTOMERS))
    fetched = read(shop, Kind.CUSTOMERS)
    assert fetched.denied == frozenset()
    assert "customers.defaultEmailAddress.emailAddress" in fetched.left_out
    with shop.app.db.read() as connection:
        assert "orders.email" in stores.load(connection, shop.store_id).denied_fields


@pytest.mark.parametrize("toggle", ["email_consent", "sms_consent", "customer_profiles"])
def test_what_is_switched_off_later_is_kept(shop: World, toggle: str) -> None:
    shop.run_import()
    before = shop.hub()
    shop.settings(**{toggle: False})
    done = write(shop, read(shop, Kind.CUSTOMERS))
    assert (done.written, done.rows_written, done.removed_children) == (0, 0, 0)
    assert shop.hub() == before


@pytest.mark.parametrize(
    ("toggle", "gone"), [("email_consent", "email_state"), ("sms_consent", "sms_state"), ("customer_profiles", "tags")]
)
def test_what_was_never_read_stays_unread(shop: World, toggle: str, gone: str) -> None:
    shop.settings(**{toggle: False})
    write(shop, read(shop, Kind.CUSTOMERS))
    assert not any(column(shop, gone).values())
    shop.settings(**{toggle: True})
    write(shop, read(shop, Kind.CUSTOMERS))
    assert any(column(shop, gone).values())


def test_a_kind_this_app_may_not_read_is_said_and_blanks_nothing(shop: World) -> None:
    shop.run_import()
    before = shop.hub()
    approve(shop)
    with pytest.raises(Permanent, match="does not let this app read customers") as caught:
        read(shop, Kind.CUSTOMERS)
    assert caught.value.code == "kind_denied"
    assert shop.hub() == before


def test_a_record_with_u0000_is_stored_everywhere(shop: World) -> None:
    document = shop.documents("Customer")[0]
    shop.change("Customer", document | {"firstName": "A\x00da", "updatedAt": LATER})
    write(shop, read(shop, Kind.CUSTOMERS, number(document["id"])))
    assert column(shop, "first_name")[number(document["id"])] == "Ada"


# -- what wins -----------------------------------------------------------------------------------------------------


def test_new_customers_join_the_list_of_the_store(shop: World) -> None:
    done = write(shop, read(shop, Kind.CUSTOMERS))
    assert (len(done.new), shop.count(tables.list_members)) == (40, 40)
    assert {row[0] for row in shop.rows(tables.customers, "historic")} <= {False}


def test_an_answer_may_be_written_twice(shop: World) -> None:
    fetched = read(shop, Kind.ORDERS)
    write(shop, fetched)
    before = shop.hub()
    done = write(shop, fetched)
    assert (done.written, done.rows_written, shop.hub()) == (0, 0, before)


def test_an_older_answer_changes_nothing(shop: World) -> None:
    old = {kind: read(shop, kind) for kind in Kind}
    shop.clock.advance(timedelta(seconds=2))
    for document in shop.documents("Customer"):
        shop.change("Customer", document | {"firstName": "New", "addressesV2": [], "updatedAt": LATER})
    for document in shop.documents("Order"):
        shop.change("Order", document | {"note": "New", "refunds": [], "lineItems": [], "updatedAt": LATER})
    for kind in Kind:
        write(shop, read(shop, kind))
    before = shop.hub()
    for fetched in old.values():
        write(shop, fetched)
    assert shop.hub() == before


def test_an_older_answer_does_not_bring_back_what_was_taken_away(shop: World) -> None:
    """Although the record itself looks the same in both."""
    shop.run_import()
    customer = of_type(shop, Kind.CUSTOMERS, lambda one: len(one["addressesV2"]) > 1)
    early = read(shop, Kind.CUSTOMERS, number(customer["id"]))
    shop.clock.advance(timedelta(seconds=2))
    default = [one for one in customer["addressesV2"] if one["id"] == customer["defaultAddressId"]]
    shop.change("Customer", customer | {"addressesV2": default})
    done = write(shop, read(shop, Kind.CUSTOMERS, number(customer["id"])))
    assert (done.written, done.removed_children) == (0, len(customer["addressesV2"]) - 1)
    before = shop.rows(tables.addresses)
    write(shop, early)
    assert shop.rows(tables.addresses) == before


def test_a_mark_of_deletion_goes_only_for_a_later_answer(shop: World) -> None:
    shop.run_import()
    order = ids(shop, Kind.ORDERS)[0]
    early = read(shop, Kind.ORDERS, order)
    at = shop.clock.now() + timedelta(seconds=2)
    with shop.app.db.write() as connection:
        assert records_deleted.mark_deleted(connection, shop.store_id, Kind.ORDERS, [order], fetched_at=at, at=at) == 1
        assert records_deleted.mark_deleted(connection, shop.store_id, Kind.ORDERS, [order], fetched_at=at, at=at) == 0
    assert write(shop, early).restored == ()
    shop.clock.advance(timedelta(seconds=4))
    assert write(shop, read(shop, Kind.ORDERS, order)).restored == (order,)
    with shop.app.db.read() as connection:
        assert records_deleted.living(connection, shop.store_id, Kind.ORDERS) == 250


def test_a_mark_of_deletion_does_not_touch_what_was_fetched_later(shop: World) -> None:
    shop.run_import()
    order = ids(shop, Kind.ORDERS)[0]
    early = shop.clock.now() - timedelta(hours=1)
    with shop.app.db.write() as connection:
        marked = records_deleted.mark_deleted(
            connection, shop.store_id, Kind.ORDERS, [order], fetched_at=early, at=shop.clock.now()
        )
    assert marked == 0
