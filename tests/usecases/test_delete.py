"""Delete a store: everything of it goes, nothing else does, and the receipt says so."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from mooring.db import erase as erasing
from mooring.db import odoo_kinds, operations, stores, stores_domains, suppressions, tables
from mooring.db.stores import Store
from mooring.db.tables import metadata
from mooring.domain.consent import Channel
from mooring.domain.lifecycle import State
from mooring.domain.rules import Role, Work
from mooring.errors import ConfirmationMissing, Conflict, InvalidInput, MooringError, NotAllowed, NotFound, Refused
from mooring.usecases import connect, delete, delete_preview, disconnect, import_store
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.deleting import (
    ENDINGS,
    WORKS,
    Leaping,
    ask,
    erase,
    everything,
    finish,
    named_rows,
    outcomes,
)
from tests.usecases.planting import plant
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SESSION, SHOPS, World

ROWS = 3
KEPT = {"operations", "audit", "notices", "privacy_requests", "suppressions"}


@pytest.fixture
def store(world: World) -> Store:
    object.__setattr__(world.app, "clock", Leaping(world.sandbox.clock.advance))
    store = world.store(world.connect().store_id)
    plant(world.app, store.id, rows=ROWS)
    return store


# -- what goes and what stays --------------------------------------------------------------------------------------


def test_every_table_that_names_a_store_is_spoken_for() -> None:
    """A new table has to be named in db/erase.py, on one side or the other."""
    naming = {name for name, table in metadata.tables.items() if "store_id" in table.c}
    sides = (
        {part.name for part in erasing.PARTS} - {"import_chunks", "clear_rows"},
        {table.name for table in erasing.LAST},
        set(erasing.SCRUBBED) - {"stores"},
        set(erasing.KEPT),
    )
    assert set().union(*sides) == naming
    assert sum(map(len, sides)) == len(naming), "a table stands on two sides"


def test_everything_of_the_store_goes(world: World, store: Store) -> None:
    found = erase(world.app, world.admin, store.id)
    assert (found.state, found.error) == ("done", None)
    assert named_rows(world.app, store.id).keys() <= KEPT
    gone = world.store(store.id)
    assert (gone.state, gone.claim, gone.shop, gone.granted_scopes) == (State.DELETED, False, {}, frozenset())
    assert (gone.id, gone.project_id, gone.shop_id) == (store.id, store.project_id, store.shop_id)
    assert (gone.shop_domain, gone.name, gone.created_at) == (store.shop_domain, store.name, store.created_at)
    assert gone.deleted_at is not None
    with pytest.raises(NotFound):
        delete_preview.preview(world.app, world.admin, store.id)


def test_the_receipt_holds_what_was_previewed_and_what_was_done(world: World, store: Store) -> None:
    shown = delete_preview.preview(world.app, world.admin, store.id)
    previewed = {line.name: line.count for line in shown.removed}
    assert (previewed["customers"], previewed["orders"], previewed["deliveries"]) == (ROWS, ROWS, ROWS)
    found = erase(world.app, world.admin, store.id)
    assert found.receipt is not None
    assert found.receipt["removed"] == found.receipt["previewed"]
    assert found.receipt["removed"]["customers"] == ROWS
    assert found.receipt["rows"] == sum(found.receipt["removed"].values())
    assert found.receipt["by_hand"] == []
    assert set(outcomes(found).values()) == {"done"}
    assert "planted" not in repr(found)


def test_the_list_is_free_and_empty(world: World, store: Store) -> None:
    erase(world.app, world.admin, store.id)
    with world.app.db.read() as connection:
        kept = connection.execute(select(tables.lists.c.store_id)).scalars().all()
        members = connection.execute(select(tables.list_members)).all()
    assert (list(kept), members) == ([None], [])


def test_other_operations_keep_their_receipts_and_nothing_else(world: World, store: Store) -> None:
    erase(world.app, world.admin, store.id)
    with world.app.db.read() as connection:
        found = operations.newest(connection, store.id, Work.RECOVER)
    assert found is not None
    assert (found.arguments, found.cursor, found.counts, found.error) == ({}, {}, {}, None)
    assert found.receipt == {"kind": "customers", "outcome": "updated"}


def test_open_requests_for_erasure_are_met_and_hold(world: World, store: Store) -> None:
    erase(world.app, world.admin, store.id)
    row = tables.privacy_requests.c
    with world.app.db.read() as connection:
        met = connection.execute(select(tables.privacy_requests).where(row.store_id == store.id)).mappings().all()
        held = suppressions.count(connection, store.project_id)
    assert len(met) == ROWS
    for request in met:
        assert (request["state"], request["customer_id"], request["email_hash"], request["order_ids"]) == (
            "done", None, None, "[]",
        )  # fmt: skip
    assert held == 2 * ROWS


def test_a_request_for_privacy_that_waits_in_the_inbox_is_not_taken_away(world: World, store: Store) -> None:
    with world.app.db.write() as connection:
        for number, kind in enumerate(("privacy", "customers")):
            connection.execute(
                insert(tables.deliveries).values(
                    app_id=store.app_id, shop_domain=HARBOUR, webhook_id=f"waiting-{number}", topic="x",
                    received_at=world.app.clock.now(), kind=kind,
                )
            )  # fmt: skip
    erase(world.app, world.admin, store.id)
    with world.app.db.read() as connection:
        left = connection.execute(select(tables.deliveries.c.kind)).scalars().all()
    assert list(left) == ["privacy"]


def test_another_store_with_the_same_people_keeps_every_byte(world: World, store: Store) -> None:
    other = world.connect(LIGHTHOUSE).store_id
    plant(world.app, other, rows=ROWS)
    with world.app.db.write() as connection:
        mine = tables.customers.update().where(tables.customers.c.store_id == other)
        shared = select(tables.customers.c.email_key).where(tables.customers.c.store_id == store.id).limit(1)
        connection.execute(mine.values(email_key=shared.scalar_subquery()))
    kept = {line.name: line.count for line in delete_preview.preview(world.app, world.admin, store.id).kept}
    assert kept["people_elsewhere"] == 1
    before = everything(world.app, other)
    erase(world.app, world.admin, store.id)
    assert everything(world.app, other) == before


# -- both confirmations --------------------------------------------------------------------------------------------


def test_the_typed_domain_has_to_be_the_shop_s(world: World, store: Store) -> None:
    shown = delete_preview.preview(world.app, world.admin, store.id)
    for typed in ("", "lighthouse", "harbor.myshopify.com", "harbour.myshopify.com.evil.example"):
        with pytest.raises(InvalidInput, match=HARBOUR) as refused:
            delete.request(world.app, world.admin, store.id, token=shown.token, typed_domain=typed)
        assert refused.value.field == "shop_domain"
    assert world.store(store.id).state is State.CONNECTED


@pytest.mark.parametrize("typed", ["Harbour.MyShopify.com", "harbour", " harbour.myshopify.com ", "old-harbour"])
def test_case_and_an_older_domain_do_not_matter(world: World, store: Store, typed: str) -> None:
    with world.app.db.write() as connection:
        stores_domains.add(connection, store.id, "old-harbour.myshopify.com", at=world.app.clock.now())
        stores_domains.add(connection, store.id, HARBOUR, at=world.app.clock.now())
    assert ask(world.app, world.admin, store.id, domain=typed).kind is Work.DELETE


def refused(world: World, store: Store, token: str, who: Who | None = None) -> ConfirmationMissing:
    with pytest.raises(ConfirmationMissing) as missing:
        delete.request(world.app, who or world.admin, store.id, token=token, typed_domain=HARBOUR)
    assert world.store(store.id).state is not State.DELETING
    return missing.value


def test_without_a_token_it_answers_with_one_that_works(world: World, store: Store) -> None:
    missing = refused(world, store, "")
    assert [line["name"] for line in missing.preview["removed"]][:2] == ["customers", "orders"]
    delete.request(world.app, world.admin, store.id, token=missing.token, typed_domain=HARBOUR)
    assert world.store(store.id).state is State.DELETING


def test_a_token_is_good_for_one_person_one_store_and_a_quarter_of_an_hour(world: World, store: Store) -> None:
    token = delete_preview.preview(world.app, world.admin, store.id).token
    refused(world, store, token, SYSTEM)
    refused(world, store, token[:-1] + ("0" if token[-1] != "0" else "1"))
    refused(world, store, token.partition(".")[0])
    other = world.connect(LIGHTHOUSE).store_id
    with pytest.raises(ConfirmationMissing):
        delete.request(world.app, world.admin, other, token=token, typed_domain=LIGHTHOUSE)
    world.advance(minutes=14)
    delete_preview.confirmed(world.app, world.admin, store.id, token)
    world.advance(minutes=2)
    assert "15 minutes" in refused(world, store, token).sentence


def test_a_change_of_state_asks_again(world: World, store: Store) -> None:
    token = delete_preview.preview(world.app, world.admin, store.id).token
    disconnect.request(world.app, world.admin, store.id)
    assert "changed" in refused(world, store, token).sentence


@pytest.mark.parametrize(("more", "asks_again"), [(10, False), (11, True)])
def test_a_count_may_move_by_ten(world: World, store: Store, more: int, asks_again: bool) -> None:
    token = delete_preview.preview(world.app, world.admin, store.id).token
    plant_customers(world, store, more)
    if asks_again:
        missing = refused(world, store, token)
        assert "customers" in missing.sentence
        token = missing.token
    delete.request(world.app, world.admin, store.id, token=token, typed_domain=HARBOUR)


def plant_customers(world: World, store: Store, count: int) -> None:
    now = world.app.clock.now()
    with world.app.db.write() as connection:
        connection.execute(
            insert(tables.customers),
            [
                {"store_id": store.id, "shopify_id": 1_000 + n, "fetched_at": now, "updated_at": now, "body": "{}",
                 "content_hash": b""}
                for n in range(count)
            ],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [(0, 10, False), (0, 11, True), (1_000, 1_010, False), (1_000, 1_011, True), (1_000, 989, True),
     (5_000, 5_050, False), (5_000, 5_051, True), (5_000, 4_949, True), (100, 0, True)],
)  # fmt: skip
def test_or_by_one_per_cent(before: int, after: int, moved: bool) -> None:
    assert delete_preview.moved(before, after) is moved


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_an_admin_deletes(world: World, store: Store, role: Role) -> None:
    who = Who("somebody", "Somebody", roles={store.project_id: role})
    for attempt in (
        lambda: delete_preview.preview(world.app, who, store.id),
        lambda: delete.request(world.app, who, store.id, token="", typed_domain=HARBOUR),
        lambda: delete.retry(world.app, who, store.id),
    ):
        with pytest.raises(NotAllowed):
            attempt()


# -- meanwhile -----------------------------------------------------------------------------------------------------


def test_of_two_admins_the_second_hears_who_was_first(world: World, store: Store) -> None:
    shown = delete_preview.preview(world.app, SYSTEM, store.id)
    ask(world.app, world.admin, store.id)
    with pytest.raises(Refused, match="being deleted, started at .* by Admin"):
        delete.request(world.app, SYSTEM, store.id, token=shown.token, typed_domain=HARBOUR)


def test_of_many_at_the_same_moment_each_loser_hears_that_it_is_being_deleted(world: World, store: Store) -> None:
    token, together = delete_preview.preview(world.app, world.admin, store.id).token, threading.Barrier(6)

    def confirm(_: int) -> str:
        together.wait()
        try:
            delete.request(world.app, world.admin, store.id, token=token, typed_domain=HARBOUR)
        except MooringError as error:
            return error.code
        return "begun"

    with ThreadPoolExecutor(6) as people:
        said = sorted(people.map(confirm, range(6)))
    assert said.count("begun") == 1
    assert set(said) <= {"begun", "deleting", "confirmation_missing"}


def test_of_two_at_the_same_moment_one_wins(world: World, store: Store) -> None:
    """Both have been let through; the move decides."""
    with world.app.db.read() as connection:
        seen = stores.load(connection, store.id)
    with world.app.db.write() as connection:
        delete.begin(world.app, connection, world.admin, seen)
    with pytest.raises(Conflict), world.app.db.write() as connection:
        delete.begin(world.app, connection, SYSTEM, seen)


def test_a_delete_ends_an_import_and_what_the_import_still_does(world: World, store: Store) -> None:
    started = import_store.request(world.app, world.admin, store.id)
    world.built.runner.advance(started.id)
    deleting = ask(world.app, world.admin, store.id)
    world.built.runner.advance(started.id)
    with world.app.db.read() as connection:
        assert operations.load(connection, started.id).state == "cancelled"
    assert finish(world.app, deleting).state == "done"
    assert named_rows(world.app, store.id).keys() <= KEPT


def test_nothing_connects_it_meanwhile_and_afterwards_it_is_new(world: World, store: Store) -> None:
    with world.app.db.read() as connection:
        before = set(connection.execute(select(tables.customers.c.hub_id)).scalars())
    operation = ask(world.app, world.admin, store.id)
    for store_id in (None, store.id):
        with pytest.raises(Refused, match="deleted"):
            connect.request(world.app, world.admin, world.project, HARBOUR, session=SESSION, store_id=store_id)
    finish(world.app, operation)
    again = world.connect()
    assert again.store_id != store.id
    assert again.first
    with world.app.db.read() as connection:
        first, anew = (odoo_kinds.of_store(connection, id_) for id_ in (store.id, again.store_id))
    assert {kind.held_reason for kind in first.values()} == {None}
    assert {kind.held_reason for kind in anew.values()} == {"new_store"}
    plant(world.app, again.store_id, rows=ROWS)
    with world.app.db.read() as connection:
        after = set(connection.execute(select(tables.customers.c.hub_id)).scalars())
    assert len(after) == ROWS
    assert min(after) > max(before)


def test_a_delete_cannot_be_cancelled_nor_retried_while_it_works(world: World, store: Store) -> None:
    from mooring.usecases import operations as verbs

    operation = ask(world.app, world.admin, store.id)
    with pytest.raises(Refused, match="cannot be cancelled"):
        verbs.cancel(world.app, world.admin, operation.id)
    with pytest.raises(Refused, match="failed"):
        delete.retry(world.app, world.admin, store.id)


def test_an_erasure_that_begins_meanwhile_is_suppressed_too(world: World, store: Store) -> None:
    """A request that comes in after the rest was scrubbed is met in the last transaction."""
    operation = ask(world.app, world.admin, store.id)
    while (place := step_of(world, operation.id)) != "end":
        assert place != "over"
        world.built.runner.advance(operation.id)
    with world.app.db.write() as connection:
        connection.execute(
            insert(tables.privacy_requests).values(
                id="late", topic="customers/redact", app_id=store.app_id, shop_id=SHOPS[HARBOUR], shop_domain=HARBOUR,
                webhook_id="late", project_id=store.project_id, store_id=store.id, customer_id=5,
                email_hash="late hash",
                received_at=world.app.clock.now(), due_at=world.app.clock.now() + timedelta(days=30), state="open",
            )
        )  # fmt: skip
    assert finish(world.app, operation).state == "done"
    with world.app.db.read() as connection:
        assert suppressions.among(connection, store.project_id, Channel.EMAIL, ["late hash"])


def step_of(world: World, operation_id: str) -> str:
    with world.app.db.read() as connection:
        return operations.load(connection, operation_id).cursor.get("step", "")


def test_its_progress_can_be_seen(world: World, store: Store) -> None:
    operation = ask(world.app, world.admin, store.id)
    seen = set[str]()
    while world.built.runner.advance(operation.id) is not None:
        with world.app.db.read() as connection:
            counts = operations.load(connection, operation.id).counts
        seen.add(counts["sentence"])
        assert counts["done"] <= (counts["total"] or 0)
    assert len(seen) == 7
    assert (WORKS[Work.DELETE], ENDINGS[Work.DELETE]) == (delete.advance, delete.ended)
