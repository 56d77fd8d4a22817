"""What cannot be obeyed now, or at all: the store's trouble puts off, a record's own trouble is hers alone, and who
speaks for the shop decides what a delivery is worth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mooring.db import drains, stores, stores_domains, tables
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, Lost, State
from mooring.usecases import drain, holds
from mooring.usecases.drain import NOBODY, NOT_OURS, NOT_STARTED, UNREADABLE
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from tests.usecases.draining import LATER, calls, deliver, deliveries, drained, number, one, states, store
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 60, "orders": 260, "products": 12}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=True) as made:
        yield made


def edited(shop: World, at: int = 0, **changes: Any) -> int:
    customer = shop.documents("Customer")[at]
    shop.change("Customer", customer | {"firstName": "Ada", "updatedAt": LATER} | changes)
    return number(customer["id"])


def later(shop: World, **by: float) -> None:
    shop.app.clock.advance(timedelta(**by))  # pyright: ignore[reportAttributeAccessIssue]
    shop.clock.advance(timedelta(**by))


def reasons(shop: World) -> list[tuple[str, str | None]]:
    return [(found.state, found.reason) for found in deliveries(shop)]


def move(shop: World, event: Event, **more: Any) -> None:
    with shop.app.db.write() as connection:
        current = stores.load(connection, shop.store_id)
        stores.move(connection, current, event, at=shop.app.clock.now(), actor="test", **more)


# -- whose is it ---------------------------------------------------------------------------------------------------


def test_nobody_speaks_for_the_shop(shop: World) -> None:
    deliver(shop, "customers/update", 5, domain="stranger.myshopify.com")
    before = calls(shop)
    drained(shop)
    assert (reasons(shop), calls(shop)) == ([("dropped", NOBODY)], before)
    assert store(shop).dropped == 0


def test_another_app_has_signed(shop: World) -> None:
    deliver(shop, "customers/update", edited(shop), app_id="another")
    drained(shop)
    assert (reasons(shop), store(shop).dropped) == ([("dropped", NOT_OURS)], 1)
    assert one(shop, tables.customers, number(shop.documents("Customer")[0]["id"]), "first_name") != "Ada"


def test_an_older_domain_of_the_shop_is_its_own(shop: World) -> None:
    with shop.app.db.write() as connection:
        stores_domains.add(connection, shop.store_id, "older.myshopify.com", at=shop.app.clock.now())
        stores_domains.add(connection, shop.store_id, store(shop).shop_domain, at=shop.app.clock.now())
    customer = edited(shop)
    deliver(shop, "customers/update", customer, domain="older.myshopify.com")
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, shop_domain="harbour-teas.myshopify.com")
    drained(shop)
    assert one(shop, tables.customers, customer, "first_name") == "Ada"


@pytest.mark.parametrize(("event", "state"), [(Event.DISCONNECT, "disconnected"), (Event.DELETE, "deleting")])
def test_a_store_that_does_not_import_drops_and_counts(shop: World, event: Event, state: str) -> None:
    move(shop, event)
    for _ in range(3):
        deliver(shop, "customers/update", edited(shop))
    before, hub = calls(shop), shop.hub()
    drained(shop)
    assert reasons(shop) == [("dropped", f"The store was {state}.")] * 3
    assert (store(shop).dropped, calls(shop), shop.hub()) == (3, before, hub)


def test_before_the_initial_sync_nothing_comes_in(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES) as shop:
        deliver(shop, "customers/update", edited(shop))
        drained(shop)
        assert (reasons(shop), shop.count(tables.customers)) == ([("dropped", NOT_STARTED)], 0)


def test_without_credentials_deliveries_wait_for_the_reconnect(shop: World) -> None:
    move(shop, Event.AUTH_LOST, lost=Lost.CREDENTIALS)
    customer = edited(shop)
    deliver(shop, "customers/update", customer)
    before = calls(shop)
    drained(shop)
    assert (states(shop), calls(shop)) == (["new"], before)
    move(shop, Event.AUTHORIZED)
    move(shop, Event.READY)
    drained(shop)
    assert (one(shop, tables.customers, customer, "first_name"), states(shop)) == ("Ada", ["done"])


def test_a_missing_permission_keeps_its_kind_alone(shop: World) -> None:
    move(shop, Event.AUTH_LOST, lost=Lost.SCOPES)
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, granted_scopes="read_customers read_products")
    deliver(shop, "orders/updated", number(shop.documents("Order")[0]["id"]))
    customer = edited(shop)
    deliver(shop, "customers/update", customer)
    drained(shop)
    assert reasons(shop) == [("dropped", "Orders wait for the permission read_orders."), ("done", None)]
    assert one(shop, tables.customers, customer, "first_name") == "Ada"


def test_what_is_switched_off_is_not_read(shop: World) -> None:
    shop.settings(product_catalogue=False)
    deliver(shop, "products/update", number(shop.documents("Product")[0]["id"]))
    before = calls(shop)
    drained(shop)
    assert reasons(shop) == [("dropped", "Products are switched off in this store's sync settings.")]
    assert (calls(shop), store(shop).dropped) == (before, 0)


def test_a_delivery_that_names_nothing_becomes_a_dead_letter(shop: World) -> None:
    deliver(shop, "customers/update", None)
    drained(shop)
    assert reasons(shop) == [("dead", UNREADABLE)]


# -- the store's trouble -------------------------------------------------------------------------------------------


def test_a_closed_shop_is_asked_seldom_and_loses_nothing(shop: World) -> None:
    fault = shop.fault("status", status=402, times=None)
    for at in range(3):
        deliver(shop, "customers/update", edited(shop, at))
    before = calls(shop)
    drained(shop)
    later(shop, minutes=5)
    drained(shop)
    assert (states(shop), calls(shop) - before) == (["new"] * 3, 1)
    assert "unavailable at Shopify" in (store(shop).error or "")
    deliver(shop, "customers/update", edited(shop, 4))
    drained(shop)
    assert calls(shop) - before == 1, "news of the same store wait as well"
    shop.sandbox.faults.clear(fault.id)
    later(shop, minutes=11)
    drained(shop)
    assert (set(states(shop)), store(shop).error) == ({"done"}, None)


def test_a_passing_fault_is_tried_again_soon(shop: World) -> None:
    shop.fault("status", status=503, times=1)
    customer = edited(shop)
    deliver(shop, "customers/update", customer)
    drain.drain_all(shop.app)
    assert states(shop) == ["new"]
    later(shop, minutes=2)
    drained(shop)
    assert (one(shop, tables.customers, customer, "first_name"), states(shop)) == ("Ada", ["done"])


def test_short_waits_are_sat_out(shop: World) -> None:
    shop.fault("throttled", times=2)
    customer = edited(shop)
    deliver(shop, "customers/update", customer)
    drain.drain_all(shop.app)
    assert states(shop) == ["done"]


def test_a_refused_token_asks_for_a_reconnect_and_keeps_the_deliveries(shop: World) -> None:
    shop.fault("status", status=401, times=None)
    deliver(shop, "customers/update", edited(shop))
    drained(shop)
    before = calls(shop)
    later(shop, hours=1)
    drained(shop)
    assert (store(shop).state, store(shop).lost) == (State.RECONNECT_REQUIRED, Lost.CREDENTIALS)
    assert (states(shop), calls(shop)) == (["new"], before)


def test_what_keeps_workers_away_is_over_with_a_new_connection(shop: World) -> None:
    fault = shop.fault("status", status=423, times=None)
    deliver(shop, "customers/update", edited(shop))
    drained(shop)
    shop.sandbox.faults.clear(fault.id)
    move(shop, Event.AUTHORIZED)
    move(shop, Event.READY)
    with shop.app.db.write() as connection:
        connection.execute(update(tables.deliveries).values(not_before=None))
    drained(shop)
    assert states(shop) == ["done"]


def test_a_process_that_has_the_directory_to_itself_takes_every_lease_back(shop: World) -> None:
    now = shop.app.clock.now()
    with shop.app.db.write() as connection:
        assert drains.take(connection, shop.store_id, "dead", at=now, until=now + timedelta(hours=1))
    deliver(shop, "customers/update", edited(shop))
    assert drain.drain_all(shop.app) == 0
    with shop.app.db.write() as connection:
        drains.release_all(connection)
    assert drain.drain_all(shop.app) == 1


# -- one record's own trouble --------------------------------------------------------------------------------------


def test_the_culprit_alone_becomes_a_dead_letter(shop: World) -> None:
    customers = [number(customer["id"]) for customer in shop.documents("Customer")[:30]]
    bad = shop.documents("Customer")[17]
    shop.change("Customer", bad | {"createdAt": "yesterday"})
    for at, customer in enumerate(customers):
        if at != 17:
            edited(shop, at)
        deliver(shop, "customers/update", customer)
    drained(shop)
    found = {d.record_id: (d.state, d.reason) for d in deliveries(shop)}
    assert found[number(bad["id"])][0] == "dead"
    assert "has not the shape" in (found[number(bad["id"])][1] or "")
    assert [state for state, _ in found.values()].count("done") == 29
    shop.change("Customer", bad | {"firstName": "Mended", "updatedAt": LATER})
    with shop.app.db.write() as connection:
        connection.execute(update(tables.deliveries).where(tables.deliveries.c.state == "dead").values(state="new"))
    drained(shop)
    assert one(shop, tables.customers, number(bad["id"]), "first_name") == "Mended"


# -- suspiciously much ---------------------------------------------------------------------------------------------


def vanish(shop: World, count: int, first: int = 0) -> list[int]:
    """So many orders are deleted at Shopify, and it says so."""
    gone = [number(order["id"]) for order in shop.documents("Order")[first : first + count]]
    for order in gone:
        shop.sandbox.state.remove(shop.shop_id, "Order", order)
        deliver(shop, "orders/delete", order)
    return gone


def marked(shop: World) -> int:
    return sum(row[0] is not None for row in shop.rows(tables.orders, "deleted_at"))


def test_as_many_as_usual_are_obeyed(shop: World) -> None:
    vanish(shop, 26)
    drained(shop)
    assert (marked(shop), set(states(shop))) == (26, {"done"})


def test_a_mass_deletion_waits_for_a_person(shop: World) -> None:
    vanish(shop, 27)
    drained(shop)
    assert (marked(shop), set(states(shop))) == (0, {"held"})
    (question,) = holds.of_store(shop.app, SYSTEM, shop.store_id)
    assert (question.kind, question.cause, question.count, question.total) == (Kind.ORDERS, "webhooks", 27, 260)


def test_it_does_not_matter_in_how_many_pieces_they_come(shop: World) -> None:
    gone = vanish(shop, 20)
    drained(shop)
    assert marked(shop) == 20
    later(shop, minutes=30)
    more = vanish(shop, 10)
    drained(shop)
    assert (marked(shop), states(shop).count("held")) == (20, 10)
    assert not set(gone) & set(more)
    later(shop, minutes=61)
    vanish(shop, 5)
    drained(shop)
    assert marked(shop) == 25


def test_once_confirmed_they_are_obeyed(shop: World) -> None:
    vanish(shop, 40)
    drained(shop)
    (question,) = holds.of_store(shop.app, SYSTEM, shop.store_id)
    holds.decide(shop.app, SYSTEM, question.id, "delete", token=question.token)
    drained(shop)
    assert (marked(shop), set(states(shop))) == (40, {"done"})


def test_kept_they_stay(shop: World) -> None:
    vanish(shop, 40)
    drained(shop)
    (question,) = holds.of_store(shop.app, SYSTEM, shop.store_id)
    holds.decide(shop.app, SYSTEM, question.id, "keep")
    drained(shop)
    assert (marked(shop), set(states(shop))) == (0, {"dropped"})


def test_what_was_never_here_does_not_count(shop: World) -> None:
    for order in range(60):
        deliver(shop, "orders/delete", 900_000_000_000 + order)
    vanish(shop, 5)
    drained(shop)
    assert (marked(shop), set(states(shop))) == (5, {"done"})


# -- other signals -------------------------------------------------------------------------------------------------


def test_an_uninstall_is_confirmed_before_it_is_believed(shop: World) -> None:
    deliver(shop, "app/uninstalled", store(shop).shop_id, kind="app")
    drained(shop)
    assert (store(shop).state, states(shop)) == (State.CONNECTED, ["done"])
    shop.sandbox.installations.uninstall(shop.shop_id, shop.sandbox.apps.all()[0].id)
    deliver(shop, "app/uninstalled", store(shop).shop_id, kind="app")
    drained(shop)
    assert (store(shop).state, store(shop).lost) == (State.RECONNECT_REQUIRED, Lost.UNINSTALLED)


def test_the_shop_tells_its_new_name_and_domain(shop: World) -> None:
    from mooring_sandbox.shopify import shops

    shops.rename(shop.sandbox.state, shop.shop_id, "lighthouse-teas")
    deliver(shop, "shop/update", store(shop).shop_id, kind="shop", domain="lighthouse-teas.myshopify.com")
    customer = edited(shop)
    deliver(shop, "customers/update", customer, domain="lighthouse-teas.myshopify.com")
    drained(shop)
    assert store(shop).shop_domain == "lighthouse-teas.myshopify.com"
    assert (one(shop, tables.customers, customer, "first_name"), set(states(shop))) == ("Ada", {"done"})


def test_a_domain_the_shop_does_not_confirm_is_not_adopted(shop: World) -> None:
    """The domain stands in a header that nobody signed."""
    deliver(shop, "shop/update", store(shop).shop_id, kind="shop", domain="evil.myshopify.com")
    deliver(shop, "customers/update", edited(shop), domain="evil.myshopify.com")
    drained(shop)
    assert store(shop).shop_domain == "harbour-teas.myshopify.com"
    assert [state for state, _ in reasons(shop)] == ["done", "dropped"]


def test_a_finished_bulk_operation_wakes_who_waits_for_it(shop: World) -> None:
    shop.sandbox.settings.change({"bulk_seconds": 3600.0})
    shop.sandbox.apply_settings()
    runner, operation = Runner(shop.app, "one", WORKS, ENDINGS), shop.issue(Kind.CUSTOMERS).id
    while shop.operation(operation).cursor.get("kinds", {}).get("customers", {}).get("phase") != "running":
        assert runner.advance(operation) is not None
    assert runner.advance(operation)
    assert shop.operation(operation).not_before is None
    bulk_id = number(shop.operation(operation).cursor["kinds"]["customers"]["bulk_id"])
    deliver(shop, "bulk_operations/finish", bulk_id + 1, kind="bulk")
    drained(shop)
    assert shop.operation(operation).not_before is None
    deliver(shop, "bulk_operations/finish", bulk_id, kind="bulk")
    drained(shop)
    assert (shop.operation(operation).not_before is not None, states(shop)) == (True, ["done", "done"])
