"""Order, repetition, delay: whatever way deliveries and answers come, the newest answer of Shopify stands."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mooring.db import stores, tables
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.ports import Reply
from mooring.usecases import drain
from mooring.usecases.drain_records import NOT_VISIBLE
from mooring.usecases.operations_drive import Runner
from tests.usecases.draining import LATER, deliver, deliveries, drained, number, one, states, store
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 40, "orders": 60, "products": 12}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=True) as made:
        yield made


class Between:
    """The real port; `then` is called in the worker's thread after an answer came, before anything is done with it."""

    def __init__(self, real: Any, then: Callable[[Reply], None]) -> None:
        self._real, self._then = real, then

    def graphql(self, *asked: Any) -> Reply:
        reply = self._real.graphql(*asked)
        self._then(reply)
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def drain_with(shop: World, then: Callable[[Reply], None]) -> int:
    app = dataclasses.replace(shop.app, shopify=Between(shop.app.shopify, then))
    return drain.drain_all(app)


def edit(shop: World, at: int = 0, **changes: Any) -> int:
    """The merchant edits a customer, now."""
    customer = shop.documents("Customer")[at]
    now = shop.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    shop.change("Customer", customer | changes | {"updatedAt": now})
    return number(customer["id"])


def first_name(shop: World, customer: int) -> Any:
    return one(shop, tables.customers, customer, "first_name")


def move(shop: World, event: Event) -> None:
    with shop.app.db.write() as connection:
        stores.move(connection, stores.load(connection, shop.store_id), event, at=shop.app.clock.now(), actor="test")


# -- the newest answer stands --------------------------------------------------------------------------------------


def test_two_edits_in_the_same_second(shop: World) -> None:
    for name in ("Ada", "Bea", "Cleo"):
        customer = edit(shop, firstName=name)
        deliver(shop, "customers/update", customer)
        drain.drain_all(shop.app)
    drained(shop)
    assert first_name(shop, customer) == "Cleo"
    assert set(states(shop)) == {"done"}


def test_what_no_clock_can_order_is_read_once_more(shop: World) -> None:
    """The stored answer is of this very second and says something else, and it is the older one."""
    customer = edit(shop, firstName="Ada")

    def of_this_second(reply: Reply) -> None:
        with shop.app.db.write() as connection:
            row = tables.customers.c
            connection.execute(
                update(tables.customers)
                .where(row.store_id == shop.store_id, row.shopify_id == customer)
                .values(first_name="Bea", content_hash=b"other", fetched_at=reply.at)
            )

    deliver(shop, "customers/update", customer)
    drain_with(shop, of_this_second)
    waiting = deliveries(shop)[0]
    assert (waiting.state, waiting.reason) == ("new", "Read twice within one second; it is read once more.")
    drained(shop)
    assert (first_name(shop, customer), states(shop)) == ("Ada", ["done"])


def test_a_file_older_than_a_reading_does_not_undo_it(shop: World) -> None:
    runner, operation = Runner(shop.app, "one", WORKS, ENDINGS), shop.issue(Kind.CUSTOMERS).id
    while shop.operation(operation).cursor.get("kinds", {}).get("customers", {}).get("phase") != "reading":
        wait = runner.advance(operation)
        assert wait is not None
        shop.app.clock.sleep(wait)
    shop.clock.advance(timedelta(seconds=2))
    customer = edit(shop, firstName="Later", addressesV2=[])
    deliver(shop, "customers/update", customer)
    drain.drain_all(shop.app)
    while (wait := runner.advance(operation)) is not None:
        shop.app.clock.sleep(wait)
    assert shop.operation(operation).state == "done"
    assert first_name(shop, customer) == "Later"
    assert customer not in {row[0] for row in shop.rows(tables.addresses, "customer_id")}


def test_a_late_answer_changes_nothing(shop: World) -> None:
    """While the answer was under way somebody else has read a newer one."""
    customer = edit(shop, firstName="Older")

    def newer(_: Reply) -> None:
        with shop.app.db.write() as connection:
            row = tables.customers.c
            connection.execute(
                update(tables.customers)
                .where(row.store_id == shop.store_id, row.shopify_id == customer)
                .values(first_name="Newer", content_hash=b"newer", fetched_at=shop.clock.now() + timedelta(minutes=1))
            )

    deliver(shop, "customers/update", customer)
    drain_with(shop, newer)
    assert (first_name(shop, customer), states(shop)) == ("Newer", ["done"])


def test_children_that_are_gone_go_and_do_not_come_back(shop: World) -> None:
    document = next(c for c in shop.documents("Customer") if len(c["addressesV2"]) > 1)
    customer, kept = number(document["id"]), document["addressesV2"][:1]
    shop.change("Customer", document | {"addressesV2": kept, "updatedAt": LATER})
    deliver(shop, "customers/update", customer)
    drained(shop)
    assert [row[0] for row in shop.rows(tables.addresses, "customer_id")].count(customer) == 1


# -- deletions -----------------------------------------------------------------------------------------------------


def test_a_delete_is_obeyed_when_the_record_is_gone(shop: World) -> None:
    order = number(shop.documents("Order")[0]["id"])
    lines = [row for row in shop.rows(tables.order_lines, "order_id") if row[0] == order]
    shop.sandbox.state.remove(shop.shop_id, "Order", order)
    deliver(shop, "orders/delete", order)
    drained(shop)
    assert one(shop, tables.orders, order, "deleted_at") is not None
    assert [row for row in shop.rows(tables.order_lines, "order_id") if row[0] == order] == lines


def test_a_delete_of_what_is_alive_is_an_ordinary_signal(shop: World) -> None:
    customer = edit(shop, firstName="Alive")
    deliver(shop, "customers/delete", customer)
    drained(shop)
    assert one(shop, tables.customers, customer, "first_name", "deleted_at") == ("Alive", None)


def test_a_record_that_came_back_is_alive_whatever_order_they_come_in(shop: World) -> None:
    document = shop.documents("Customer")[0]
    customer = number(document["id"])
    shop.sandbox.state.remove(shop.shop_id, "Customer", customer)
    deliver(shop, "customers/delete", customer)
    drained(shop)
    assert one(shop, tables.customers, customer, "deleted_at") is not None
    shop.change("Customer", document | {"firstName": "Back", "updatedAt": LATER})
    deliver(shop, "customers/create", customer)
    deliver(shop, "customers/delete", customer, at=shop.app.clock.now() - timedelta(hours=1))
    drained(shop)
    assert one(shop, tables.customers, customer, "first_name", "deleted_at") == ("Back", None)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_not_visible_is_kept(shop: World, kind: Kind) -> None:
    """Among them the id of another shop's record: nothing is written, nothing is marked."""
    before = shop.hub()
    deliver(shop, f"{kind}/update", 4_242_424_242)
    drained(shop)
    assert [(d.state, d.reason) for d in deliveries(shop)] == [("done", NOT_VISIBLE)]
    assert shop.hub() == before


def test_what_vanished_without_a_word_is_kept(shop: World) -> None:
    order = number(shop.documents("Order")[0]["id"])
    shop.sandbox.state.remove(shop.shop_id, "Order", order)
    before = shop.hub()
    deliver(shop, "orders/updated", order)
    drained(shop)
    assert shop.hub() == before


def test_a_delete_beyond_the_first_deliveries_of_a_flood_is_seen(shop: World) -> None:
    """All that wait for a record are settled by one reading, so the delete among them must not be overlooked."""
    customer = number(shop.documents("Customer")[0]["id"])
    shop.sandbox.state.remove(shop.shop_id, "Customer", customer)
    for _ in range(700):
        deliver(shop, "customers/update", customer)
    deliver(shop, "customers/delete", customer)
    drained(shop)
    assert one(shop, tables.customers, customer, "deleted_at") is not None


# -- overtaken workers ---------------------------------------------------------------------------------------------


def frozen_until(shop: World, meanwhile: Callable[[], None]) -> None:
    """A worker that has its answer is frozen; something happens; then it is woken."""
    answered, woken = threading.Event(), threading.Event()

    def freeze(_: Reply) -> None:
        answered.set()
        assert woken.wait(20)

    worker = threading.Thread(target=drain_with, args=(shop, freeze))
    worker.start()
    assert answered.wait(20)
    meanwhile()
    woken.set()
    worker.join(20)
    assert not worker.is_alive()


def test_a_worker_woken_after_disconnect_touches_no_row(shop: World) -> None:
    customer = edit(shop, firstName="Too late")
    deliver(shop, "customers/update", customer)
    before = shop.hub()
    frozen_until(shop, lambda: move(shop, Event.DISCONNECT))
    assert shop.hub() == before
    assert states(shop) == ["new"]
    assert shop.kind(Kind.CUSTOMERS).last_webhook_at is None
    drain.drain_all(shop.app)
    assert [(d.state, d.reason) for d in deliveries(shop)] == [("dropped", "The store was disconnected.")]
    assert (store(shop).dropped, shop.hub()) == (1, before)


def test_a_worker_that_was_overtaken_touches_no_row(shop: World) -> None:
    """Its lease has lapsed while it was frozen, and another worker is at it."""
    customer = edit(shop, firstName="First")
    deliver(shop, "customers/update", customer)

    def overtake() -> None:
        with shop.app.db.write() as connection:
            row = tables.stores.c
            connection.execute(
                update(tables.stores).where(row.id == shop.store_id).values(drain_until=shop.app.clock.now())
            )
        edit(shop, firstName="Second")
        assert drain.drain_all(shop.app) == 1

    frozen_until(shop, overtake)
    assert (first_name(shop, customer), states(shop)) == ("Second", ["done"])


def test_two_workers_never_share_a_store(shop: World) -> None:
    deliver(shop, "customers/update", edit(shop, firstName="Once"))
    seen: list[int] = []
    frozen_until(shop, lambda: seen.append(drain.drain_all(shop.app)))
    assert (seen, states(shop)) == ([0], ["done"])


def test_a_crash_between_reading_and_writing_loses_nothing(shop: World) -> None:
    customer = edit(shop, firstName="Ada")
    deliver(shop, "customers/update", customer)

    class Gone(BaseException):
        """The process is no more."""

    def crash(_: Reply) -> None:
        raise Gone

    with pytest.raises(Gone):
        drain_with(shop, crash)
    assert states(shop) == ["new"]
    shop.app.clock.advance(timedelta(minutes=2))  # pyright: ignore[reportAttributeAccessIssue]
    drained(shop)
    assert (first_name(shop, customer), states(shop)) == ("Ada", ["done"])


def test_after_a_reconnect_everything_goes_on(shop: World) -> None:
    move(shop, Event.DISCONNECT)
    customer = edit(shop, firstName="Ada")
    deliver(shop, "customers/update", customer)
    drained(shop)
    assert states(shop) == ["dropped"]
    move(shop, Event.AUTHORIZED)
    deliver(shop, "customers/update", customer)
    drained(shop)
    assert states(shop) == ["dropped", "new"]
    move(shop, Event.READY)
    drained(shop)
    assert (first_name(shop, customer), states(shop)) == ("Ada", ["dropped", "done"])
