"""What could not be read for a while: once it can be, the records that were written without it are imported anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mooring.db import stores, tables
from mooring.domain.kinds import Kind
from mooring.domain.rules import Settings, Work
from mooring.usecases import regained, resume, store_settings
from mooring.usecases.who import SYSTEM
from tests.usecases.changing import (
    ALL_ORDERS,
    change_store,
    later,
    live,
    number,
    run_all,
    run_pull,
    run_sweep,
    unfinished,
)
from tests.usecases.importing import World, world

WITHOUT_CUSTOMERS = "read_all_orders read_orders read_products"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    sizes = {"customers": 20, "orders": 20, "products": 4}
    with world(database_url, data_dir, sizes=sizes, scopes=ALL_ORDERS, imported=True) as made:
        later(made, timedelta(minutes=15))
        yield made


def kinds(shop: World) -> tuple[Kind, ...]:
    with shop.app.db.read() as connection:
        return regained.kinds(connection, stores.load(connection, shop.store_id))


def strangers(shop: World) -> int:
    """Orders of which the hub does not know the customer, and the shop does."""
    known = dict(shop.rows(tables.orders, "shopify_id", "customer_id"))
    return sum(
        order.get("customerId") is not None and known.get(number(order["id"]), 0) is None
        for order in shop.documents("Order")
    )


def lose_customers(shop: World) -> None:
    """A permission is taken back, and orders of known customers come in."""
    assert strangers(shop) == 0
    change_store(shop, granted_scopes=WITHOUT_CUSTOMERS)
    live(shop, timedelta(hours=1))
    run_pull(shop)
    assert strangers(shop) > 0


def grant_again(shop: World) -> None:
    change_store(shop, granted_scopes=" ".join(ALL_ORDERS))


def test_nothing_is_owed_after_a_complete_import(shop: World) -> None:
    assert kinds(shop) == ()


def test_a_permission_that_comes_back_brings_what_it_hid(shop: World) -> None:
    lose_customers(shop)
    assert kinds(shop) == (), "nothing can be done about it before it is granted"
    grant_again(shop)
    assert kinds(shop) == (Kind.ORDERS,)
    with shop.app.db.write() as connection:
        asked = resume.retry_failed(shop.app, connection, SYSTEM, stores.load(connection, shop.store_id))
    assert len(asked) == 1
    run_all(shop)
    assert (strangers(shop), kinds(shop)) == (0, ())


def test_the_daily_sweep_sees_to_it_where_nobody_reconnects(shop: World) -> None:
    lose_customers(shop)
    grant_again(shop)
    later(shop, timedelta(days=1))
    run_sweep(shop)
    run_all(shop)
    assert (strangers(shop), kinds(shop)) == (0, ())


def test_an_import_without_the_field_still_owes_it(shop: World) -> None:
    lose_customers(shop)
    shop.run_import()
    grant_again(shop)
    assert kinds(shop) == (Kind.ORDERS,)


def test_it_counts_what_shopify_refused_before_the_loss_was_noticed(shop: World) -> None:
    """The field was asked for and denied; that is no want of approval, which a grant would not change."""
    app = shop.sandbox.apps.all()[0]
    shop.sandbox.installations.install(shop.shop_id, app.id, frozenset(WITHOUT_CUSTOMERS.split()))
    live(shop, timedelta(hours=1))
    run_pull(shop)
    assert strangers(shop) > 0
    shop.sandbox.installations.install(shop.shop_id, app.id, frozenset(ALL_ORDERS))
    assert Kind.ORDERS in kinds(shop)
    assert shop.store.denied_fields == ()


def test_a_toggle_switched_on_again_asks_for_what_was_left_out(shop: World) -> None:
    shop.settings(email_consent=False)
    live(shop, timedelta(hours=2))
    run_pull(shop)
    assert kinds(shop) == ()
    store_settings.save(shop.app, SYSTEM, shop.store_id, Settings(), "")
    assert [one.kind for one in unfinished(shop)] == [Work.IMPORT]
    run_all(shop)
    assert kinds(shop) == ()
