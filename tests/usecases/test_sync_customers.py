"""Customers and their addresses on their way to Odoo, on real sandboxes on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, operations, records_kinds, stores, sync_items
from mooring.db.tables import customers, mappings, sync_intents
from mooring.db.tables import stores as rows
from mooring.db.tables import sync_items as item_rows
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.mapping import SyncKind, reference
from mooring.domain.rules import Work
from mooring.domain.tabs import Tab
from mooring.errors import InvalidInput, NotFound, Refused
from mooring.usecases import items, sync_odoo_decide, sync_odoo_request, sync_odoo_scheduled, sync_odoo_unlink
from mooring.usecases.items import Asked
from mooring.usecases.operations_drive import drive
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import customer
from tests.usecases.importing import PROJECT
from tests.usecases.moving import later
from tests.usecases.odoo_world import CONNECTOR, OdooWorld, odoo_world
from tests.usecases.syncing import preview, sync

LATER, EVEN_LATER = "2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z"
CUSTOMERS = SyncKind.CUSTOMERS


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def done(world: OdooWorld, **how: Any) -> dict[str, int]:
    operation = sync(world, CUSTOMERS, **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return {word: count for word, count in operation.receipt["customers"].items() if count}


def settle(world: OdooWorld) -> None:
    """The sync that carries a decision out."""
    with world.app.db.read() as connection:
        newest = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    assert newest is not None
    drive(world.app, newest.id, WORKS, ENDINGS)


def contacts(world: OdooWorld, *fields: str) -> list[dict[str, Any]]:
    """All but Odoo's own."""
    own = ["OdooBot", "Administrator", "My Company", "clerk@example.com"]
    return world.odoo.rows("res.partner", [["name", "not in", own]], "name", *fields)


def item(world: OdooWorld, customer_id: int) -> sync_items.Item | None:
    with world.app.db.read() as connection:
        return sync_items.one(connection, world.store_id, CUSTOMERS, customer_id)


def quiet(world: OdooWorld) -> None:
    """One more sync writes nothing."""
    world.odoo.forget()
    done_ = sync(world, CUSTOMERS)
    assert done_.receipt is not None and done_.receipt["calls"]["writes"] == 0
    assert world.odoo.writing_calls() == {}
    assert world.count(sync_intents) == 0


# -- creating ------------------------------------------------------------------------------------------------------


def test_a_whole_shop_reaches_odoo_once(database_url: str, data_dir: Path) -> None:
    sizes = {"customers": 40, "orders": 0, "products": 12}
    with odoo_world(database_url, data_dir, sizes=sizes) as world:
        world.run_import()
        first = sync(world, CUSTOMERS, SyncKind.PRODUCTS)
        assert first.state == "done" and first.receipt is not None, first.error
        told = first.receipt
        assert told["customers"]["created"] + told["customers"]["linked"] == 40, told
        assert sum(told["products"][word] for word in ("created", "linked", "ambiguous", "failed")) == 12, told
        assert len(world.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "ref")) == 40
        world.odoo.forget()
        second = sync(world, CUSTOMERS, SyncKind.PRODUCTS)
        assert second.receipt is not None and second.receipt["customers"]["unchanged"] == 40
        if not told["products"]["failed"]:
            assert world.odoo.writing_calls() == {}


def test_what_odoo_is_told_of_a_customer(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="Ann@Example.com", phone="+15550100", streets=("1 Quay", "2 Quay"))
    customer(world.app, world.store_id, 6, first_name=None, last_name=None, email="bob@example.com")
    customer(world.app, world.store_id, 7, first_name=None, last_name=None)
    assert done(world) == {"created": 3}
    fields = ("email", "phone", "street", "city", "zip", "country_code", "state_id", "ref", "is_company", "type")
    ann, below, bob, nobody = sorted(contacts(world, *fields, "parent_id"), key=lambda row: row["id"])
    assert (ann["name"], ann["email"], ann["phone"]) == ("Ann Lee", "Ann@Example.com", "+15550100")
    assert (ann["street"], ann["zip"], ann["country_code"]) == ("1 Quay", "92101", "US")
    assert ann["state_id"][1] == "California (US)" and ann["ref"] == reference(world.store.shop_id, 5)
    assert (below["street"], below["type"], below["parent_id"][0]) == ("2 Quay", "other", ann["id"])
    assert [bob["name"], nobody["name"]] == ["bob@example.com", "Shopify customer 7"]
    quiet(world)


def test_what_was_sent_to_be_created_and_not_answered_is_counted_as_created(world: OdooWorld) -> None:
    for number in (5, 6):
        customer(world.app, world.store_id, number, email=f"{number}@example.com")
    world.odoo.fault("lost_answer", operation="res.partner.load")
    assert done(world) == {"created": 2}
    assert len(contacts(world)) == 2
    assert {origin for (origin,) in world.rows(mappings, "origin")} == {"created"}
    quiet(world)


def test_a_change_writes_what_changed_and_an_address_that_came_later(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay",))
    done(world)
    streets = ("1 Quay", "9 Hill")
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", last_name="Low", streets=streets)
    assert done(world) == {"updated": 1}
    assert [(row["name"], row["street"]) for row in contacts(world, "street")] == [
        ("Ann Low", "1 Quay"), ("Ann", "9 Hill")]  # fmt: skip
    quiet(world)


def test_a_change_that_odoo_is_not_told_writes_nothing(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    done(world)
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", number_of_orders="3")
    world.odoo.forget()
    assert done(world) == {"unchanged": 1}
    assert world.odoo.writing_calls() == {}


def test_a_customer_deleted_in_shopify_is_excluded(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    done(world)
    with world.app.db.write() as connection:
        gone = update(customers).where(customers.c.store_id == world.store_id)
        connection.execute(gone.values(deleted_at=world.app.clock.now()))
    assert done(world) == {"excluded": 1}
    assert len(contacts(world)) == 1


def test_a_user_without_the_right_for_addresses_brings_the_customers_all_the_same(
    database_url: str, data_dir: Path
) -> None:
    sizes = {"customers": 0, "orders": 0, "products": 0}
    with odoo_world(database_url, data_dir, sizes=sizes, connected=False) as world:
        few = [group for group in CONNECTOR if not group.startswith("account.")]
        key = world.odoo.user("clerk@example.com", *few)
        world.connect_odoo(login="clerk@example.com", key=key)
        customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay", "2 Quay"))
        assert done(world) == {"created": 1}
        assert len(contacts(world)) == 1
        quiet(world)


# -- matching ------------------------------------------------------------------------------------------------------


def test_one_contact_with_the_address_is_linked_and_filled_but_not_overwritten(world: OdooWorld) -> None:
    [there] = world.odoo.does("res.partner", "create", vals_list=[{"name": "Annie", "email": "ANN@example.com"}])
    customer(world.app, world.store_id, 5, email="ann@example.com", phone="+15550100")
    assert done(world) == {"linked": 1, "differs": 1}
    [ann] = contacts(world, "phone", "ref", "email")
    assert (ann["id"], ann["name"], ann["phone"]) == (there, "Annie", "+15550100")
    assert ann["ref"] == reference(world.store.shop_id, 5) and ann["email"] == "ANN@example.com"
    assert list(world.odoo.external_ids("s").values()) == [("res.partner", there)]
    waiting = item(world, 5)
    assert waiting is not None and waiting.cause == "differs" and "Annie" not in str(waiting.sentence)
    quiet(world)


def test_several_contacts_ask_and_a_person_decides(world: OdooWorld) -> None:
    twins = [{"name": name, "email": "ann@example.com"} for name in ("One", "Two")]
    first, second = world.odoo.does("res.partner", "create", vals_list=twins)
    customer(world.app, world.store_id, 5, email="ann@example.com")
    assert done(world) == {"ambiguous": 1}
    assert len(contacts(world)) == 2 and world.count(mappings) == 0
    shown = items.show(world.app, SYSTEM, world.store_id, CUSTOMERS, 5)
    assert {one.id for one in shown.questions[0].candidates} == {first, second}
    quiet(world)
    with pytest.raises(InvalidInput):
        sync_odoo_decide.link(world.app, SYSTEM, world.store_id, CUSTOMERS, 5, 999_999)
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, CUSTOMERS, 5, second)
    settle(world)
    assert world.rows(mappings, "odoo_id", "origin") == [(second, "linked")]


def test_a_person_may_have_a_new_one_created(world: OdooWorld) -> None:
    twins = [{"name": name, "email": "ann@example.com"} for name in ("One", "Two")]
    world.odoo.does("res.partner", "create", vals_list=twins)
    customer(world.app, world.store_id, 5, email="ann@example.com")
    done(world)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.CREATE)
    settle(world)
    assert len(contacts(world)) == 3 and item(world, 5) is None
    with pytest.raises(NotFound):
        sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.CREATE)


def test_differences_are_taken_or_kept_and_not_asked_again(world: OdooWorld) -> None:
    world.odoo.does("res.partner", "create", vals_list=[
        {"name": "Annie", "email": "ann@example.com"}, {"name": "Bobby", "email": "bob@example.com"}])  # fmt: skip
    customer(world.app, world.store_id, 5, email="ann@example.com")
    customer(world.app, world.store_id, 6, email="bob@example.com", first_name="Bob")
    assert done(world) == {"linked": 2, "differs": 2}
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.KEEP)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [6], Choice.TAKE)
    settle(world)
    assert {row["name"] for row in contacts(world)} == {"Annie", "Bob Lee"}
    assert item(world, 5) is None and item(world, 6) is None
    assert done(world, ids={CUSTOMERS: [5, 6]}) == {"unchanged": 2}
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", first_name="Anna")
    assert done(world)["differs"] == 1


def test_what_somebody_changed_in_odoo_stays_unless_shopify_is_master(world: OdooWorld) -> None:
    world.odoo.does("res.partner", "create", vals_list=[{"name": "Ann Lee", "email": "ann@example.com"}])
    customer(world.app, world.store_id, 5, email="ann@example.com", phone="+15550100")
    done(world)
    [ann] = contacts(world)
    world.odoo.does("res.partner", "write", ids=[ann["id"]], vals={"phone": "+4477"})
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", phone="+15550199")
    assert done(world)["differs"] == 1
    assert contacts(world, "phone")[0]["phone"] == "+4477"
    sync_odoo_request.set_master(world.app, SYSTEM, world.store_id, CUSTOMERS, True)
    assert done(world) == {"updated": 1}
    assert contacts(world, "phone")[0]["phone"] == "+15550199" and item(world, 5) is None


def test_the_same_address_in_two_stores_is_one_contact(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay",))
    done(world)
    other = f"{world.store_id}-other"
    with world.app.db.write() as connection:
        row = dict(connection.execute(select(rows).where(rows.c.id == world.store_id)).mappings().one())
        row |= {"id": other, "shop_id": 4242, "shop_domain": "o.myshopify.com"}
        connection.execute(insert(rows).values(**row))
    customer(world.app, other, 99, email="ANN@example.com", streets=("1 Quay",))
    operation = sync_odoo_request.request(world.app, SYSTEM, other, [CUSTOMERS])
    told = drive(world.app, operation.id, WORKS, ENDINGS)
    assert told.receipt is not None and told.receipt["customers"]["linked"] == 1
    assert len(contacts(world)) == 1
    assert {name.partition(".")[0] for name in world.odoo.external_ids("s")} == {"s4242", f"s{world.store.shop_id}"}


def test_a_contact_deleted_in_odoo_is_not_made_again_unasked(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    customer(world.app, world.store_id, 6, email="bob@example.com")
    done(world)
    [ann] = [row for row in contacts(world, "email") if row["email"] == "ann@example.com"]
    world.odoo.does("res.partner", "unlink", ids=[ann["id"]])
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", last_name="Low")
    assert done(world) == {"ambiguous": 1, "unchanged": 1}
    waiting = item(world, 5)
    assert waiting is not None and waiting.cause == "missing"
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.CREATE)
    settle(world)
    assert sorted(row["name"] for row in contacts(world)) == ["Ann Lee", "Ann Low"]
    quiet(world)


def test_unlinked_stays_unlinked_and_a_sync_asks_before_it_links_the_same_again(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay", "2 Quay"))
    done(world)
    [ann] = [row for row in contacts(world, "email") if row["email"]]
    assert unlink(world) == 2
    assert world.odoo.external_ids("s") == {} and world.count(mappings) == 0
    assert done(world) == {"ambiguous": 1}
    for _ in range(2):
        assert done(world, ids={CUSTOMERS: [5]}) == {"ambiguous": 1}
        waiting = item(world, 5)
        assert waiting is not None and waiting.cause == "unlinked" and waiting.detail is not None
        [candidate] = waiting.detail["records"]["customer.5"]["candidates"]
        assert candidate["id"] == ann["id"] and world.count(mappings) == 0
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, CUSTOMERS, 5, ann["id"])
    settle(world)
    assert len(contacts(world)) == 2 and world.count(mappings) == 2 and item(world, 5) is None
    quiet(world)


def unlink(world: OdooWorld, number: int = 5) -> int:
    return sync_odoo_unlink.unlink(world.app, SYSTEM, world.store_id, CUSTOMERS, number)


def strangers(world: OdooWorld, *people: dict[str, Any]) -> list[int]:
    return world.odoo.does("res.partner", "create", vals_list=list(people))


def test_a_wrong_link_is_undone_and_the_right_one_made(world: OdooWorld) -> None:
    """No second contact is left that says it is this customer."""
    wrong, right = strangers(world, {"name": "Ann Lee", "email": "ann@example.com"}, {"name": "Ann Lea"})
    customer(world.app, world.store_id, 5, email="ann@example.com")
    assert done(world)["linked"] == 1
    unlink(world)
    held = {row["id"]: row for row in contacts(world, "ref", "email")}
    assert (held[wrong]["ref"], held[wrong]["email"]) == (False, "ann@example.com")
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, CUSTOMERS, 5, right)
    settle(world)
    refs = {row["id"]: row["ref"] for row in contacts(world, "ref")}
    assert refs == {wrong: False, right: reference(world.store.shop_id, 5)}


def test_a_reference_that_is_not_ours_alone_is_left_where_it_is(world: OdooWorld) -> None:
    linked, changed = strangers(
        world, {"name": "Ann", "email": "ann@example.com", "ref": "A-1"}, {"name": "Bob", "email": "bob@example.com"}
    )
    for number, email in ((5, "ann@example.com"), (6, "bob@example.com"), (7, "cy@example.com")):
        customer(world.app, world.store_id, number, email=email)
    done(world)
    world.odoo.does("res.partner", "write", ids=[changed], vals={"ref": "B-1"})
    [made] = [row["id"] for row in contacts(world, "email") if row["email"] == "cy@example.com"]
    for number in (5, 6, 7):
        unlink(world, number)
    refs = {row["id"]: row["ref"] for row in contacts(world, "ref")}
    assert refs == {linked: "A-1", changed: "B-1", made: reference(world.store.shop_id, 7)}


def test_an_unlinked_customer_is_created_anew_where_a_person_says_so(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay", "2 Quay"))
    done(world)
    unlink(world)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.CREATE)
    settle(world)
    assert len(contacts(world)) == 4 and world.count(mappings) == 2 and item(world, 5) is None
    quiet(world)


def test_an_unlinked_customer_that_matches_another_contact_is_linked_to_that_one(world: OdooWorld) -> None:
    [was] = strangers(world, {"name": "Ann Lee", "email": "ann@example.com"})
    customer(world.app, world.store_id, 5, email="ann@example.com")
    done(world)
    unlink(world)
    world.odoo.does("res.partner", "write", ids=[was], vals={"email": "other@example.com"})
    strangers(world, {"name": "Ann Lee", "email": "ann@example.com"})
    assert done(world, ids={CUSTOMERS: [5]})["linked"] == 1
    assert item(world, 5) is None


def test_external_ids_that_an_unlink_left_standing_do_not_link_either(world: OdooWorld) -> None:
    """Every answer to it is lost, and Odoo did nothing; a person has a new contact created all the same."""
    customer(world.app, world.store_id, 5, email="ann@example.com", streets=("1 Quay", "2 Quay"))
    done(world)
    world.odoo.fault("gone", operation="ir.model.data.unlink", times=2)
    unlink(world)
    before = world.odoo.external_ids("s")
    assert len(before) == 2
    assert done(world, ids={CUSTOMERS: [5]}) == {"ambiguous": 1}
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, CUSTOMERS, [5], Choice.CREATE)
    settle(world)
    after = world.odoo.external_ids("s")
    assert after.keys() == before.keys() and not set(after.values()) & set(before.values())
    quiet(world)


def test_an_archived_contact_is_updated_and_stays_archived(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    done(world)
    [ann] = contacts(world)
    world.odoo.does("res.partner", "action_archive", ids=[ann["id"]])
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", last_name="Low", streets=("1 Q", "2 Q"))
    assert done(world) == {"updated": 1}
    held = {row["name"]: row["active"] for row in contacts(world, "active")}
    assert held["Ann Low"] is False and len(held) == 2
    quiet(world)


# -- previews, states, the clock -----------------------------------------------------------------------------------


def test_a_preview_writes_nothing_and_says_what_would_be(world: OdooWorld) -> None:
    world.odoo.does("res.partner", "create", vals_list=[{"name": "Bob Lee", "email": "bob@example.com"}])
    for number, email in ((5, "ann@example.com"), (6, "bob@example.com"), (7, None)):
        customer(world.app, world.store_id, number, email=email)
    world.odoo.forget()
    shown = preview(world, CUSTOMERS)
    assert shown.receipt is not None and world.odoo.writing_calls() == {}
    assert shown.receipt["customers"] == {
        "create": 2, "link": 1, "update": 0, "unchanged": 0, "excluded": 0, "ambiguous": 0, "differs": 1}  # fmt: skip
    with pytest.raises(Refused):
        sync_odoo_request.set_auto(world.app, SYSTEM, world.store_id, CUSTOMERS, True)
    accepted = sync_odoo_request.accept(world.app, SYSTEM, world.store_id, shown.id)
    drive(world.app, accepted.id, WORKS, ENDINGS)
    assert len(contacts(world)) == 3
    with world.app.db.read() as connection:
        assert odoo_kinds.load(connection, world.store_id, CUSTOMERS).auto
    with pytest.raises(Refused):
        sync_odoo_request.accept(world.app, SYSTEM, world.store_id, shown.id)


def test_automatic_sync_follows_what_comes_in_and_rests_while_held(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    now = world.app.clock.now
    with world.app.db.write() as connection:
        facts = {"auto": True, "accepted_at": now(), "accepted_by": "system"}
        odoo_kinds.change(connection, world.store_id, CUSTOMERS, **facts, held_since=now(), held_reason="cleared")
        records_kinds.change(connection, world.store_id, Kind.CUSTOMERS, state="synced", last_pull_at=now())
    sync_odoo_scheduled.scheduled(world.app)
    assert newest(world) is None
    with world.app.db.write() as connection:
        odoo_kinds.change(connection, world.store_id, CUSTOMERS, held_since=None, held_reason=None)
    sync_odoo_scheduled.scheduled(world.app)
    settle(world)
    assert len(contacts(world)) == 1
    first = newest(world)
    later(world.app, timedelta(minutes=5))
    sync_odoo_scheduled.scheduled(world.app)
    assert newest(world) == first
    with world.app.db.write() as connection:
        records_kinds.change(connection, world.store_id, Kind.CUSTOMERS, last_webhook_at=now())
    sync_odoo_scheduled.scheduled(world.app)
    assert newest(world) != first


def newest(world: OdooWorld) -> str | None:
    with world.app.db.read() as connection:
        found = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    return found.id if found else None


def test_a_disconnected_store_is_not_synced(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, email="ann@example.com")
    with world.app.db.write() as connection:
        store = stores.load(connection, world.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=world.app.clock.now(), actor="test")
    with pytest.raises(Refused, match="disconnected"):
        sync(world, CUSTOMERS)
    listed = items.page(world.app, SYSTEM, PROJECT, CUSTOMERS, Asked())
    assert "disconnected" in (listed.against[world.store_id] or "")


# -- items ---------------------------------------------------------------------------------------------------------


def test_items_stand_in_one_tab_each(world: OdooWorld) -> None:
    twins = [{"name": name, "email": "two@example.com"} for name in ("One", "Two")]
    world.odoo.does("res.partner", "create", vals_list=twins)
    for number, email in ((5, "ann@example.com"), (6, "two@example.com")):
        customer(world.app, world.store_id, number, email=email)
    done(world)
    customer(world.app, world.store_id, 7, email="new@example.com", first_name="Newcomer")
    page = items.page(world.app, SYSTEM, PROJECT, CUSTOMERS, Asked())
    assert page.counts == {
        Tab.ALL: 3, Tab.SYNCED: 1, Tab.NOT_SYNCED: 1, Tab.IN_PROGRESS: 0, Tab.FAILED: 0, Tab.REVIEW: 1}  # fmt: skip
    assert [(one.shopify_id, one.state) for one in page.items] == [
        (7, Tab.NOT_SYNCED), (6, Tab.REVIEW), (5, Tab.SYNCED)]  # fmt: skip
    ann = page.items[-1]
    assert ann.link == f"{world.odoo.url}/odoo/res.partner/{ann.odoo_id}"
    for tab, expected in ((Tab.SYNCED, [5]), (Tab.REVIEW, [6]), (Tab.NOT_SYNCED, [7]), (Tab.FAILED, [])):
        found = items.page(world.app, SYSTEM, PROJECT, CUSTOMERS, Asked(tab))
        assert [one.shopify_id for one in found.items] == expected
    found = items.page(world.app, SYSTEM, PROJECT, CUSTOMERS, Asked(text="newcomer"))
    assert [one.shopify_id for one in found.items] == [7]
    sync_odoo_request.request(world.app, SYSTEM, world.store_id, ids={CUSTOMERS: [7]})
    waiting = items.page(world.app, SYSTEM, PROJECT, CUSTOMERS, Asked(Tab.IN_PROGRESS))
    assert [one.shopify_id for one in waiting.items] == [7]
    settle(world)
    assert world.rows(item_rows, "shopify_id", "state") == [(6, "review")]
