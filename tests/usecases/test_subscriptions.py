"""Webhook subscriptions at Shopify become what they should be, whatever they were, and nobody else's are touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mooring.db import operations as rows
from mooring.db import stores
from mooring.db.operations import Operation
from mooring.domain.lifecycle import Event, Purpose
from mooring.domain.rules import Work
from mooring.domain.topics import TOPICS
from mooring.usecases import gate, import_store, store_settings, subscriptions
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, PUBLIC, SHOPS, World


@pytest.fixture
def store_id(world: World) -> str:
    reachable(world, True)
    store_id = world.connect(HARBOUR).store_id
    with world.app.db.write() as connection:
        store = stores.load(connection, store_id)
        if store.state == "connecting":
            stores.move(connection, store, Event.READY, at=world.app.clock.now(), actor="test")
        stores.change(connection, store_id, initial_sync_started_at=world.app.clock.now())
    return store_id


def reachable(world: World, yes: bool) -> None:
    """Whether the sandbox takes addresses on this machine; Shopify never does."""
    world.sandbox.settings.change({"webhooks_on_this_machine": yes})
    world.sandbox.apply_settings()


def converge(world: World, store_id: str) -> Operation:
    with world.app.db.write() as connection:
        operation_id = subscriptions.ask(world.app, connection, stores.load(connection, store_id))
    assert operation_id is not None
    world.run(operation_id)
    with world.app.db.read() as connection:
        return rows.load(connection, operation_id)


def held(world: World) -> list[dict[str, Any]]:
    """What the shop really has."""
    return list(world.sandbox.state.scan(SHOPS[HARBOUR], "WebhookSubscription"))


def topics(world: World) -> list[str]:
    return sorted(one["topic"] for one in held(world))


def change(world: World, topic: str, **values: Any) -> None:
    doc = next(one for one in held(world) if one["topic"] == topic)
    world.sandbox.state.put(SHOPS[HARBOUR], "WebhookSubscription", {**doc, **values})


def remove(world: World, topic: str) -> None:
    doc = next(one for one in held(world) if one["topic"] == topic)
    world.sandbox.state.remove(SHOPS[HARBOUR], "WebhookSubscription", int(doc["id"].rpartition("/")[2]))


def address(world: World, store_id: str) -> str:
    return f"{PUBLIC}/hooks/{world.store(store_id).app_id}"


def test_from_nothing_everything_wanted_is_registered_by_two_requests(world: World, store_id: str) -> None:
    before = world.calls()
    done = converge(world, store_id)
    assert (done.state, done.error) == ("done", None)
    assert world.calls() - before == 2, "one list, one document that creates all of them"
    found = held(world)
    assert {one["uri"] for one in found} == {address(world, store_id)}
    assert len(found) == len({one["topic"] for one in found}) == done.receipt["active"]  # type: ignore[index]
    assert "CUSTOMERS_MERGE" not in topics(world), "its permission is not granted"
    assert {"APP_UNINSTALLED", "ORDERS_EDITED", "CUSTOMER_TAGS_ADDED", "BULK_OPERATIONS_FINISH"} <= set(topics(world))
    fields = {one["topic"]: one["includeFields"] for one in found}
    assert fields["CUSTOMERS_UPDATE"] == ["id", "admin_graphql_api_id", "updated_at"], "no more about people than that"
    known = subscriptions.found(world.store(store_id))
    assert known is not None
    assert (known.address, known.missing, known.error) == (address(world, store_id), (), None)


def test_a_second_look_finds_nothing_to_do(world: World, store_id: str) -> None:
    converge(world, store_id)
    before = world.calls()
    done = converge(world, store_id)
    assert world.calls() - before == 1
    assert [done.receipt[name] for name in ("created", "fixed", "removed")] == [[], [], 0]  # type: ignore[index]


def test_what_others_broke_is_mended(world: World, store_id: str) -> None:
    converge(world, store_id)
    right = topics(world)
    remove(world, "ORDERS_CREATE")
    change(world, "ORDERS_PAID", filter="id:5")
    change(world, "CUSTOMERS_UPDATE", includeFields=["id"])
    change(world, "PRODUCTS_UPDATE", format="XML")
    before = world.calls()
    receipt: dict[str, Any] = converge(world, store_id).receipt or {}
    assert world.calls() - before == 3, "a document per kind of change"
    assert receipt["created"] == ["orders/create"]
    assert sorted(receipt["fixed"]) == ["customers/update", "orders/paid", "products/update"]
    assert topics(world) == right
    mended = {one["topic"]: one for one in held(world)}
    assert not mended["ORDERS_PAID"]["filter"]
    assert mended["PRODUCTS_UPDATE"]["format"] == "JSON"


def test_toggles_decide_what_is_wanted(world: World, store_id: str) -> None:
    converge(world, store_id)
    changed = msgspec.structs.replace(world.store(store_id).settings, product_catalogue=False)
    store_settings.save(world.app, world.admin, store_id, changed, "")
    world.settle()
    assert not [name for name in topics(world) if name.startswith(("PRODUCTS", "COLLECTIONS"))]
    assert "ORDERS_CREATE" in topics(world)
    assert world.operations(store_id)[Work.SUBSCRIBE].state == "done"


def test_a_subscription_of_somebody_else_is_left_alone(world: World, store_id: str) -> None:
    converge(world, store_id)
    change(world, "ORDERS_CREATE", uri="https://elsewhere.example.com/hooks")
    receipt: dict[str, Any] = converge(world, store_id).receipt or {}
    assert (receipt["created"], receipt["removed"]) == (["orders/create"], 0)
    assert sum(one["topic"] == "ORDERS_CREATE" for one in held(world)) == 2


def test_after_a_move_the_old_ones_come_along(world: World, store_id: str) -> None:
    converge(world, store_id)
    count, moved = len(held(world)), "http://127.0.0.1:9000"
    settings = world.app.settings.model_copy(update={"public_url": moved})
    object.__setattr__(world.built, "app", replace(world.app, settings=settings))
    object.__setattr__(world.built.runner, "_app", world.app)
    receipt: dict[str, Any] = converge(world, store_id).receipt or {}
    assert (len(receipt["fixed"]), receipt["created"], receipt["removed"]) == (count, [], 0)
    assert {one["uri"] for one in held(world)} == {f"{moved}/hooks/{world.store(store_id).app_id}"}


def test_without_a_public_address_nothing_is_asked(world: World, store_id: str) -> None:
    settings = world.app.settings.model_copy(update={"public_url": ""})
    object.__setattr__(world.built, "app", replace(world.app, settings=settings))
    object.__setattr__(world.built.runner, "_app", world.app)
    with world.app.db.write() as connection:
        assert subscriptions.ask(world.app, connection, stores.load(connection, store_id)) is None


def test_what_shopify_refuses_is_told(world: World, store_id: str) -> None:
    reachable(world, False)
    done = converge(world, store_id)
    assert done.state == "failed"
    assert done.error is not None
    assert "Address protocol http:// is not supported." in done.error
    known = subscriptions.found(world.store(store_id))
    assert known is not None
    assert known.error == done.error
    assert not known.active
    assert "orders/create" in known.missing
    assert world.store(store_id).state == "connected"


def test_a_lost_answer_doubles_nothing(world: World, store_id: str) -> None:
    """The document was carried out, the answer was lost: the next look finds them there."""
    world.sandbox.faults.add(Fault("lost_answer", operation="webhookSubscriptionCreate"))
    converge(world, store_id)
    assert topics(world), "it was carried out"
    world.advance(minutes=11)
    world.settle()
    done = world.operations(store_id)[Work.SUBSCRIBE]
    assert (done.state, len(topics(world))) == ("done", len(set(topics(world))))


def test_the_schedule_looks_once_a_day(world: World, store_id: str) -> None:
    world.settle()
    first = world.operations(store_id)[Work.SUBSCRIBE]
    assert first.state == "done"
    remove(world, "ORDERS_CREATE")
    world.settle()
    assert world.operations(store_id)[Work.SUBSCRIBE].id == first.id, "not before its time"
    world.app.clock.advance(timedelta(days=1, minutes=1))  # type: ignore[attr-defined]
    world.settle()
    assert world.operations(store_id)[Work.SUBSCRIBE].id != first.id
    assert "ORDERS_CREATE" in topics(world)


def test_every_topic_is_one_that_shopify_knows(world: World, store_id: str) -> None:
    """The sandbox executes the official schema: an unknown enum value would be refused as a document."""
    document = "mutation {" + " ".join(
        f'a{n}: webhookSubscriptionCreate(topic: {topic.enum}, webhookSubscription: {{uri: "https://x.example.com"}}) '
        "{ userErrors { message } }" for n, topic in enumerate(TOPICS.values())
    ) + "}"  # fmt: skip
    ticket = gate.Ticket(store_id, world.store(store_id).generation, Purpose.SUBSCRIBE)
    assert len(gate.call(world.app, ticket, document, {}).data) == len(TOPICS)


# -- before the first import ---------------------------------------------------------------------------------------


@pytest.fixture
def first_import(world: World) -> Operation:
    """Start initial sync, and nothing has been worked off yet."""
    reachable(world, True)
    return import_store.request(world.app, world.admin, world.connect(HARBOUR).store_id)


def asked(world: World) -> list[str]:
    """What Shopify was asked, in order."""
    return [entry.operation for entry in world.sandbox.log.entries(kind="graphql")]


def test_webhooks_are_registered_before_the_first_file_is_asked_for(world: World, first_import: Operation) -> None:
    for _ in range(20):  # enough to ask for every file
        world.built.runner.advance(first_import.id)
    assert "BulkRun" not in asked(world)
    assert first_import.store_id is not None
    world.run(world.operations(first_import.store_id)[Work.SUBSCRIBE].id)
    world.run(first_import.id)
    assert topics(world)
    told = asked(world)
    registered = [place for place, one in enumerate(told) if "webhook" in one.lower() or "subscri" in one.lower()]
    assert max(registered) < told.index("BulkRun"), told


@pytest.mark.parametrize("trouble", ["stuck", "refused", "failing"])
def test_webhooks_that_cannot_be_registered_hold_no_import_up(
    world: World, first_import: Operation, trouble: str
) -> None:
    assert first_import.store_id is not None
    subscribing = world.operations(first_import.store_id)[Work.SUBSCRIBE]
    if trouble == "refused":
        reachable(world, False)
    if trouble == "failing":
        world.sandbox.faults.add(Fault(kind="status", on="graphql", status=500, times=1))
    if trouble != "stuck":
        world.built.runner.advance(subscribing.id)
    began = world.app.clock.now()
    world.run(first_import.id)
    with world.app.db.read() as connection:
        assert rows.load(connection, first_import.id).state == "done"
    assert world.app.clock.now() - began < timedelta(minutes=2)
