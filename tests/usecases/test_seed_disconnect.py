"""The table of the first seed, cell by cell: three actions, three outcomes.

Action      What happens to data                        Status after           Reversible
Disconnect  Imported data preserved. Sync paused.       Disconnected (grey)    Yes, by reconnecting
Delete      Imported data wiped. Integration removed.   Removed                No
Reconnect   Same data preserved. OAuth refreshed.       Connected (green)      n/a
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from mooring.db import audit, credentials
from mooring.db.stores import Store
from mooring.db.tables import metadata
from mooring.domain.lifecycle import Badge, State
from mooring.domain.rules import Work
from mooring.errors import ConfirmationMissing, InvalidInput, NotFound, Refused
from mooring.usecases import connect, delete, disconnect, import_store, operations, overview, store_details
from mooring.usecases.overview import Card
from mooring_sandbox.clock import iso
from mooring_sandbox.shopify import catalogue
from mooring_sandbox.shopify.merchant.live import Merchant
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SESSION, SHOPS, World

DATA = ("customers", "addresses", "orders", "order_lines", "products", "variants", "collections", "collection_products")


@pytest.fixture
def store(world: World) -> Store:
    """Imported, and beside it another store of the same project, imported too."""
    stock(world)
    return imported(world, HARBOUR)


def stock(world: World) -> None:
    """Two shops with something in them."""
    world.sandbox.settings.change({"bulk_created_seconds": 0.0, "bulk_seconds": 0.0})
    world.sandbox.apply_settings()
    state, clock = world.sandbox.state, world.sandbox.clock
    for domain, shop_id in SHOPS.items():
        handle = domain.partition(".")[0]
        at = iso(clock.now())
        state.add_shop(shop_id, handle, catalogue.shop_doc(handle, 7, currency="EUR", shop_id=shop_id, as_of=at))
        sizes = catalogue.Sizes(customers=12, orders=9, products=4)
        catalogue.fill(state, shop_id, seed=shop_id, sizes=sizes, clock=clock)


def imported(world: World, domain: str) -> Store:
    store = world.store(world.connect(domain).store_id)
    import_store.request(world.app, world.admin, store.id)
    world.settle()
    assert world.operations(store.id)[Work.IMPORT].state == "done"
    return store


def data(world: World, store: Store) -> dict[str, int]:
    with world.app.db.read() as connection:
        return {
            name: connection.execute(
                select(func.count())
                .select_from(metadata.tables[name])
                .where(metadata.tables[name].c.store_id == store.id)
            ).scalar_one()
            for name in DATA
        }


def cards(world: World, store: Store) -> list[Card]:
    return [one for one in overview.show(world.app, world.admin, store.project_id).cards if one.store.id == store.id]


def pair(world: World, store: Store) -> Any:
    with world.app.db.read() as connection:
        return credentials.load(connection, world.app.vault, store.id)


# -- Disconnect ----------------------------------------------------------------------------------------------------


def test_disconnect_data_imported_data_preserved(world: World, store: Store) -> None:
    before = data(world, store)
    assert before["customers"] == 12
    disconnect.request(world.app, world.admin, store.id)
    world.settle()
    assert data(world, store) == before


def test_disconnect_data_sync_paused(world: World, store: Store) -> None:
    """Webhooks stop firing, scheduled syncs stop running: once Shopify is tidied up, nothing goes there or comes in."""
    disconnect.request(world.app, world.admin, store.id)
    world.settle()
    before, calls = data(world, store), world.calls()
    assert Merchant(world.sandbox.state, SHOPS[HARBOUR], 3, world.sandbox.clock).live(acts=12)
    for _ in range(3):
        world.advance(hours=25)
        world.settle()
    assert (data(world, store), world.calls()) == (before, calls)
    assert subscriptions(world) == []
    with pytest.raises(Refused):
        import_store.request(world.app, world.admin, store.id)


def subscriptions(world: World) -> list[Any]:
    return list(world.sandbox.state.scan(SHOPS[HARBOUR], "WebhookSubscription"))


def test_disconnect_status_disconnected_and_the_store_remains_in_the_list(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    (card,) = cards(world, store)
    assert (card.badge, str(card.badge), card.button) == (Badge.DISCONNECTED, "Disconnected", "reconnect")


def test_disconnect_reversible_by_reconnecting_from_the_same_menu(world: World, store: Store) -> None:
    before = data(world, store)
    disconnect.request(world.app, world.admin, store.id)
    (card,) = cards(world, store)
    assert next(item.why_not for item in card.menu if item.action == "reconnect") is None
    world.connect(store_id=store.id)
    world.settle()
    (card,) = cards(world, store)
    assert (card.badge, data(world, store)) == (Badge.CONNECTED, before)


def test_disconnect_asks_in_the_seeds_words(world: World, store: Store) -> None:
    prompt = disconnect.preview(world.app, world.admin, store.id).prompt
    assert prompt == "Are you sure you want to disconnect? You can reconnect later."


# -- Delete --------------------------------------------------------------------------------------------------------


def deleted(world: World, store: Store) -> None:
    """Confirmed twice: the domain is typed, then the preview confirmed."""
    domain = world.store(store.id).shop_domain
    with pytest.raises(InvalidInput):
        delete.request(world.app, world.admin, store.id, token="", typed_domain="another.myshopify.com")
    with pytest.raises(ConfirmationMissing) as shown:
        delete.request(world.app, world.admin, store.id, token="", typed_domain=domain)
    delete.request(world.app, world.admin, store.id, token=shown.value.token, typed_domain=domain)
    world.settle()
    assert world.operations(store.id)[Work.DELETE].state == "done"


def test_delete_data_imported_data_wiped_and_nobody_elses(world: World, store: Store) -> None:
    other = imported(world, LIGHTHOUSE)
    kept = data(world, other)
    deleted(world, store)
    assert set(data(world, store).values()) == {0}
    assert data(world, other) == kept


def test_delete_data_integration_removed(world: World, store: Store) -> None:
    """The card disappears, the grant in Shopify is revoked."""
    deleted(world, store)
    assert cards(world, store) == []
    with pytest.raises(NotFound):
        store_details.show(world.app, world.admin, store.id)
    assert world.sandbox.installations.get(SHOPS[HARBOUR], world.sandbox.apps.all()[0].id) is None
    assert pair(world, store) is None


def test_delete_status_removed(world: World, store: Store) -> None:
    """So it is called in receipts and in the log; a removed store has no badge."""
    deleted(world, store)
    assert world.store(store.id).state is State.DELETED
    with world.app.db.read() as connection:
        events = [(row["event"], row["to_state"]) for row in audit.of_project(connection, store.project_id)]
    assert ("store.erased", "deleted") in events
    receipt = operations.show(world.app, world.admin, world.operations(store.id)[Work.DELETE].id).receipt
    assert receipt is not None
    assert next(one.status_after for one in overview.HELP if one.action == "delete") == "Removed"


def test_delete_is_not_reversible(world: World, store: Store) -> None:
    """Only a fresh connect and an initial sync bring data back, and then everybody is new."""
    hub_ids = customers(world, store)
    deleted(world, store)
    with pytest.raises((Refused, NotFound)):
        connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION, store_id=store.id)
    fresh = imported(world, HARBOUR)
    assert fresh.id != store.id
    assert data(world, fresh)["customers"] == 12
    assert customers(world, fresh).isdisjoint(hub_ids)


def customers(world: World, store: Store) -> set[int]:
    table = metadata.tables["customers"]
    with world.app.db.read() as connection:
        return set(connection.execute(select(table.c.hub_id).where(table.c.store_id == store.id)).scalars())


# -- Reconnect -----------------------------------------------------------------------------------------------------


def test_reconnect_data_same_data_preserved(world: World, store: Store) -> None:
    before, hub_ids = data(world, store), customers(world, store)
    world.connect(store_id=store.id)
    world.settle()
    assert (data(world, store), customers(world, store)) == (before, hub_ids)


def test_reconnect_data_oauth_refreshed_and_only_the_credentials_change(world: World, store: Store) -> None:
    before, old = world.store(store.id), pair(world, store)
    world.connect(store_id=store.id)
    now, new = world.store(store.id), pair(world, store)
    assert (new.version, new.access_token != old.access_token) == (old.version + 1, True)
    assert (now.settings, now.initial_sync_started_at) == (before.settings, before.initial_sync_started_at)


@pytest.mark.parametrize("trouble", ["uninstalled", "disconnected", "connected"])
def test_reconnect_status_connected(world: World, store: Store, trouble: str) -> None:
    """Also after the app was uninstalled and installed anew, and where nothing was wrong."""
    if trouble == "uninstalled":
        world.sandbox.installations.uninstall(SHOPS[HARBOUR], world.sandbox.apps.all()[0].id)
        world.advance(hours=7)
        world.settle()
        assert cards(world, store)[0].badge is Badge.RECONNECT_REQUIRED
    if trouble == "disconnected":
        disconnect.request(world.app, world.admin, store.id)
    world.connect(store_id=store.id)
    world.settle()
    assert cards(world, store)[0].badge is Badge.CONNECTED


# -- the table itself ----------------------------------------------------------------------------------------------


def test_the_help_where_the_choice_is_made_is_the_seeds_table() -> None:
    assert {one.title: (one.data, one.status_after, one.reversible) for one in overview.HELP} == {
        "Disconnect": ("Imported data preserved. Sync paused.", "Disconnected (grey)", "Yes, by reconnecting"),
        "Delete": ("Imported data wiped. Integration removed.", "Removed", "No"),
        "Reconnect": ("Same data preserved. OAuth refreshed.", "Connected (green)", "n/a"),
    }
