"""What a delete does at Shopify: best effort, never in the way, and honest about what is left to do by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.db import pending, stores, tables
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import State
from mooring.errors import MooringError
from mooring.usecases import connect, delete, delete_shopify, disconnect, shopify_apps
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.deleting import Leaping, ask, at_shopify, erase, finish, outcomes
from tests.usecases.planting import plant
from tests.usecases.world import HARBOUR, SESSION, SHOPS, World

SHOP = SHOPS[HARBOUR]
ALL = ("metafields", "bulk_operations", "subscriptions", "grant")
HANDED = "Settings > Apps and sales channels"


@pytest.fixture
def store(world: World) -> Store:
    object.__setattr__(world.app, "clock", Leaping(world.sandbox.clock.advance))
    store = world.store(world.connect().store_id)
    plant(world.app, store.id)
    return store


def app_id(world: World) -> int:
    return world.sandbox.apps.all()[0].id


def installed(world: World) -> bool:
    return world.sandbox.installations.get(SHOP, app_id(world)) is not None


def asked(world: World) -> list[str]:
    return [entry.operation for entry in world.sandbox.log.entries(kind="graphql")]


def deleted(world: World, found: Operation) -> dict[str, Any]:
    """Whatever happened there, the store is gone."""
    assert (found.state, found.error) == ("done", None)
    assert found.store_id is not None
    assert world.store(found.store_id).state is State.DELETED
    assert found.receipt is not None
    return found.receipt


def minutes(found: Operation) -> float:
    assert found.receipt is not None
    return found.receipt["seconds"] / 60


# -- when it answers -----------------------------------------------------------------------------------------------


def test_what_was_put_there_is_taken_back_and_the_grant_last(world: World, store: Store) -> None:
    subscribe(world, store, f"https://hub.example/hooks/{store.app_id}", "https://elsewhere.example/in")
    world.sandbox.log.clear()
    found = erase(world.app, world.admin, store.id)
    assert deleted(world, found)["by_hand"] == []
    assert outcomes(found) == dict.fromkeys(ALL, "done")
    assert at_shopify(found)["subscriptions"]["count"] == 1
    assert not installed(world)
    assert asked(world)[-1] == "Uninstall"
    assert asked(world).count("SubscriptionDelete") == 1


def subscribe(world: World, store: Store, *addresses: str) -> None:
    token = credentials_of(world, store)
    for address in addresses:
        made = world.app.shopify.graphql(
            HARBOUR,
            token,
            "mutation M($uri: String!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, "
            "webhookSubscription: {uri: $uri}) { userErrors { message } } }",
            {"uri": address},
        )
        assert made.data["webhookSubscriptionCreate"]["userErrors"] == []


def credentials_of(world: World, store: Store) -> str:
    from mooring.db import credentials

    with world.app.db.read() as connection:
        held = credentials.load(connection, world.app.vault, store.id)
    assert held is not None
    return held.access_token


# -- when it does not ----------------------------------------------------------------------------------------------


def test_dead_credentials_are_as_good_as_revoked(world: World, store: Store) -> None:
    world.sandbox.tokens.kill(SHOP, app_id(world))
    found = erase(world.app, world.admin, store.id)
    receipt = deleted(world, found)
    assert set(outcomes(found).values()) == {"already_gone"}
    assert minutes(found) < 1
    assert [HANDED in line and "Should the app still be listed" in line for line in receipt["by_hand"]] == [True]


def test_an_app_that_was_uninstalled_leaves_nothing_to_do(world: World, store: Store) -> None:
    world.sandbox.installations.uninstall(SHOP, app_id(world))
    found = erase(world.app, world.admin, store.id)
    deleted(world, found)
    assert set(outcomes(found).values()) == {"already_gone"}


def test_a_vanished_shop_leaves_nothing_to_do(world: World, store: Store) -> None:
    shops.set_state(world.sandbox.state, SHOP, "gone")
    found = erase(world.app, world.admin, store.id)
    assert deleted(world, found)["by_hand"] == []
    assert set(outcomes(found).values()) == {"already_gone"}


@pytest.mark.parametrize("state", ["frozen", "locked", "forbidden"])
def test_a_closed_shop_is_given_up_after_five_minutes(world: World, store: Store, state: str) -> None:
    if state not in shops.STATES:
        world.sandbox.faults.add(Fault(kind="status", status=403, times=None))
    else:
        shops.set_state(world.sandbox.state, SHOP, state)
    given_up(world, erase(world.app, world.admin, store.id))


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "cut"}, {"kind": "throttled"}])
def test_so_is_a_shopify_that_is_down_for_ever(world: World, store: Store, fault: dict[str, Any]) -> None:
    world.sandbox.faults.add(Fault(**fault, on="graphql", times=None))
    given_up(world, erase(world.app, world.admin, store.id))


def given_up(world: World, found: Operation) -> None:
    receipt = deleted(world, found)
    assert set(outcomes(found).values()) == {"not_done"}
    assert 5 <= minutes(found) < 7
    assert len(receipt["by_hand"]) == 1
    assert HARBOUR in receipt["by_hand"][0]
    assert HANDED in receipt["by_hand"][0]
    [registered] = shopify_apps.apps(world.app)
    assert f"the app with the client id {registered['client_id']}" in receipt["by_hand"][0]
    assert registered["name"] not in receipt["by_hand"][0], "that is Mooring's own label"
    assert all(line["sentence"] for line in receipt["shopify"])


def test_the_time_counts_from_the_last_progress(world: World, store: Store) -> None:
    """Each of these takes four minutes to succeed: that is slow, not dead."""
    for name in ("MetafieldDefinitions", "BulkRecent", "CleanUpLook", "Uninstall"):
        world.sandbox.faults.add(Fault(kind="status", status=503, operation=name, times=10))
    found = erase(world.app, world.admin, store.id)
    deleted(world, found)
    assert outcomes(found) == dict.fromkeys(ALL, "done")
    assert minutes(found) > 5


def test_what_cannot_be_done_does_not_keep_the_app_installed(world: World, store: Store) -> None:
    world.sandbox.faults.add(Fault(kind="status", status=500, operation="CleanUpLook", times=None))
    found = erase(world.app, world.admin, store.id)
    assert deleted(world, found)["by_hand"] == []
    assert outcomes(found) == {
        "metafields": "done", "bulk_operations": "done", "subscriptions": "not_done", "grant": "done",
    }  # fmt: skip
    assert not installed(world)


def test_an_uninstall_whose_answer_was_lost_was_done(world: World, store: Store) -> None:
    world.sandbox.faults.add(Fault(kind="lost_answer", operation="Uninstall"))
    found = erase(world.app, world.admin, store.id)
    assert deleted(world, found)["by_hand"] == []
    assert outcomes(found) == dict.fromkeys(ALL, "done")
    assert not installed(world)


def test_an_answer_nobody_understands_is_told_and_holds_nothing_up(world: World, store: Store) -> None:
    strange = {"data": {"bulkOperations": {"nodes": [7]}}}
    world.sandbox.faults.add(Fault(kind="status", status=200, body=strange, operation="BulkRecent", times=None))
    found = erase(world.app, world.admin, store.id)
    deleted(world, found)
    assert at_shopify(found)["bulk_operations"]["outcome"] == "not_done"
    assert not installed(world)


# -- when nothing is to be asked -----------------------------------------------------------------------------------


def test_a_card_without_the_claim_makes_no_call(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    world.connect(project=world.other_project())
    assert not world.store(store.id).claim
    calls = world.calls()
    found = erase(world.app, world.admin, store.id)
    assert deleted(world, found)["by_hand"] == []
    assert world.calls() == calls
    assert set(outcomes(found).values()) == {"skipped"}
    assert "Another project" in at_shopify(found)["grant"]["sentence"]
    assert installed(world)


@pytest.mark.parametrize(("cause", "left"), [(delete.SHOP_REDACT, 0), (delete.RESTORED, 1)])
def test_one_without_remote_calls_makes_none(world: World, store: Store, cause: str, left: int) -> None:
    calls = world.calls()
    with world.app.db.write() as connection:
        card = stores.load(connection, store.id)
        operation = delete.begin(world.app, connection, world.admin, card, remote=False, cause=cause)
    found = finish(world.app, operation)
    assert len(deleted(world, found)["by_hand"]) == left
    assert world.calls() == calls
    assert set(outcomes(found).values()) == {"skipped"}


def test_a_disconnected_card_still_gives_its_grant_back(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    found = erase(world.app, world.admin, store.id)
    deleted(world, found)
    assert outcomes(found) == dict.fromkeys(ALL, "done")
    assert not installed(world)


# -- a reconnect that was under way --------------------------------------------------------------------------------


def test_the_pair_of_a_reconnect_under_way_is_waited_for_and_used(world: World, store: Store) -> None:
    """The code was exchanged, which killed the old pair; the new one waits for its decision."""
    query = world.round_trip(HARBOUR, store_id=store.id)
    world.sandbox.faults.add(Fault(kind="status", status=500, on="graphql", operation="Shop.*", times=1))
    with pytest.raises(MooringError):
        connect.finish(world.app, query, session=SESSION)
    with world.app.db.read() as connection:
        assert pending.pair_waits(connection, store.id)
    operation = ask(world.app, world.admin, store.id)
    for _ in range(3):
        world.built.runner.advance(operation.id)
    world.advance(seconds=61)
    connect.resume(world.app)
    found = finish(world.app, operation)
    deleted(world, found)
    assert outcomes(found)["grant"] == "done"
    assert not installed(world)
    with world.app.db.read() as connection:
        assert connection.execute(tables.credentials.select()).all() == []


def test_patience_is_five_minutes() -> None:
    assert delete_shopify.PATIENCE == 300
