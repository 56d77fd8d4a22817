"""The card: its badge, its words, its menu with the reason of whatever cannot apply, and what it shows of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from mooring.db import operations as rows
from mooring.db import records_kinds, stores
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Badge, Event, Lost, State
from mooring.domain.rules import Settings, Work
from mooring.usecases import disconnect, health, import_store, operations, overview, store_details, store_readiness
from mooring.usecases.overview import Card
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import World


@pytest.fixture
def store(world: World) -> Store:
    return world.store(world.connect().store_id)


def card(world: World, store: Store) -> Card:
    return next(
        one for one in overview.show(world.app, world.admin, store.project_id).cards if one.store.id == store.id
    )


def move(world: World, store: Store, event: Event, **more: object) -> None:
    with world.app.db.write() as connection:
        facts = {"at": world.app.clock.now(), "actor": world.admin.id} | more
        stores.move(connection, stores.load(connection, store.id), event, **facts)  # type: ignore[arg-type]


def change(world: World, store: Store, **facts: object) -> None:
    with world.app.db.write() as connection:
        stores.change(connection, store.id, **facts)


def reasons(one: Card) -> dict[str, str | None]:
    return {item.action: item.why_not for item in one.menu}


# -- menu ----------------------------------------------------------------------------------------------------------


def test_six_items_in_their_order(world: World, store: Store) -> None:
    titles = [item.title for item in card(world, store).menu]
    assert titles == ["Sync settings", "View details", "Check health", "Reconnect", "Disconnect", "Delete"]


def test_everything_applies_to_a_connected_store_and_to_one_that_waits_for_a_reconnect(
    world: World, store: Store
) -> None:
    assert set(reasons(card(world, store)).values()) == {None}
    move(world, store, Event.AUTH_LOST, reason="Gone.")
    assert set(reasons(card(world, store)).values()) == {None}


def test_a_disconnected_store_says_why_it_cannot_be_checked_or_disconnected(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    assert {action: why for action, why in reasons(card(world, store)).items() if why} == {
        "check": "Not while disconnected: no call leaves for this store",
        "disconnect": "Already disconnected",
    }


def test_of_a_store_that_is_being_deleted_only_the_details_are_open(world: World, store: Store) -> None:
    move(world, store, Event.DELETE)
    found = reasons(card(world, store))
    assert [action for action, why in found.items() if why is None] == ["details"]
    assert found["delete"] == "Already being deleted"


def test_a_card_that_lost_its_claim_says_so_until_the_other_lets_go(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    other = world.connect(project=world.other_project()).store_id
    lost = card(world, store)
    assert lost.reason == "Another project speaks for this shop now. Everything imported is still here."
    assert lost.next_step == "Reconnecting is possible once it is disconnected or deleted there."
    assert lost.button is None
    reconnect = "Another project speaks for this shop now: disconnect or delete it there first"
    assert reasons(lost)["reconnect"] == reconnect
    disconnect.request(world.app, world.admin, other)
    again = card(world, store)
    assert (reasons(again)["reconnect"], again.button) == (None, "reconnect")


# -- badge and words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda w, s: None, Badge.CONNECTED),
        (lambda w, s: change(w, s, error="Frozen."), Badge.ERROR),
        (lambda w, s: fail(w, s, Kind.ORDERS), Badge.ERROR),
        (lambda w, s: move(w, s, Event.AUTH_LOST, reason="Gone."), Badge.RECONNECT_REQUIRED),
        (lambda w, s: move(w, s, Event.DISCONNECT), Badge.DISCONNECTED),
        (lambda w, s: move(w, s, Event.DELETE), Badge.DELETING),
        (lambda w, s: (move(w, s, Event.DELETE), change(w, s, delete_failed="No.")), Badge.DELETE_FAILED),
    ],
)
def test_the_badge_is_computed_from_what_is(
    world: World, store: Store, make: Callable[[World, Store], object], says: Badge
) -> None:
    make(world, store)
    assert card(world, store).badge is says


def fail(world: World, store: Store, kind: Kind) -> None:
    with world.app.db.write() as connection:
        records_kinds.change(connection, store.id, kind, state="failed", error="Cut off. More words.")


def test_what_is_wrong_since_when_and_what_to_do(world: World, store: Store) -> None:
    world.advance(hours=3)
    move(world, store, Event.AUTH_LOST, reason="Permission missing: orders.", lost=Lost.SCOPES)
    shown = card(world, store)
    assert (shown.reason, shown.button) == ("Permission missing: orders.", "reconnect")
    assert shown.next_step == "Reconnect and grant it. Everything imported is still here."
    assert shown.since == world.store(store.id).state_since > store.state_since


def test_the_stores_own_trouble_comes_before_what_it_led_to(world: World, store: Store) -> None:
    fail(world, store, Kind.ORDERS)
    assert card(world, store).reason == "Orders were not imported completely."
    change(world, store, error="Frozen.")
    assert card(world, store).reason == "Frozen."


def test_a_failed_delete_offers_to_go_on(world: World, store: Store) -> None:
    move(world, store, Event.DELETE)
    change(world, store, delete_failed="The disk is full.")
    shown = card(world, store)
    assert (shown.reason, shown.button) == ("The disk is full.", "retry")


def test_a_permission_that_only_outbound_toggles_lack_waits_and_changes_no_badge(world: World, store: Store) -> None:
    change(world, store, settings=msgspec.json.encode(Settings(email_subscription=True)).decode())
    shown = card(world, store)
    assert (shown.permissions_waiting, shown.badge) == (1, Badge.CONNECTED)
    item = readiness(world, store)["All scopes granted"]
    assert (item.status, item.button) == ("pending", "reconnect")
    assert item.sentence == "1 permission waiting, for changes made here: write_customers."


# -- while disconnected --------------------------------------------------------------------------------------------


def test_a_paused_card_tells_of_the_clean_up_and_until_when_shopify_can_be_cleaned(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    shown = card(world, store)
    assert shown.clean_up is not None
    assert shown.clean_up.sentence == "Webhooks at Shopify are being removed."
    assert shown.can_clean_until is not None
    assert (shown.can_clean_until - world.app.clock.now()).days == 89
    world.connect(store_id=store.id)
    again = card(world, store)
    assert (again.clean_up, again.outlook) == (None, None)


def test_the_kinds_of_a_parked_import_are_named(world: World, store: Store) -> None:
    operation = import_store.request(world.app, world.admin, store.id)
    world.built.runner.advance(operation.id)
    disconnect.request(world.app, world.admin, store.id)
    shown = card(world, store)
    assert (shown.paused, shown.progress) == (tuple(Kind), None)


# -- progress ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("work", "counts", "expected"),
    [
        (Work.DELETE, {"sentence": "Erasing", "done": 5, "total": 9, "rate": 3}, ("Erasing", 5, 9, 3)),
        (Work.DELETE, {}, ("Deleting", 0, None, None)),
        (
            Work.CATCH_UP,
            {"kinds": {"orders": {"read": 4, "listed": 7}, "customers": {"read": 1, "listed": 1}}},
            ("Bringing in what was missed", 5, 8, None),
        ),
        (Work.REDACT, {}, ("Erasing what a person has asked to have erased", 0, None, None)),
    ],
)
def test_progress_of_whatever_people_wait_for(
    world: World, store: Store, work: Work, counts: dict[str, object], expected: tuple[object, ...]
) -> None:
    with world.app.db.write() as connection:
        found = operations.issue(world.app, connection, world.admin, store, work, {})
        taken = rows.take(connection, found.id, worker="w", at=world.app.clock.now())
        assert taken is not None
        rows.save(connection, taken, at=world.app.clock.now(), counts=counts)
    shown = card(world, store).progress
    assert shown is not None
    assert (shown.sentence, shown.done, shown.total, shown.rate) == expected
    assert card(world, store).importing is None


def test_routine_work_is_not_shown(world: World, store: Store) -> None:
    with world.app.db.write() as connection:
        operations.issue(world.app, connection, world.admin, store, Work.PULL, {})
    assert card(world, store).progress is None


# -- readiness -----------------------------------------------------------------------------------------------------


def readiness(world: World, store: Store) -> dict[str, store_readiness.Check]:
    return {one.title: one for one in store_details.show(world.app, world.admin, store.id).readiness}


TITLES = ["OAuth connected", "Token valid", "All scopes granted", "API responding", "Initial sync complete"]


def test_five_items_and_the_first_run_is_pending_never_failed(world: World, store: Store) -> None:
    found = readiness(world, store)
    assert list(found) == TITLES
    assert [one.status for one in found.values()] == ["pass", "pass", "pass", "pass", "pending"]
    assert found["Initial sync complete"].button == "start"


def test_each_trouble_fails_its_item_and_offers_what_mends_it(world: World, store: Store) -> None:
    assert failing(world, store) == {}
    change(world, store, error="Frozen.")
    assert failing(world, store) == {"API responding": "check"}
    change(world, store, error=None, granted_scopes="read_customers read_products")
    assert failing(world, store) == {"All scopes granted": "reconnect"}
    change(world, store, granted_scopes="read_customers read_orders read_products")
    move(world, store, Event.AUTH_LOST, reason="Gone.")
    assert failing(world, store) == {"Token valid": "reconnect"}
    move(world, store, Event.UNINSTALLED, reason="Mooring was uninstalled at Shopify.", lost=Lost.UNINSTALLED)
    assert failing(world, store) == {"OAuth connected": "reconnect", "Token valid": "reconnect"}


def failing(world: World, store: Store) -> dict[str, str | None]:
    return {title: one.button for title, one in readiness(world, store).items() if one.status == "fail"}


def test_a_rejected_app_and_a_refresh_token_past_its_life_fail_the_token(world: World, store: Store) -> None:
    change(world, store, app_rejected_at=world.app.clock.now())
    assert "client secret refused or app uninstalled" in readiness(world, store)["Token valid"].sentence
    change(world, store, app_rejected_at=None)
    world.advance(days=91)
    assert readiness(world, store)["Token valid"].sentence == "The connection was unused for 90 days and has run out."


def test_a_paused_store_is_not_asked_whether_shopify_responds(world: World, store: Store) -> None:
    disconnect.request(world.app, world.admin, store.id)
    found = readiness(world, store)
    assert found["OAuth connected"].sentence == "Disconnected. Everything imported is still here."
    assert [found[title].status for title in TITLES] == ["fail", "pass", "pass", "pending", "pending"]


def test_without_a_public_address_readiness_says_that_pulls_do_the_work(world: World, store: Store) -> None:
    assert "pulls" not in readiness(world, store)["API responding"].sentence
    alone = replace(world.app, settings=world.app.settings.model_copy(update={"public_url": ""}))
    items = {one.title: one for one in store_details.show(alone, world.admin, store.id).readiness}
    assert "regular pulls do the work" in items["API responding"].sentence
    assert items["API responding"].status == "pass"


def test_a_failed_check_of_a_real_shop_shows_in_readiness(world: World, store: Store) -> None:
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=402))
    assert health.check(world.app, world.admin, store.id).sentence is not None
    assert failing(world, store) == {"API responding": "check"}
    assert world.store(store.id).state is State.CONNECTED
