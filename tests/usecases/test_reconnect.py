"""Reconnect: same store, new credentials. Work goes on from its cursor, what was missed is asked for, claims hold."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from mooring.db import audit, credentials, records_kinds, stores, stores_domains, tables
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, Lost, State
from mooring.domain.rules import Settings, Work
from mooring.errors import NotFound, Refused, Unreachable
from mooring.usecases import connect, disconnect, import_store, ledger, operations, resume, store_settings
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Done, Next, Run
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SESSION, SHOPS, World


@pytest.fixture
def store(world: World) -> Store:
    return world.store(world.connect().store_id)


def begun(world: World, store: Store) -> Store:
    """Its initial sync was started once."""
    with world.app.db.write() as connection:
        stores.change(connection, store.id, initial_sync_started_at=world.app.clock.now())
    return world.store(store.id)


def works(world: World, store: Store) -> dict[Work, str]:
    return {work: one.state for work, one in world.operations(store.id).items()}


# -- what READY starts ---------------------------------------------------------------------------------------------


def test_a_first_connection_moves_no_data_by_itself(world: World, store: Store) -> None:
    assert works(world, store) == {}


def test_a_reconnect_registers_webhooks_and_asks_for_a_catch_up(world: World, store: Store) -> None:
    begun(world, store)
    disconnect.request(world.app, world.admin, store.id)
    gone = world.store(store.id).gap_from
    world.advance(days=3)
    world.connect(store_id=store.id)
    found = world.operations(store.id)
    assert (found[Work.SUBSCRIBE].state, found[Work.CATCH_UP].state) == ("pending", "pending")
    assert gone is not None
    assert found[Work.CATCH_UP].arguments == {"gap_from": gone.isoformat()}
    assert found[Work.CATCH_UP].generation == world.store(store.id).generation == 3


def test_a_reconnect_of_a_connected_store_has_no_gap_to_name(world: World, store: Store) -> None:
    begun(world, store)
    world.connect(store_id=store.id)
    assert world.operations(store.id)[Work.CATCH_UP].arguments == {"gap_from": None}


def test_settings_list_and_history_are_untouched(world: World, store: Store) -> None:
    store_settings.save(world.app, world.admin, store.id, Settings(orders=False), store_settings.NEW_LIST)
    before = world.rows(but=("audit", "oauth_pending"))
    kept = world.store(store.id)
    disconnect.request(world.app, world.admin, store.id)
    world.connect(store_id=store.id)
    now = world.store(store.id)
    assert (now.settings, now.name, now.created_at, now.id) == (kept.settings, kept.name, kept.created_at, kept.id)
    after = world.rows(but=("audit", "oauth_pending"))
    assert {name: count for name, count in after.items() if count != before[name]} == {"operations": 1}


def test_a_reconnect_during_an_import_leaves_it_going_on_from_its_cursor(world: World, store: Store) -> None:
    """connected -> connecting -> connected, while a worker holds the import."""
    operation = import_store.request(world.app, world.admin, store.id)
    runner = world.built.runner
    for _ in range(3):
        runner.advance(operation.id)
    before = operations.show(world.app, world.admin, operation.id)
    assert before.cursor["kinds"]
    world.connect(store_id=store.id)
    after = operations.show(world.app, world.admin, operation.id)
    assert (after.state, after.cursor, after.generation) == ("pending", before.cursor, 2)
    assert runner.advance(operation.id) is None, "the older hold is dropped"
    world.run(operation.id)
    assert operations.show(world.app, world.admin, operation.id).state == "done"


def test_an_interrupted_catch_up_is_begun_anew(world: World, store: Store) -> None:
    begun(world, store)
    world.connect(store_id=store.id)
    first = world.operations(store.id)[Work.CATCH_UP]
    world.connect(store_id=store.id)
    second = world.operations(store.id)[Work.CATCH_UP]
    assert operations.show(world.app, world.admin, first.id).state == "cancelled"
    assert second.state == "pending"
    assert second.id != first.id


def test_ready_tries_again_what_failed_but_not_what_a_person_cancelled(world: World, store: Store) -> None:
    failed, cancelled = (ended_import(world, begun(world, store), state) for state in ("failed", "cancelled"))
    set_kind(world, store, Kind.CUSTOMERS, "failed", failed)
    set_kind(world, store, Kind.ORDERS, "failed", cancelled)
    set_kind(world, store, Kind.PRODUCTS, "synced", failed)
    world.connect(store_id=store.id)
    assert world.operations(store.id)[Work.IMPORT].arguments == {"kinds": ["customers"]}


def ended_import(world: World, store: Store, state: str) -> str:
    with world.app.db.write() as connection:
        operation = operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {})
        row = tables.operations
        connection.execute(update(row).where(row.c.id == operation.id).values(state=state))
    return operation.id


def set_kind(world: World, store: Store, kind: Kind, state: str, operation_id: str, error: str | None = None) -> None:
    with world.app.db.write() as connection:
        facts = {"state": state, "operation_id": operation_id, "error": error}
        records_kinds.change(connection, store.id, kind, **facts)


def test_a_kind_that_waited_for_its_permission_is_imported_once_it_is_granted(world: World) -> None:
    store = world.store(world.connect(granted=("read_customers", "read_products")).store_id)
    operation = import_store.request(world.app, world.admin, store.id)
    world.run(operation.id)
    assert world.store(store.id).lost is Lost.SCOPES
    world.connect(store_id=store.id)
    assert world.store(store.id).state is State.CONNECTED
    assert world.operations(store.id)[Work.IMPORT].arguments == {"kinds": ["orders"]}


def test_with_a_permission_missing_what_is_permitted_goes_on(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    disconnect.request(world.app, world.admin, store.id)
    result = world.connect(store_id=store.id, granted=("read_customers", "read_products"))
    assert result.missing_scopes == ("read_orders",)
    now = world.store(store.id)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.SCOPES)
    assert operations.show(world.app, world.admin, operation.id).state == "pending"


def test_a_waiting_kind_does_not_say_syncing_after_a_pause(world: World) -> None:
    store = world.store(world.connect(granted=("read_customers", "read_products")).store_id)
    operation = import_store.request(world.app, world.admin, store.id)
    world.built.runner.advance(operation.id)
    assert kind_state(world, store, Kind.ORDERS) == "pending"
    disconnect.request(world.app, world.admin, store.id)
    assert kind_state(world, store, Kind.CUSTOMERS) == "pending"
    world.connect(store_id=store.id, granted=("read_customers", "read_products"))
    assert kind_state(world, store, Kind.CUSTOMERS) == "syncing"
    assert kind_state(world, store, Kind.ORDERS) == "pending"


def kind_state(world: World, store: Store, kind: Kind) -> str:
    with world.app.db.read() as connection:
        return records_kinds.of_store(connection, store.id)[kind].state


def test_nothing_is_resumed_twice(world: World, store: Store) -> None:
    ready = begun(world, store)
    with world.app.db.write() as connection:
        assert resume.resume(world.app, connection, world.admin, ready)
    with world.app.db.write() as connection:
        assert resume.resume(world.app, connection, world.admin, ready) == []


# -- from every state ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [None, Event.AUTH_LOST, Event.UNINSTALLED, Event.DISCONNECT])
def test_a_reconnect_is_possible_from_every_state_but_deleting(world: World, store: Store, event: Event | None) -> None:
    if event is not None:
        with world.app.db.write() as connection:
            stores.move(connection, store, event, at=world.app.clock.now(), actor="test", reason="Gone.")
    world.connect(store_id=store.id)
    now = world.store(store.id)
    assert (now.state, now.lost, now.reason) == (State.CONNECTED, None, None)


def test_a_store_that_is_being_deleted_is_not_reconnected_and_says_how_far_it_is(world: World, store: Store) -> None:
    query = world.round_trip(store_id=store.id)
    with world.app.db.write() as connection:
        stores.move(connection, store, Event.DELETE, at=world.app.clock.now(), actor=world.admin.id)
    calls = world.calls()
    with pytest.raises(Refused) as refused:
        connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION, store_id=store.id)
    assert refused.value.code == "being_deleted"
    with pytest.raises(Refused):
        connect.finish(world.app, query, session=SESSION)
    with pytest.raises(Refused):
        connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION)
    assert world.calls() == calls


def test_a_consent_from_before_a_disconnect_undoes_nothing(world: World, store: Store) -> None:
    """Shopify did not answer at first; before it did, somebody pressed Disconnect. The pair is kept, for the old one
    died when it was exchanged."""
    before = pair_version(world, store)
    query = world.round_trip(store_id=store.id)
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=502))
    with pytest.raises(Unreachable):
        connect.finish(world.app, query, session=SESSION)
    world.advance(seconds=30)
    disconnect.request(world.app, world.admin, store.id)
    world.advance(minutes=2)
    connect.resume(world.app)
    now = world.store(store.id)
    assert (now.state, now.generation, pair_version(world, store)) == (State.DISCONNECTED, 2, before + 1)
    world.connect(store_id=store.id)
    assert world.store(store.id).state is State.CONNECTED


# -- claims --------------------------------------------------------------------------------------------------------


def test_a_lost_claim_comes_back_when_the_other_project_lets_go(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    other = world.connect(project=world.other_project()).store_id
    with pytest.raises(Refused, match="Disconnect or delete it there first"):
        connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION, store_id=store.id)
    disconnect.request(world.app, world.admin, other)
    world.connect(store_id=store.id)
    assert (world.store(store.id).claim, world.store(other).claim) == (True, False)
    assert world.store(store.id).state is State.CONNECTED


def test_the_claim_is_asked_for_before_the_code_is_exchanged(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    query = world.round_trip(store_id=store.id)
    world.connect(project=world.other_project())
    calls = world.calls()
    with pytest.raises(Refused, match="Another project speaks for this shop now"):
        connect.finish(world.app, query, session=SESSION)
    assert world.calls() == calls


def test_a_claim_is_free_once_its_card_was_removed(world: World, store: Store) -> None:
    with world.app.db.write() as connection:
        now, actor = world.app.clock.now(), world.admin.id
        going = stores.move(connection, store, Event.DELETE, at=now, actor=actor)
        gone = stores.move(connection, going, Event.ERASED, at=now, actor=actor)
    assert (gone.state, gone.claim, gone.deleted_at) == (State.DELETED, False, now)
    other = world.connect(project=world.other_project())
    assert world.store(other.store_id).claim


# -- which shop it is ----------------------------------------------------------------------------------------------


def test_a_renamed_domain_is_adopted_and_the_old_one_kept(world: World, store: Store) -> None:
    """Also by a paused card, which cannot have heard of it: Shopify comes back under the new name."""
    disconnect.request(world.app, world.admin, store.id)
    shops.rename(world.sandbox.state, SHOPS[HARBOUR], "new-harbour")
    world.connect(store_id=store.id)
    now = world.store(store.id)
    assert (now.state, now.shop_domain) == (State.CONNECTED, "new-harbour.myshopify.com")
    with world.app.db.read() as connection:
        assert stores_domains.of_store(connection, store.id) == [HARBOUR, "new-harbour.myshopify.com"]


def test_a_shop_that_answers_under_another_name_is_not_connected_unseen(world: World) -> None:
    shops.rename(world.sandbox.state, SHOPS[HARBOUR], "new-harbour")
    query = world.round_trip()
    calls = world.calls()
    with pytest.raises(Refused, match=r"Shopify answered for new-harbour\.myshopify\.com"):
        connect.finish(world.app, query, session=SESSION)
    assert world.calls() == calls


def test_another_cards_shop_behind_the_domain_keeps_its_pair_there(world: World, store: Store) -> None:
    """Exchanging has killed the other card's pair, so the new one belongs to it."""
    other = world.store(world.connect(LIGHTHOUSE).store_id)
    before = pair_version(world, other)
    query = world.round_trip(store_id=store.id)
    hand_over(world)
    with pytest.raises(Refused, match="now belongs to another shop; delete the old card first"):
        connect.finish(world.app, query | {}, session=SESSION)
    assert pair_version(world, other) == before + 1
    assert (world.store(store.id).generation, world.store(other.id).generation) == (1, 1)


def hand_over(world: World) -> None:
    """From now on the domain of the one shop leads to the other, and the code was given by that one."""
    state = world.sandbox.state
    state.add_shop(SHOPS[LIGHTHOUSE], "harbour", state.shop(SHOPS[LIGHTHOUSE]))
    with state.transaction() as db:
        db.execute("UPDATE code SET shop_id = ?", (SHOPS[LIGHTHOUSE],))


def pair_version(world: World, store: Store) -> int:
    with world.app.db.read() as connection:
        held = credentials.load(connection, world.app.vault, store.id)
    assert held is not None
    return held.version


# -- what is written down ------------------------------------------------------------------------------------------


def test_every_authorisation_is_written_to_the_receipts_file(world: World, store: Store) -> None:
    world.connect(store_id=store.id)
    lines = [line for line in world.app.ledger.entries() if line["event"] == "authorized"]
    assert [(line["store"], line["generation"]) for line in lines] == [(store.id, 1), (store.id, 2)]
    assert set(lines[0]) == {"event", "at", "store", "project", "shop_id", "shop_domain", "generation"}
    assert ledger.mend(world.app) == 0


def test_a_line_lost_to_a_crash_is_added_at_the_next_start(world: World, store: Store) -> None:
    path = world.app.settings.data_dir / "receipts.jsonl"
    path.unlink()
    assert ledger.mend(world.app) == 1
    assert [(line["store"], line["at"]) for line in world.app.ledger.entries()] == [
        (store.id, store.authorized_at.isoformat() if store.authorized_at else "")
    ]
    assert ledger.mend(world.app) == 0


def test_an_authorisation_stands_although_the_disk_refuses_the_line(world: World) -> None:
    (world.app.settings.data_dir / "receipts.jsonl").mkdir()
    store = world.store(world.connect().store_id)
    assert store.state is State.CONNECTED
    with world.app.db.read() as connection:
        assert audit.of_project(connection, world.project)[0]["event"] == "store.ready"


def test_a_stranger_cannot_reconnect(world: World, store: Store) -> None:
    other = world.other_project()
    with pytest.raises(NotFound):
        connect.request(world.app, world.admin, other, HARBOUR, session=SESSION, store_id=store.id)


def test_older_work_commits_nothing_after_a_reconnect(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    seen: list[str] = []

    def advance(app: object, run: Run) -> Next:
        world.connect(store_id=store.id)
        with run.checkpoint() as connection:
            stores.change(connection, store.id, name="Written")
        seen.append("written")
        return Done({})

    Runner(world.app, "w", {Work.IMPORT: advance}).advance(operation.id)
    assert (seen, world.store(store.id).name) == ([], store.name)
