"""What is inferred from Shopify's answers, and from nothing else: each case against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mooring.db import (
    audit,
    credentials,
    operations,
    operations_parked,
    records_kinds,
    stores,
    stores_domains,
    stores_marks,
)
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Badge, Event, Lost, State, badge
from mooring.domain.rules import Settings, Work
from mooring.errors import Refused, Stale, StoreUnavailable, Throttled
from mooring.usecases import (
    connect,
    disconnect,
    gate,
    health,
    health_signals,
    import_store,
    rejection,
    store_details,
    store_settings,
)
from mooring.usecases.operations import issue, show
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Again, Done, Next, Run
from mooring.usecases.who import SYSTEM
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SHOPS, World


@pytest.fixture
def store(world: World) -> Store:
    return world.store(world.connect().store_id)


def check(world: World, store: Store) -> Store:
    health.check(world.app, world.admin, store.id)
    return world.store(store.id)


def fault(world: World, on: str, status: int, body: Any = None, *, times: int | None = None, **how: Any) -> None:
    world.sandbox.faults.add(Fault(kind="status", on=on, status=status, body=body, times=times, **how))  # type: ignore[arg-type]


def says(store: Store) -> Badge | None:
    return badge(store.state, error=store.error is not None)


# -- Reconnect required --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "lost"),
    [
        (401, {"error": "invalid_request", "error_description": "requires an active refresh_token"}, "credentials"),
        (400, {"error": "invalid_grant"}, "credentials"),
        (400, {"error": "app_not_installed"}, "uninstalled"),
    ],
)
def test_a_401_and_a_refresh_that_is_refused(
    world: World, store: Store, status: int, body: dict[str, str], lost: str
) -> None:
    fault(world, "graphql", 401, times=1)
    fault(world, "token", status, body)
    now = check(world, store)
    assert (now.state, now.lost, now.error) == (State.RECONNECT_REQUIRED, Lost(lost), None)
    assert now.generation == store.generation


def test_a_refresh_token_past_its_life(world: World, store: Store) -> None:
    world.advance(days=91)
    calls = world.calls()
    now = check(world, store)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.CREDENTIALS)
    assert now.reason == "The connection was unused for 90 days and has run out. Reconnect it."
    assert world.calls() == calls


def test_a_refused_token_of_the_apps_own_although_it_is_fresh(world: World) -> None:
    store = own(world)
    fault(world, "graphql", 401)
    now = check(world, store)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.CREDENTIALS)


def own(world: World, domain: str = HARBOUR) -> Store:
    """Connected by client credentials."""
    app = world.sandbox.apps.all()[0]
    world.sandbox.installations.install(SHOPS[domain], app.id, ["read_customers", "read_orders", "read_products"])
    done = connect.request_client_credentials(world.app, world.admin, world.project, domain)
    return world.store(done.store_id)


def test_an_uninstall_seen_by_a_check(world: World, store: Store) -> None:
    uninstall(world)
    now = check(world, store)
    assert now.state is State.RECONNECT_REQUIRED


def uninstall(world: World, domain: str = HARBOUR) -> None:
    world.sandbox.installations.uninstall(SHOPS[domain], world.sandbox.apps.all()[0].id)


def test_a_check_after_an_uninstall_keeps_its_cause(world: World, store: Store) -> None:
    """That the credentials are refused then says nothing new, in whatever words Shopify refuses them."""
    uninstall(world)
    health_signals.confirm_uninstalled(world.app, store.id, store.generation)
    fault(world, "graphql", 401)
    fault(world, "token", 400, {"error": "invalid_grant"})
    found = health.check(world.app, world.admin, store.id)
    assert (found.passed, found.sentence) == (False, "Mooring was uninstalled at Shopify.")
    assert (world.store(store.id).lost, world.store(store.id).reason) == (Lost.UNINSTALLED, found.sentence)
    readiness = store_details.show(world.app, world.admin, store.id).readiness
    assert (readiness[0].title, readiness[0].status, readiness[0].sentence) == (
        "OAuth connected", "fail", found.sentence,
    )  # fmt: skip


def test_a_base_scope_that_is_missing_is_named(world: World, store: Store) -> None:
    world.sandbox.installations.revoke(SHOPS[HARBOUR], world.sandbox.apps.all()[0].id, ["read_orders"])
    now = check(world, store)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.SCOPES)
    assert now.reason == "Permission missing: orders. What is permitted keeps coming in."
    assert now.gap_from is None, "what is permitted keeps coming in"


# -- an app that is refused ----------------------------------------------------------------------------------------

REFUSED = {"error": "invalid_client"}


def test_invalid_client_alone_is_an_error_of_the_app_and_moves_no_store(world: World, store: Store) -> None:
    world.advance(hours=2)
    fault(world, "token", 401, REFUSED)
    now = check(world, store)
    assert (now.state, says(now), now.error) == (State.CONNECTED, Badge.ERROR, rejection.SENTENCE)
    assert "client secret refused or app uninstalled" in rejection.SENTENCE
    assert "Check the client secret" in rejection.SENTENCE
    assert "reconnect" in rejection.SENTENCE
    assert now.app_rejected_at is not None


def test_invalid_client_for_every_store_moves_none(world: World, store: Store) -> None:
    other = world.store(world.connect(LIGHTHOUSE).store_id)
    world.advance(hours=2)
    fault(world, "token", 401, REFUSED)
    assert [check(world, one).state for one in (store, other)] == [State.CONNECTED, State.CONNECTED]
    assert says(world.store(other.id)) is Badge.ERROR


def test_invalid_client_while_another_store_refreshes_well_is_an_uninstall(world: World, store: Store) -> None:
    """Nobody has to wait for that refresh: it is tried."""
    world.connect(LIGHTHOUSE)
    world.advance(hours=2)
    fault(world, "token", 401, REFUSED, shop=HARBOUR)
    now = check(world, store)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.UNINSTALLED)
    assert now.reason is not None
    assert now.reason.startswith("Mooring was uninstalled at Shopify")


def test_a_refresh_of_another_store_after_the_rejection_tells_without_another_call(world: World, store: Store) -> None:
    other = world.store(world.connect(LIGHTHOUSE).store_id)
    world.advance(hours=2)
    fault(world, "token", 401, REFUSED, times=2)
    assert check(world, store).state is State.CONNECTED
    assert check(world, other).state is State.CONNECTED
    tries = refreshes(world, LIGHTHOUSE)
    fault(world, "token", 401, REFUSED, shop=HARBOUR)
    assert check(world, store).state is State.RECONNECT_REQUIRED
    assert refreshes(world, LIGHTHOUSE) == tries


def refreshes(world: World, domain: str) -> int:
    entries = world.sandbox.log.entries()
    return sum(one.kind == "token" and one.shop == domain for one in entries)


def test_a_secret_that_works_again_clears_it(world: World, store: Store) -> None:
    world.advance(hours=2)
    fault(world, "token", 401, REFUSED, times=1)
    assert says(check(world, store)) is Badge.ERROR
    now = check(world, store)
    assert (says(now), now.app_rejected_at) == (Badge.CONNECTED, None)
    with world.app.db.read() as connection:
        assert credentials.accepted_at(connection, store.app_id) is not None


# -- what is no reason to reconnect --------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", ["frozen", "unavailable", "locked"])
def test_a_closed_shop_is_an_error_that_keeps_the_token_and_is_asked_again_slowly(
    world: World, store: Store, closed: str
) -> None:
    before = version(world, store)
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], closed)
    now = check(world, store)
    assert (now.state, says(now), version(world, store)) == (State.CONNECTED, Badge.ERROR, before)
    assert now.error is not None
    assert "unavailable at Shopify" in now.error
    assert now.check_due_at is not None
    assert now.check_due_at - world.app.clock.now() > timedelta(minutes=55)
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], "active")
    world.advance(minutes=61)
    world.settle()
    assert says(world.store(store.id)) is Badge.CONNECTED


def version(world: World, store: Store) -> int:
    with world.app.db.read() as connection:
        held = credentials.load(connection, world.app.vault, store.id)
    assert held is not None
    return held.version


@pytest.mark.parametrize("status", [500, 502, 404])
def test_other_troubles_are_errors_too(world: World, store: Store, status: int) -> None:
    fault(world, "graphql", status, times=1)
    now = check(world, store)
    assert (now.state, says(now)) == (State.CONNECTED, Badge.ERROR)
    assert says(check(world, store)) is Badge.CONNECTED


def test_a_refreshed_token_that_is_refused_is_in_no_list(world: World, store: Store) -> None:
    fault(world, "graphql", 401, times=2)
    now = check(world, store)
    assert (now.state, says(now)) == (State.CONNECTED, Badge.ERROR)


@pytest.mark.parametrize("kind", ["throttled", "status"])
def test_being_asked_to_slow_down_says_nothing_about_the_store(world: World, store: Store, kind: str) -> None:
    world.sandbox.faults.add(Fault(kind=kind, on="graphql", status=429))  # type: ignore[arg-type]
    with pytest.raises(Throttled):
        health.check(world.app, world.admin, store.id)
    now = world.store(store.id)
    assert (now.state, now.error, now.health) == (State.CONNECTED, None, store.health)


def test_another_shop_behind_the_domain_is_an_error_in_words(world: World, store: Store) -> None:
    world.sandbox.faults.add(Fault(kind="wrong_shop", on="graphql", other_shop=LIGHTHOUSE))
    now = check(world, store)
    assert now.error == f"{HARBOUR} now belongs to another shop; delete this card first."


def test_an_import_meets_the_same_answers(world: World, store: Store) -> None:
    """Operations and health checks read Shopify's answers in one place."""
    operation = import_store.request(world.app, world.admin, store.id)
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], "frozen")
    world.run(operation.id)
    now = world.store(store.id)
    assert (now.state, now.error_by) == (State.CONNECTED, Work.IMPORT)
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], "active")
    world.advance(minutes=61)
    uninstall(world)
    world.run(operation.id)
    lost = world.store(store.id)
    assert lost.state is State.RECONNECT_REQUIRED
    assert show(world.app, SYSTEM, operation.id).state == "parked"


# -- who clears an error -------------------------------------------------------------------------------------------


def test_the_success_of_something_else_does_not_clear_an_error(world: World, store: Store) -> None:
    broken = iter([StoreUnavailable("Frozen.", retry_after=3600), None])

    def fails(_: Any, run: Run) -> Next:
        if error := next(broken):
            raise error
        return Done({})

    works: dict[Work, Callable[[Any, Run], Next]] = {Work.PULL: fails, Work.REDACT: lambda _, __: Done({})}
    runner = Runner(world.app, "w", works)
    pull, redact = (issued(world, store, work) for work in (Work.PULL, Work.REDACT))
    runner.advance(pull)
    runner.advance(redact)
    assert world.store(store.id).error == "Frozen."
    world.advance(hours=2)
    runner.advance(pull)
    assert world.store(store.id).error is None


def issued(world: World, store: Store, work: Work) -> str:
    with world.app.db.write() as connection:
        return issue(world.app, connection, SYSTEM, store, work, {}).id


def test_a_check_that_passes_clears_what_an_operation_met_and_an_operation_does_not_clear_a_failed_check(
    world: World, store: Store
) -> None:
    with world.app.db.write() as connection:
        stores_marks.mark_error(connection, store, "Met by a pull.", by=Work.PULL)
    assert check(world, store).error is None
    fault(world, "graphql", 502, times=1)
    assert check(world, store).error is not None
    Runner(world.app, "w", {Work.REDACT: lambda _, __: Done({})}).advance(issued(world, store, Work.REDACT))
    assert world.store(store.id).error is not None


def test_a_check_that_passes_after_an_error_tries_again_what_failed(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    world.run(operation.id)
    with world.app.db.write() as connection:
        records_kinds.change(connection, store.id, Kind.ORDERS, state="failed", error="Cut off.")
    check(world, store)
    assert world.operations(store.id)[Work.IMPORT].id == operation.id, "nothing was wrong, so nothing is tried again"
    fault(world, "graphql", 502, times=1)
    check(world, store)
    check(world, store)
    again = world.operations(store.id)[Work.IMPORT]
    assert (again.state, again.arguments) == ("pending", {"kinds": ["orders"]})


# -- app/uninstalled -----------------------------------------------------------------------------------------------


def test_an_uninstall_is_believed_when_shopify_says_so_itself(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    uninstall(world)
    assert health_signals.confirm_uninstalled(world.app, store.id, store.generation) == "uninstalled"
    now = world.store(store.id)
    assert (now.state, now.generation, now.lost) == (State.RECONNECT_REQUIRED, 2, Lost.UNINSTALLED)
    assert now.reason == "Mooring was uninstalled at Shopify."
    assert show(world.app, SYSTEM, operation.id).state == "parked"
    assert health_signals.confirm_uninstalled(world.app, store.id) == "uninstalled"
    assert world.store(store.id).generation == 2


def test_a_late_one_from_before_a_reinstall_is_ignored_and_logged(world: World, store: Store) -> None:
    uninstall(world)
    world.connect(store_id=store.id)
    now = world.store(store.id)
    assert health_signals.confirm_uninstalled(world.app, store.id, now.generation) == "alive"
    assert world.store(store.id) == now
    with world.app.db.read() as connection:
        assert audit.of_project(connection, world.project)[0]["event"] == "store.uninstall_ignored"


def test_an_expired_token_is_no_uninstall(world: World, store: Store) -> None:
    world.advance(hours=3)
    assert health_signals.confirm_uninstalled(world.app, store.id) == "alive"


def test_a_refused_app_after_such_a_message_is_one(world: World, store: Store) -> None:
    fault(world, "graphql", 401)
    fault(world, "token", 401, REFUSED)
    assert health_signals.confirm_uninstalled(world.app, store.id) == "uninstalled"


def test_while_disconnected_it_is_noted_without_a_call(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    before, calls = world.store(store.id), world.calls()
    assert health_signals.confirm_uninstalled(world.app, store.id) == "noted"
    now = world.store(store.id)
    assert (now.state, now.generation, now.state_since) == (before.state, before.generation, before.state_since)
    assert (now.lost, now.reason) == (Lost.UNINSTALLED, "Mooring was uninstalled at Shopify.")
    assert world.calls() == calls


def test_a_signal_about_an_older_generation_is_looked_at_again(world: World, store: Store) -> None:
    world.connect(store_id=store.id)
    with pytest.raises(Stale):
        health_signals.confirm_uninstalled(world.app, store.id, store.generation)


def test_an_uninstall_that_cannot_be_asked_after_waits(world: World, store: Store) -> None:
    shops.set_state(world.sandbox.state, SHOPS[HARBOUR], "frozen")
    with pytest.raises(StoreUnavailable):
        health_signals.confirm_uninstalled(world.app, store.id)
    assert world.store(store.id).state is State.CONNECTED


# -- app/scopes_update ---------------------------------------------------------------------------------------------


def test_scopes_are_read_again_when_shopify_says_they_changed(world: World, store: Store) -> None:
    app = world.sandbox.apps.all()[0]
    world.sandbox.installations.revoke(SHOPS[HARBOUR], app.id, ["read_orders"])
    health_signals.rescope(world.app, store.id, store.generation)
    assert world.store(store.id).lost is Lost.SCOPES
    world.sandbox.installations.install(SHOPS[HARBOUR], app.id, ["read_customers", "read_orders", "read_products"])
    health_signals.rescope(world.app, store.id)
    now = world.store(store.id)
    assert (now.state, now.lost, now.generation) == (State.CONNECTED, None, store.generation)


def test_a_toggle_whose_permission_is_missing_is_found_out_at_once(world: World) -> None:
    """Saving the sync settings brings the next check forward."""
    granted = ("read_customers", "read_products")
    store = world.store(world.connect(granted=granted).store_id)
    without, everything = Settings(orders=False), Settings()
    for chosen, state in ((without, State.CONNECTED), (everything, State.RECONNECT_REQUIRED)):
        store_settings.save(world.app, world.admin, store.id, chosen, store_settings.NEW_LIST)
        world.settle()
        assert world.store(store.id).state is state


def test_a_paused_store_is_not_asked_for_its_scopes(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    calls = world.calls()
    assert health_signals.rescope(world.app, store.id) is None
    assert world.calls() == calls


# -- ready again ---------------------------------------------------------------------------------------------------


def test_a_check_that_passes_with_the_stored_credentials_makes_a_lost_store_ready(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    with world.app.db.write() as connection:
        stores.move(connection, store, Event.AUTH_LOST, at=world.app.clock.now(), actor="test", reason="Gone.")
        operations_parked.park_all(connection, store.id, at=world.app.clock.now())
    now = check(world, store)
    assert (now.state, now.generation, now.lost) == (State.CONNECTED, store.generation, None)
    assert show(world.app, SYSTEM, operation.id).state == "pending"
    assert world.operations(store.id)[Work.CATCH_UP].arguments["gap_from"]


def test_regained_credentials_without_every_permission_let_what_is_permitted_go_on(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    with world.app.db.write() as connection:
        stores.move(connection, store, Event.AUTH_LOST, at=world.app.clock.now(), actor="test", reason="Gone.")
        operations_parked.park_all(connection, store.id, at=world.app.clock.now())
    world.sandbox.installations.revoke(SHOPS[HARBOUR], world.sandbox.apps.all()[0].id, ["read_orders"])
    now = check(world, store)
    assert (now.state, now.lost) == (State.RECONNECT_REQUIRED, Lost.SCOPES)
    assert show(world.app, SYSTEM, operation.id).state == "pending"


def test_a_renamed_domain_is_adopted(world: World, store: Store) -> None:
    shops.rename(world.sandbox.state, SHOPS[HARBOUR], "new-harbour")
    assert check(world, store).shop_domain == "new-harbour.myshopify.com"
    with world.app.db.read() as connection:
        assert HARBOUR in stores_domains.of_store(connection, store.id)


# -- on a schedule -------------------------------------------------------------------------------------------------


def test_every_six_hours_a_store_is_checked_which_keeps_its_token_alive(world: World, store: Store) -> None:
    world.settle()
    assert Work.HEALTH_CHECK not in world.operations(store.id)
    for _ in range(20):
        world.advance(days=5)
        world.settle()
    now = world.store(store.id)
    assert (now.state, now.health) == (State.CONNECTED, "passed"), "100 days, and the refresh token lives 90"
    assert now.check_due_at is not None
    assert timedelta(hours=5.3) < now.check_due_at - world.app.clock.now() < timedelta(hours=6.7)
    with world.app.db.read() as connection:
        assert "operation.health_check" not in {row["event"] for row in audit.of_project(connection, world.project)}


def test_a_store_that_stays_lost_is_said_once(world: World, store: Store) -> None:
    uninstall(world)
    for _ in range(4):
        world.advance(hours=7)
        world.settle()
    with world.app.db.read() as connection:
        events = [row["event"] for row in audit.of_project(connection, world.project)]
    assert events.count("store.auth_lost") == 1
    assert world.operations(store.id)[Work.HEALTH_CHECK].state == "done"


@pytest.mark.parametrize("paused", ["disconnected", "no claim"])
def test_a_store_that_may_not_call_is_not_checked(world: World, store: Store, paused: str) -> None:
    disconnect.request(world.app, world.admin, store.id)
    world.settle()
    if paused == "no claim":
        other = world.connect(project=world.other_project())
        disconnect.request(world.app, world.admin, other.store_id)
        world.settle()
    calls = world.calls()
    world.advance(hours=13)
    world.settle()
    assert world.calls() == calls
    with pytest.raises(Refused):
        health.check(world.app, world.admin, store.id)


def test_a_check_that_hangs_behind_another_is_not_issued_twice(world: World, store: Store) -> None:
    world.advance(hours=7)
    for _ in range(3):
        health.scheduled(world.app)
    with world.app.db.read() as connection:
        found = operations.of_project(connection, world.project, store_id=store.id)
    assert [one.kind for one in found] == [Work.HEALTH_CHECK]


def test_routine_work_is_forgotten_after_two_weeks_and_other_receipts_stay(world: World, store: Store) -> None:
    kept = issued(world, store, Work.RECOVER)
    Runner(world.app, "w", {Work.RECOVER: lambda _, __: Done({})}).advance(kept)
    world.advance(hours=7)
    world.settle()
    first = world.operations(store.id)[Work.HEALTH_CHECK]
    for _ in range(4):
        world.advance(days=4)
        world.settle()
    with world.app.db.read() as connection:
        ids = {one.id for one in operations.of_project(connection, world.project, limit=500)}
    assert first.id not in ids
    assert kept in ids


# -- what stands still ---------------------------------------------------------------------------------------------


def hanging(world: World, store: Store) -> tuple[str, Runner]:
    """An operation in the hands of a worker that saves nothing any more."""
    operation_id = issued(world, store, Work.PULL)
    runner = Runner(world.app, "hangs", {Work.PULL: lambda _, __: Again()})
    assert runner.advance(operation_id) == 0
    return operation_id, runner


def test_an_operation_that_stands_still_is_begun_afresh_and_at_last_ended(world: World, store: Store) -> None:
    operation_id, _ = hanging(world, store)
    ended: list[str] = []
    keeper = Runner(world.app, "k", {}, {Work.PULL: lambda _, __, sentence: ended.append(sentence)})
    for restart in range(1, 4):
        world.advance(minutes=16)
        assert keeper.free_stuck() == 1
        found = show(world.app, SYSTEM, operation_id)
        assert (found.state, found.restarts, found.worker) == ("running", restart, None)
        Runner(world.app, "hangs", {Work.PULL: lambda _, __: Again()}).advance(operation_id)
    world.advance(minutes=16)
    assert keeper.free_stuck() == 1
    found = show(world.app, SYSTEM, operation_id)
    assert (found.state, found.error) == ("failed", ended[0])
    assert ended[0].startswith("This stood still for 15 minutes, and after 3 fresh starts as well.")
    with world.app.db.read() as connection:
        events = [row["event"] for row in audit.of_project(connection, world.project)]
    assert (events.count("operation.restarted"), events.count("operation.given_up")) == (3, 1)


def test_who_stood_still_and_wakes_up_writes_nothing(world: World, store: Store) -> None:
    operation_id, runner = hanging(world, store)
    world.advance(minutes=16)
    assert world.built.runner.free_stuck() == 1
    assert runner.advance(operation_id) is None
    assert show(world.app, SYSTEM, operation_id).worker is None


def test_waiting_is_not_standing_still(world: World, store: Store) -> None:
    """In the queue, until its time comes, parked, or just slow: none of it is taken away from anybody."""
    queued = issued(world, store, Work.PULL)
    world.advance(hours=3)
    assert world.built.runner.free_stuck() == 0
    later = iter([StoreUnavailable("Frozen.", retry_after=3600)])

    def fails(_: Any, __: Run) -> Next:
        raise next(later)

    Runner(world.app, "w", {Work.PULL: fails}).advance(queued)
    world.advance(minutes=40)
    assert world.built.runner.free_stuck() == 0
    slow, runner = issued(world, store, Work.REDACT), Runner(world.app, "w", {Work.REDACT: saves})
    for _ in range(4):
        runner.advance(slow)
        world.advance(minutes=14)
        assert world.built.runner.free_stuck() == 0
    assert show(world.app, SYSTEM, slow).restarts == 0


def saves(_: Any, run: Run) -> Next:
    with run.checkpoint():
        pass
    return Again()


def test_the_gate_asks_again_after_a_token_was_renewed(world: World, store: Store) -> None:
    """Renewing takes its time; a disconnect meanwhile keeps the call from leaving, and the new pair is not lost."""
    world.advance(hours=2)
    before = version(world, store)
    ticket = gate.Ticket(store.id, store.generation, gate.Purpose.IMPORT)

    class Slow:
        """Shopify's port, in whose refresh somebody presses Disconnect."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.app.shopify, name)

        def refresh(self, *args: Any) -> Any:
            answer = world.app.shopify.refresh(*args)
            disconnect.request(world.app, world.admin, store.id)
            return answer

    with pytest.raises(Stale):
        gate.call(replace(world.app, shopify=Slow()), ticket, "query { shop { id } }", {})  # type: ignore[arg-type]
    assert version(world, store) == before + 1
