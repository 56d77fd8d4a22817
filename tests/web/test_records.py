"""Lists to search and leaf through, and one record with everything that belongs to it."""

from __future__ import annotations

import pytest

from mooring.db import tables
from mooring.domain.kinds import Kind
from mooring.errors import InvalidInput, NotFound
from mooring.usecases import browse, browse_record
from mooring.usecases.browse import Asked
from tests.usecases.world import LIGHTHOUSE, World
from tests.web import records
from tests.web.face import Face

API = "/api/v1"


def found(world: World, text: str = "", kind: Kind = Kind.CUSTOMERS, /, **filters: str) -> list[int]:
    page = browse.page(world.app, world.admin, world.project, kind, Asked(text, filters=filters))
    return [row["shopify_id"] for row in page.items]


def test_a_list_over_two_stores_is_leafed_through_both_ways_without_a_gap(world: World) -> None:
    first, second = world.connect().store_id, world.connect(LIGHTHOUSE).store_id
    for number in range(1, 121):
        records.customer(world, first, number)
        if number % 2:
            records.customer(world, second, number)  # the same ids: of those the store decides
    keys: list[tuple[int, str]] = []
    pages: list[list[tuple[int, str]]] = []
    asked = Asked()
    while True:
        page = browse.page(world.app, world.admin, world.project, Kind.CUSTOMERS, asked)
        pages.append([(row["shopify_id"], row["store_id"]) for row in page.items])
        keys += pages[-1]
        assert (page.newer is None) == (asked.older is None)
        if page.older is None:
            break
        asked = Asked(older=page.older)
    assert len(keys) == 180
    assert keys == sorted(set(keys), reverse=True)

    back = [pages[-1]]
    while page.newer:
        page = browse.page(world.app, world.admin, world.project, Kind.CUSTOMERS, Asked(newer=page.newer))
        back.append([(row["shopify_id"], row["store_id"]) for row in page.items])
    assert sum(map(len, back)) == 180
    assert page.newer is None


def test_a_search_folds_needs_every_word_and_takes_signs_literally(world: World) -> None:
    store = world.connect().store_id
    records.customer(world, store, 1, "Zo\u00eb STRASSE", email="zoe@example.com")
    records.customer(world, store, 2, "Zo\u00eb Other")
    records.customer(world, store, 3, "100% Cotton_")
    assert found(world, "ZO\u00cb stra\u00dfe") == [1]
    assert found(world, "zo\u00eb") == [2, 1]
    assert found(world, "100%") == [3]
    assert found(world, "cotton_") == [3]
    assert found(world, "%") == [3]
    assert found(world, "' OR 1=1 --") == []


def test_exact_ids_names_and_codes_find_their_record(world: World) -> None:
    store = world.connect().store_id
    hub_id = records.customer(world, store, 7_000_000_001)
    records.order(world, store, 5, name="#1001")
    records.product(world, store, 8, "Mug")
    records.variant(world, store, 9, 8, sku="MUG-1", barcode="4006381333931")
    assert found(world, "7000000001") == [7_000_000_001]
    assert found(world, "gid://shopify/Customer/7000000001") == [7_000_000_001]
    assert found(world, str(hub_id)) == [7_000_000_001]
    assert found(world, "1001", Kind.ORDERS) == [5]
    assert found(world, "MUG-1", Kind.PRODUCTS) == [8]
    assert found(world, "4006381333931", Kind.PRODUCTS) == [8]
    assert found(world, "9" * 40) == []


def test_filters_narrow_a_list_and_an_unknown_one_is_refused(world: World) -> None:
    store = world.connect().store_id
    records.order(world, store, 1, financial_status="PAID", test=True)
    records.order(world, store, 2, financial_status="REFUNDED", cancelled_at=records.AT)
    records.order(world, store, 3, financial_status="PAID", deleted_at=records.AT)
    assert found(world, "", Kind.ORDERS, payment="paid") == [3, 1]
    assert found(world, "", Kind.ORDERS, payment="paid", test="no") == [3]
    assert found(world, "", Kind.ORDERS, cancelled="yes") == [2]
    assert found(world, "", Kind.ORDERS, in_shopify="deleted") == [3]
    assert found(world, "", Kind.ORDERS, in_shopify="yes") == [2, 1]
    for filters in ({"payment": "often"}, {"colour": "red"}):
        with pytest.raises(InvalidInput):
            found(world, "", Kind.ORDERS, **filters)


def test_every_filter_is_one_the_database_understands(world: World) -> None:
    world.connect()
    for kind, filters in browse.FILTERS.items():
        for one in filters:
            for choice in one.choices:
                assert found(world, "", kind, **{one.name: choice}) == []


def test_nobody_sees_the_records_of_another_project(face: Face) -> None:
    world = face.world
    store = world.connect().store_id
    hub_id = records.customer(world, store, 1)
    stranger = face.person(None)
    with pytest.raises(NotFound):
        browse_record.show(world.app, stranger, Kind.CUSTOMERS, hub_id)
    with pytest.raises(NotFound):
        browse.page(world.app, stranger, world.project, Kind.CUSTOMERS, Asked())
    elsewhere = next(iter(stranger.roles))
    with pytest.raises(NotFound):
        browse.page(world.app, stranger, elsewhere, Kind.CUSTOMERS, Asked(store_id=store))
    assert browse.page(world.app, stranger, elsewhere, Kind.CUSTOMERS, Asked()).items == []
    assert face.browser(stranger).get(f"{API}/customers/{hub_id}").status_code == 404


def test_an_order_comes_with_all_that_belongs_to_it(face: Face) -> None:
    world = face.world
    store = world.connect().store_id
    buyer = records.customer(world, store, 11, email="ann@example.com")
    mug = records.product(world, store, 8)
    order = records.order(world, store, 21, customer_id=11, body='{"note":"by hand"}', detail='{"shippingLines":[]}')
    records.line(world, store, 31, 21, product_id=8, sku="MUG-1")
    records.line(world, store, 32, 21, product_id=None)
    refund = {"order_id": 21, "total": records.Decimal("1.10"), "currency": "EUR"}
    records.put(world, tables.refunds, store, 41, **refund)
    shown = face.socket().get(f"{API}/orders/{order}").json()
    assert (shown["order"]["total"], shown["order"]["currency"]) == ("10.50", "EUR")
    assert shown["body"] == {"note": "by hand"}
    assert shown["detail"] == {"shippingLines": []}
    assert shown["customer"]["hub_id"] == buyer
    assert [(one["sku"], one["product_hub_id"]) for one in shown["lines"]] == [("MUG-1", mug), (None, None)]
    assert shown["refunds"][0]["total"] == "1.10"
    by = face.socket().get(f"{API}/customers/{buyer}").json()
    assert [one["hub_id"] for one in by["orders"]] == [order]


def test_a_product_comes_with_variants_and_a_collection_with_its_products(face: Face) -> None:
    world = face.world
    store = world.connect().store_id
    hub_id = [records.product(world, store, number, f"Product {number}") for number in range(1, 61)][-1]
    records.variant(world, store, 100, 60, position=2)
    records.variant(world, store, 101, 60, position=1)
    summer = records.collection(world, store, 7, list(range(1, 61)))
    shown = face.socket().get(f"{API}/products/{hub_id}").json()
    assert [one["shopify_id"] for one in shown["variants"]] == [101, 100]
    assert [one["hub_id"] for one in shown["collections"]] == [summer]
    first = face.socket().get(f"{API}/collections/{summer}").json()
    rest = face.socket().get(f"{API}/collections/{summer}", params={"cursor": first["next"]}).json()
    assert [p["shopify_id"] for p in first["products"] + rest["products"]] == list(range(1, 61))
    assert rest["next"] is None


def test_lists_of_the_api_are_those_of_the_pages(face: Face) -> None:
    world = face.world
    store = world.connect().store_id
    for number in range(1, 61):
        records.customer(world, store, number, "Ann Other", email_state="SUBSCRIBED")
    place = f"{API}/projects/{world.project}/customers"
    first = face.socket().get(place, params={"q": "ann", "email": "subscribed", "store_id": store}).json()
    rest = face.socket().get(place, params={"q": "ann", "cursor": first["next"]}).json()
    assert [c["shopify_id"] for c in first["items"] + rest["items"]] == list(range(60, 0, -1))
    refused = face.socket().get(place, params={"email": "often"})
    assert (refused.status_code, refused.json()["field"]) == (422, "email")


@pytest.mark.parametrize("hub_id", ["0", "-1", "99999999999999999999", "9223372036854775807", "x"])
def test_an_id_that_leads_nowhere(face: Face, hub_id: str) -> None:
    for kind in Kind:
        assert face.socket().get(f"{API}/{kind}/{hub_id}").status_code == 404
