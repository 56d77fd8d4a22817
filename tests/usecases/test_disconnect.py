"""Disconnect: local first and final. What was started before writes nothing more; Shopify is tidied up afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import audit, stores, tables
from mooring.db.stores import Store
from mooring.domain.lifecycle import Event, Purpose, State
from mooring.domain.rules import Role, Work
from mooring.errors import Conflict, NotAllowed, NotFound, Refused, Stale
from mooring.usecases import clean_up, disconnect, gate, import_store, operations, subscriptions
from mooring.usecases.gate import Ticket
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Next, Run
from mooring.usecases.who import Who
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, SHOPS, World

SUBSCRIBE = (
    "mutation Subscribe($uri: String!, $topic: WebhookSubscriptionTopic!) { webhookSubscriptionCreate("
    "topic: $topic, webhookSubscription: {uri: $uri}) { webhookSubscription { id } userErrors { message } } }"
)


@pytest.fixture
def store(world: World) -> Store:
    return world.store(world.connect().store_id)


def subscribe(world: World, store: Store, topic: str, uri: str) -> None:
    ticket = Ticket(store.id, store.generation, Purpose.SUBSCRIBE)
    answer = gate.call(world.app, ticket, SUBSCRIBE, {"uri": uri, "topic": topic})
    assert answer.data["webhookSubscriptionCreate"]["userErrors"] == []


def ours(world: World, store: Store, host: str = "https://mooring.example.com") -> str:
    return f"{host}/hooks/{store.app_id}"


def subscribed(world: World) -> list[str]:
    return sorted(one["uri"] for one in world.sandbox.state.scan(SHOPS[HARBOUR], "WebhookSubscription"))


def disconnected(world: World, store: Store) -> disconnect.Disconnected:
    return disconnect.request(world.app, world.admin, store.id)


def tidying(world: World, store: Store) -> operations.Operation:
    return world.operations(store.id)[Work.CLEAN_UP]


# -- preview -------------------------------------------------------------------------------------------------------


def test_the_prompt_is_the_seeds_and_the_preview_says_what_stops_and_what_stays(world: World, store: Store) -> None:
    with world.app.db.write() as connection:
        operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {})
    shown = disconnect.preview(world.app, world.admin, store.id)
    assert shown.prompt == "Are you sure you want to disconnect? You can reconnect later."
    assert shown.stays[0] == "Everything imported: 0 customers, 0 orders, 0 products, 0 collections."
    assert len(shown.parked) == 1
    assert shown.parked[0].startswith("An import has been running since ")
    assert shown.parked[0].endswith("started by Admin. It pauses, and goes on where it stopped after a reconnect.")
    assert shown.clean_up.until is not None
    expected = world.app.clock.now() + timedelta(days=90)
    assert abs(shown.clean_up.until - expected) < timedelta(minutes=1)
    assert f"{expected:%B %Y}" in shown.clean_up.sentence


def test_a_preview_changes_nothing_and_calls_nobody(world: World, store: Store) -> None:
    before, calls = world.rows(), world.calls()
    disconnect.preview(world.app, world.admin, store.id)
    assert (world.rows(), world.calls()) == (before, calls)


@pytest.mark.parametrize("verb", [disconnect.preview, disconnect.request])
def test_only_an_admin_disconnects(world: World, store: Store, verb: Any) -> None:
    editor = Who("p2", "Editor", roles={world.project: Role.EDITOR})
    with pytest.raises(NotAllowed):
        verb(world.app, editor, store.id)
    with pytest.raises(NotFound):
        verb(world.app, Who("p3", "Stranger"), store.id)
    assert world.store(store.id).state is State.CONNECTED


# -- the move ------------------------------------------------------------------------------------------------------


def test_a_disconnect_is_one_transaction_and_waits_for_nobody(world: World, store: Store) -> None:
    with world.app.db.write() as connection:
        running = operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {})
    calls = world.calls()
    done = disconnected(world, store)
    now = world.store(store.id)
    assert world.calls() == calls
    assert (now.state, now.generation, now.claim) == (State.DISCONNECTED, store.generation + 1, True)
    assert now.gap_from == now.state_since
    assert (done.parked, operations.show(world.app, world.admin, running.id).state) == (1, "parked")
    assert done.clean_up is not None
    assert (done.clean_up.generation, done.clean_up.state) == (now.generation, "pending")
    with world.app.db.read() as connection:
        latest = audit.of_project(connection, world.project)[:2]
    assert [(one["event"], one["actor"]) for one in latest] == [
        ("operation.clean_up", world.admin.id),
        ("store.disconnect", world.admin.id),
    ]
    assert (latest[1]["from_state"], latest[1]["to_state"]) == ("connected", "disconnected")


def test_a_second_disconnect_is_refused_in_words(world: World, store: Store) -> None:
    disconnected(world, store)
    before = world.rows()
    with pytest.raises(Refused, match="This store is already disconnected, so it cannot be disconnected now"):
        disconnected(world, store)
    assert world.rows() == before


def test_of_two_admins_at_once_the_second_is_told(world: World, store: Store) -> None:
    """Both have read the store as connected; the row decides who was first."""
    disconnected(world, store)
    with world.app.db.write() as connection, pytest.raises(Conflict, match="changed by somebody else"):
        stores.move(connection, store, Event.DISCONNECT, at=world.app.clock.now(), actor="second")
    assert world.store(store.id).generation == store.generation + 1


def test_a_worker_frozen_between_fetch_and_commit_commits_nothing(world: World, store: Store) -> None:
    """It has the answer in its hands when Disconnect happens, and wakes up afterwards."""
    with world.app.db.write() as connection:
        operation = operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {})
    outcome: list[type[Exception]] = []

    def advance(app: Any, run: Run) -> Next:
        answer = run.call("query { shop { id name } }", {})
        disconnected(world, store)
        try:
            with run.checkpoint() as connection:
                stores.change(connection, store.id, name=answer.data["shop"]["name"] + " changed")
        except Stale as stale:
            outcome.append(type(stale))
            raise
        raise AssertionError("it wrote")

    before = world.rows(but=("operations", "audit"))
    runner = Runner(world.app, "w", {Work.IMPORT: advance})
    assert runner.advance(operation.id) is None
    assert outcome == [Stale]
    assert world.rows(but=("operations", "audit")) == before
    assert world.store(store.id).name == store.name


def test_no_import_starts_while_disconnected_and_no_call_leaves(world: World, store: Store) -> None:
    disconnected(world, store)
    world.settle()
    calls = world.calls()
    with pytest.raises(Refused, match="disconnected"):
        import_store.request(world.app, world.admin, store.id)
    for _ in range(3):
        world.advance(hours=7)
        world.settle()
    assert world.calls() == calls


# -- the clean-up --------------------------------------------------------------------------------------------------


def test_our_subscriptions_go_and_others_stay(world: World, store: Store) -> None:
    subscribe(world, store, "ORDERS_UPDATED", ours(world, store))
    subscribe(world, store, "CUSTOMERS_UPDATE", ours(world, store, "https://older.example.com"))
    subscribe(world, store, "CUSTOMERS_UPDATE", "https://elsewhere.example.com/hooks/somebody")
    disconnected(world, store)
    calls = world.calls()
    world.settle()
    assert subscribed(world) == ["https://elsewhere.example.com/hooks/somebody"]
    done = tidying(world, store)
    assert (done.state, done.receipt) == (
        "done",
        {
            "webhooks_removed": 2,
            "bulk_operations_cancelled": 0,
            "sentence": "Nothing of Mooring is left at Shopify but the app itself.",
        },
    )
    assert world.calls() - calls == 3, "look, remove in one document, look again"


def test_a_running_export_of_ours_is_cancelled(world: World, store: Store) -> None:
    world.sandbox.settings.change({"bulk_seconds": 3600.0, "bulk_created_seconds": 3600.0})
    world.sandbox.apply_settings()
    operation = import_store.request(world.app, world.admin, store.id)
    while asked := subscriptions.under_way(world.app, store.id):  # which an import waits for
        world.built.runner.advance(asked)
    for _ in range(12):
        world.built.runner.advance(operation.id)
    running = bulk_states(world)
    assert running
    assert set(running) <= {"CREATED", "RUNNING"}
    disconnected(world, store)
    world.settle()
    assert set(bulk_states(world)) <= {"CANCELING", "CANCELED"}
    receipt = tidying(world, store).receipt
    assert receipt is not None
    assert receipt["bulk_operations_cancelled"] == len(running)


def bulk_states(world: World) -> list[str]:
    return [one["status"] for one in world.sandbox.state.scan(SHOPS[HARBOUR], "BulkOperation")]


@pytest.mark.parametrize("trouble", ["token", "uninstalled", "gone"])
def test_dead_credentials_or_a_shop_that_is_gone_end_it_with_a_receipt_that_says_so(
    world: World, store: Store, trouble: str
) -> None:
    subscribe(world, store, "ORDERS_UPDATED", ours(world, store))
    disconnected(world, store)
    break_shop(world, trouble)
    world.settle()
    done = tidying(world, store)
    assert done.state == "done"
    assert done.receipt is not None
    assert "webhooks went with it" in done.receipt["sentence"]
    assert world.store(store.id).state is State.DISCONNECTED


def break_shop(world: World, trouble: str) -> None:
    app = world.sandbox.apps.all()[0]
    if trouble == "gone":
        shops.set_state(world.sandbox.state, SHOPS[HARBOUR], "gone")
    elif trouble == "uninstalled":
        world.sandbox.installations.uninstall(SHOPS[HARBOUR], app.id)
    else:
        world.sandbox.faults.add(Fault(kind="status", on="graphql", status=401, times=None))
        dead = {"error": "invalid_grant"}
        world.sandbox.faults.add(Fault(kind="status", on="token", status=400, body=dead, times=None))


@pytest.mark.parametrize("state", ["frozen", "locked", "unavailable"])
def test_a_closed_shop_is_tried_again_slowly_and_given_up_after_a_day(world: World, store: Store, state: str) -> None:
    subscribe(world, store, "ORDERS_UPDATED", ours(world, store))
    done = disconnected(world, store)
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], state)
    calls = world.calls()
    for _ in range(26):
        world.settle()
        world.advance(hours=1)
    world.settle()
    ended = tidying(world, store)
    assert ended.state == "failed"
    assert ended.receipt is not None
    assert ended.receipt["sentence"].startswith("Webhooks at Shopify could not be removed until ")
    assert 20 <= world.calls() - calls <= 52, "once an hour, each time with a renewed token"
    assert done.clean_up is not None
    assert clean_up.until_of(ended) == clean_up.until_of(done.clean_up)
    now = world.store(store.id)
    assert (now.state, now.error) == (State.DISCONNECTED, None)


def test_a_passing_fault_delays_it_only(world: World, store: Store) -> None:
    subscribe(world, store, "ORDERS_UPDATED", ours(world, store))
    world.sandbox.faults.add(Fault(kind="lost_answer", on="graphql", operation="CleanUp"))
    world.sandbox.faults.add(Fault(kind="status", on="graphql", operation="CleanUpLook", status=502))
    disconnected(world, store)
    for _ in range(4):
        world.settle()
        world.advance(minutes=2)
    assert subscribed(world) == []
    assert tidying(world, store).state == "done"


def test_a_reconnect_ends_what_is_pending_and_no_call_of_it_leaves(world: World, store: Store) -> None:
    disconnected(world, store)
    world.connect(store_id=store.id)
    now = world.store(store.id)
    subscribe(world, now, "ORDERS_UPDATED", ours(world, store))
    ended = tidying(world, store)
    assert (ended.state, ended.error) == ("cancelled", "The store was connected anew.")
    calls = world.calls()
    world.run(ended.id)
    assert world.calls() == calls
    assert subscribed(world) == [ours(world, store)]


def test_a_clean_up_that_hangs_in_a_call_does_nothing_after_a_reconnect(world: World, store: Store) -> None:
    """It has looked, and is about to remove, when the store is connected anew: the gate refuses the removal."""
    subscribe(world, store, "ORDERS_UPDATED", ours(world, store))
    done = disconnected(world, store)
    assert done.clean_up is not None
    ticket = Ticket(store.id, done.store.generation, Purpose.CLEAN_UP)
    gate.call(world.app, ticket, world.app.shopify.document("clean_up_look"), {})
    world.connect(store_id=store.id)
    calls = world.calls()
    with pytest.raises(Stale):
        gate.call(world.app, ticket, "mutation { x: webhookSubscriptionDelete(id: 1) { userErrors { field } } }", {})
    assert world.calls() == calls


def test_a_card_without_the_claim_cleans_up_nothing(world: World, store: Store) -> None:
    disconnected(world, store)
    world.settle()
    other = world.connect(project=world.other_project())
    subscribe(world, world.store(other.store_id), "ORDERS_UPDATED", ours(world, store))
    shown = outlook(world, store)
    assert (shown.possible, shown.until) == (False, None)
    with world.app.db.write() as connection:
        assert clean_up.begin(world.app, connection, world.admin, world.store(store.id)) is None


def test_an_uninstall_that_is_only_noted_is_not_told_as_a_fact(world: World, store: Store) -> None:
    disconnected(world, store)
    with world.app.db.write() as connection:
        stores.move(connection, world.store(store.id), Event.UNINSTALLED, at=world.app.clock.now(), actor="system")
    shown = outlook(world, store)
    assert not shown.possible
    assert shown.sentence.startswith("Shopify said that ")


def outlook(world: World, store: Store) -> clean_up.Outlook:
    with world.app.db.read() as connection:
        return clean_up.outlook(connection, world.store(store.id))


def test_a_clean_up_whose_card_loses_the_claim_ends_without_a_call(world: World, store: Store) -> None:
    disconnected(world, store)
    world.connect(project=world.other_project())
    calls = world.calls()
    world.settle()
    ended = tidying(world, store)
    assert ended.state == "done"
    assert ended.receipt is not None
    assert ended.receipt["sentence"].startswith("Another project speaks for this shop now")
    assert own_calls(world, ended.id) == 0
    assert calls <= world.calls()


def own_calls(world: World, operation_id: str) -> int:
    with world.app.db.read() as connection:
        row = tables.operations.c
        counts = connection.execute(select(row.counts).where(row.id == operation_id)).scalar_one()
    return 0 if counts == "{}" else 1


def test_the_card_says_how_the_clean_up_stands(world: World, store: Store) -> None:
    disconnected(world, store)
    assert stands(world, store) == ("pending", "Webhooks at Shopify are being removed.")
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=502))
    world.settle()
    state, sentence = stands(world, store)
    assert state == "running"
    assert sentence.startswith("Webhooks at Shopify are being removed. Shopify has a fault of its own")
    world.advance(minutes=11)
    world.settle()
    assert stands(world, store) == ("done", "Nothing of Mooring is left at Shopify but the app itself.")


def stands(world: World, store: Store) -> tuple[str, str]:
    with world.app.db.read() as connection:
        found = clean_up.standing(connection, world.store(store.id))
    assert found is not None
    return found.state, found.sentence


def test_no_call_leaves_after_a_day_even_from_a_worker_that_stood_still_on_its_way(world: World, store: Store) -> None:
    """Between the renewal of the token and the call it was meant for."""
    disconnected(world, store)
    until = clean_up.until_of(tidying(world, store))
    ticket = gate.Ticket(store.id, world.store(store.id).generation, Purpose.CLEAN_UP, until)
    assert gate.admit(world.app, ticket).id == store.id
    world.advance(hours=24)
    with pytest.raises(Refused, match="is over"):
        gate.admit(world.app, ticket)
    world.settle()
    ended = tidying(world, store)
    assert ended.state == "failed" and ended.arguments["until"] == until.isoformat()
