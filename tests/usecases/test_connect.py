"""Connecting and reconnecting: what is refused changes nothing and calls nobody; what is right leaves one true card."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mooring.db import audit, credentials, pending, stores
from mooring.domain.lifecycle import Event, State
from mooring.domain.rules import Settings, Work
from mooring.errors import InvalidInput, NotAllowed, NotFound, Refused, Unreachable
from mooring.usecases import connect, operations, store_settings
from mooring.usecases.who import Who
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SESSION, SHOPS, World


def test_a_store_is_connected_by_the_real_round_trip(world: World) -> None:
    result = world.connect()

    store = world.store(result.store_id)
    assert (store.state, store.generation, store.claim) == (State.CONNECTED, 1, True)
    assert (store.shop_id, store.shop_domain, store.name) == (SHOPS[HARBOUR], HARBOUR, "Harbour")
    assert store.granted_scopes == {"read_customers", "read_orders", "read_products"}
    assert result.first
    assert not result.missing_scopes
    with world.app.db.read() as connection:
        events = [(row["event"], row["to_state"]) for row in audit.of_project(connection, world.project)][:2]
        held = credentials.load(connection, world.app.vault, store.id)
    assert events == [("store.ready", "connected"), ("store.authorized", "connecting")]
    assert held is not None
    assert held.refresh_token
    assert held.access_expires_at


def test_no_secret_stands_in_the_database_files(world: World, data_dir: Path) -> None:
    result = world.connect()
    with world.app.db.read() as connection:
        held = credentials.load(connection, world.app.vault, result.store_id)
    assert held is not None
    assert held.refresh_token is not None
    secret = world.app.settings.shopify_client_secret.get_secret_value()
    needles = [held.access_token, held.refresh_token, secret, SESSION]
    stored = b"".join(path.read_bytes() for path in data_dir.iterdir() if path.is_file() and path.name != "keys")
    if world.app.db.dialect == "sqlite":
        assert b"harbour" in stored, "the scan reads the right files"
    assert [needle for needle in needles if needle.encode() in stored] == []
    assert [needle for needle in needles if needle in repr(held) + repr(world.app.settings)] == []


@pytest.mark.parametrize("minutes", [-30, 30])
def test_a_clock_that_is_wrong_is_called_that(world: World, minutes: int) -> None:
    """The answer is genuine and the round trip young: only the two clocks can be apart."""
    url = connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION)
    world.sandbox.clock.advance(timedelta(minutes=minutes))
    query, said = world.consent(url), world.sandbox.clock.now()
    with pytest.raises(Refused, match="Set that clock right") as refused:
        connect.finish(world.app, query, session=SESSION)
    assert refused.value.code == "callback_clock"
    assert f"{said:%d %b %Y, %H:%M} UTC" in refused.value.sentence
    assert f"{world.app.clock.now():%d %b %Y, %H:%M} UTC" in refused.value.sentence
    with pytest.raises(Refused, match="cannot be used"):
        connect.finish(world.app, query | {"timestamp": str(int(said.timestamp()))[:-1]}, session=SESSION)


def test_only_an_admin_of_the_project_may_connect(world: World) -> None:
    viewer = Who("p2", "Viewer", roles={world.project: "viewer"})  # type: ignore[dict-item]
    with pytest.raises(NotAllowed):
        connect.request(world.app, viewer, world.project, HARBOUR, session=SESSION)
    with pytest.raises(NotFound):
        connect.request(world.app, Who("p3", "Stranger"), world.project, HARBOUR, session=SESSION)


# -- callbacks that must not work ----------------------------------------------------------------------------------


def refused_without_a_trace(world: World, query: dict[str, str], session: str = SESSION) -> str:
    before, calls = world.rows(), world.calls()
    with pytest.raises(Refused) as refused:
        connect.finish(world.app, query, session=session)
    assert world.rows() == before
    assert world.calls() == calls, "a refused callback makes no outgoing call"
    with world.app.db.read() as connection:
        assert stores.of_project(connection, world.project) == []
    return refused.value.code


def test_a_changed_callback_stores_nothing_and_calls_nobody(world: World) -> None:
    good = world.round_trip()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(st.sampled_from([*sorted(good), "extra"]), st.one_of(st.none(), st.text(max_size=50)))
    def garble(name: str, value: str | None) -> None:
        query = {**good, name: value or ""} if value is not None else {k: v for k, v in good.items() if k != name}
        if query != good:
            assert refused_without_a_trace(world, query).startswith("callback_")

    garble()
    assert refused_without_a_trace(world, {**good, "shop": LIGHTHOUSE}) == "callback_not_genuine"
    assert refused_without_a_trace(world, good, session="another browser") == "callback_mismatch"
    assert refused_without_a_trace(world, {}) == "callback_garbled"
    assert connect.finish(world.app, good, session=SESSION).first, "the untouched one still works"


def test_a_callback_works_once(world: World) -> None:
    query = world.round_trip()
    first = connect.finish(world.app, query, session=SESSION)
    before, calls = world.rows(), world.calls()
    with pytest.raises(Refused) as refused:
        connect.finish(world.app, query, session=SESSION)
    assert refused.value.code == "callback_unknown"
    assert (world.rows(), world.calls()) == (before, calls)
    assert world.store(first.store_id).generation == 1


def test_a_round_trip_is_over_after_ten_minutes(world: World) -> None:
    query = world.round_trip()
    world.advance(minutes=10, seconds=1)
    assert refused_without_a_trace(world, query) == "callback_unknown"


def test_an_abandoned_round_trip_leaves_no_card(world: World) -> None:
    connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION)
    with world.app.db.read() as connection:
        assert stores.of_project(connection, world.project) == []


# -- who may have which shop ---------------------------------------------------------------------------------------


def test_a_shop_of_another_project_is_refused_before_the_code_is_exchanged(world: World) -> None:
    other = world.other_project()
    early = world.round_trip(LIGHTHOUSE, project=other)
    mine = world.connect(LIGHTHOUSE)
    calls = world.calls()

    with pytest.raises(Refused, match="^Already connected to another project: First$"):
        connect.request(world.app, world.admin, other, LIGHTHOUSE, session=SESSION)
    stranger = Who("p9", "Other", roles={other: "admin"})  # type: ignore[dict-item]
    with pytest.raises(Refused, match="^Already connected to another project$"):
        connect.request(world.app, stranger, other, LIGHTHOUSE, session=SESSION)
    with pytest.raises(Refused, match="^Already connected to another project"):
        connect.finish(world.app, early, session=SESSION)

    assert world.calls() == calls, "the code was not exchanged, so the old pair lives"
    assert world.store(mine.store_id).claim


def test_the_same_project_is_pointed_to_the_card_it_has(world: World) -> None:
    world.connect()
    with pytest.raises(Refused) as refused:
        connect.request(world.app, world.admin, world.project, "harbour", session=SESSION)
    assert refused.value.code == "already_connected"


def test_a_disconnected_card_loses_the_claim_and_makes_no_call_any_more(world: World) -> None:
    old = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        stores.move(connection, old, Event.DISCONNECT, at=world.app.clock.now(), actor="system")
    other = world.other_project()
    new = world.connect(project=other)
    assert world.store(new.store_id).claim
    assert not world.store(old.id).claim
    assert world.store(old.id).state is State.DISCONNECTED
    with pytest.raises(Refused) as refused:
        connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION, store_id=old.id)
    assert refused.value.code == "claimed_elsewhere"


def test_two_round_trips_for_one_shop_end_in_one_card(world: World) -> None:
    first, second = world.round_trip(), world.round_trip()
    one = connect.finish(world.app, first, session=SESSION)
    with pytest.raises(Refused):
        connect.finish(world.app, second, session=SESSION)
    with world.app.db.read() as connection:
        assert [s.id for s in stores.of_project(connection, world.project)] == [one.store_id]


# -- reconnect -----------------------------------------------------------------------------------------------------


def test_a_reconnect_keeps_the_card_and_raises_its_generation(world: World) -> None:
    first = world.connect()
    again = world.connect(store_id=first.store_id)
    store = world.store(first.store_id)
    assert again.store_id == first.store_id
    assert (store.state, store.generation) == (State.CONNECTED, 2)


def test_a_reconnect_issues_parked_work_again_under_the_new_generation(world: World) -> None:
    store = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        operation = operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {})
    world.connect(store_id=store.id)
    after = operations.show(world.app, world.admin, operation.id)
    assert (after.state, after.generation) == ("pending", 2)
    assert after.epoch > operation.epoch


def test_a_reconnect_that_finds_another_shop_leaves_there_again(world: World) -> None:
    first = world.connect()
    query = world.round_trip(store_id=first.store_id)
    state = world.sandbox.state
    shop = state.shop(SHOPS[HARBOUR])
    state.add_shop(77, "harbour", {**shop, "id": "gid://shopify/Shop/77"})  # the domain now leads to another shop
    query_there = world.round_trip(store_id=first.store_id)
    del query
    with pytest.raises(Refused, match="now belongs to another shop; delete the old card first"):
        connect.finish(world.app, query_there, session=SESSION)
    registered = world.sandbox.apps.all()[0]
    assert world.sandbox.installations.get(77, registered.id) is None, "uninstalled there"
    assert world.store(first.store_id).generation == 1


def test_a_missing_base_scope_is_named_and_the_rest_may_come(world: World) -> None:
    result = world.connect(granted=("read_customers", "read_products"))
    store = world.store(result.store_id)
    assert store.state is State.RECONNECT_REQUIRED
    assert store.reason == "Permission missing: orders. What is permitted keeps coming in."
    assert result.missing_scopes == ("read_orders",)


# -- crashes -------------------------------------------------------------------------------------------------------


def test_a_crash_after_the_exchange_loses_no_pair(world: World) -> None:
    """The shop could not be read: the pair waits, sealed, and a worker goes on with it."""
    query = world.round_trip()
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=502))
    with pytest.raises(Unreachable):
        connect.finish(world.app, query, session=SESSION)
    with world.app.db.read() as connection:
        assert stores.of_project(connection, world.project) == []

    assert connect.resume(world.app) == 0, "the request itself may still be at work"
    world.advance(minutes=2)
    assert connect.resume(world.app) == 1
    with world.app.db.read() as connection:
        assert [s.state for s in stores.of_project(connection, world.project)] == [State.CONNECTED]
    assert connect.resume(world.app) == 0


def test_a_pair_whose_shop_cannot_be_read_is_destroyed_after_an_hour(world: World) -> None:
    query = world.round_trip()
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=502, times=None))
    with pytest.raises(Unreachable):
        connect.finish(world.app, query, session=SESSION)
    world.advance(minutes=30)
    assert connect.resume(world.app) == 0
    assert waiting(world) == 1
    world.advance(minutes=31)
    assert connect.resume(world.app) == 0
    assert waiting(world) == 0


def waiting(world: World) -> int:
    with world.app.db.read() as connection:
        return len(pending.undecided(connection, world.app.vault, used_before=world.app.clock.now()))


# -- sync settings -------------------------------------------------------------------------------------------------


def test_the_drawer_shows_nine_toggles_and_a_new_list_named_after_the_store(world: World) -> None:
    store_id = world.connect().store_id
    view = store_settings.show(world.app, world.admin, store_id)
    assert [t.on for t in view.toggles] == [True] * 5 + [False] * 4
    assert {t.missing_scope for t in view.toggles if not t.toggle.inbound} == {"write_customers"}
    assert [t.reason for t in view.toggles] == [None] * 9
    assert [(c.name, c.chosen) for c in view.lists] == [("New list: Harbour", True)]
    assert view.orders_visible_since is not None
    assert not view.started


def test_a_list_belongs_to_one_store_only(world: World) -> None:
    first, second = world.connect().store_id, world.connect(LIGHTHOUSE).store_id
    store_settings.save(world.app, world.admin, first, Settings(), store_settings.NEW_LIST)
    taken = store_settings.show(world.app, world.admin, second).lists[0]
    assert (taken.name, taken.taken_by) == ("Harbour", "Harbour")
    with pytest.raises(InvalidInput, match="Harbour is the list of Harbour"):
        store_settings.save(world.app, world.admin, second, Settings(), taken.id)


def test_an_outbound_toggle_without_its_permission_waits_for_it(world: World) -> None:
    """The store stays well: only this one toggle does not work yet."""
    store_id = world.connect().store_id
    saved = store_settings.save(world.app, world.admin, store_id, Settings(profile_data=True), "new")
    assert (saved.settings.profile_data, saved.state) == (True, "connected")
    view = next(
        t for t in store_settings.show(world.app, world.admin, store_id).toggles if t.on and not t.toggle.inbound
    )
    assert (view.toggle.name, view.missing_scope) == ("profile_data", "write_customers")
    assert view.reason == "Waiting for permission: write_customers. Grant it by a reconnect."


def test_settings_that_import_nothing_are_refused(world: World) -> None:
    store_id = world.connect().store_id
    nothing = Settings(
        customer_profiles=False, email_consent=False, sms_consent=False, orders=False, product_catalogue=False
    )
    with pytest.raises(InvalidInput, match="at least one"):
        store_settings.save(world.app, world.admin, store_id, nothing, "new")
