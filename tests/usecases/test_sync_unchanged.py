"""A second sync of a world in which nothing changed: no writing call, whatever the first one did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import sync_items
from mooring.db.tables import mappings
from mooring.domain.mapping import SyncKind
from mooring.errors import Refused
from mooring.usecases import odoo_keep, sync_odoo_request
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import customer, product
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import DATABASE, OdooWorld, odoo_world
from tests.usecases.syncing import preview, sync

LATER = "2026-11-02T10:00:00Z"
KINDS = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS)


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def everybody(world: OdooWorld) -> None:
    """New ones, one that Odoo has just so, one that it says differently, with what lives inside them."""
    there = [{"name": "Ann Lee", "email": "same@example.com"}, {"name": "Another", "email": "differs@example.com"}]
    world.odoo.does("res.partner", "create", vals_list=there)
    for number, email in enumerate(("new@example.com", "same@example.com", "differs@example.com", None), 1):
        customer(world.app, world.store_id, number, email=email, streets=("1 Quay", "2 Quay"), phone="+1555010")


def everything(world: OdooWorld) -> None:
    world.odoo.does("product.template", "create", vals_list=[
        {"name": "Mug", "default_code": "MUG"}, {"name": "Another", "default_code": "POT"}])  # fmt: skip
    tees = [{"sku": f"TEE-{size}", "barcode": f"500{size}", "options": {"Size": size}} for size in "SML"]
    told: list[tuple[str, list[dict[str, Any]]]] = [
        ("Tee", tees), ("Mug", [{"sku": "MUG"}]), ("Pot", [{"sku": "POT"}]), ("Bare", [{}])]  # fmt: skip
    for number, (title, variants) in enumerate(told, 1):
        product(world.app, world.store_id, number, title, *variants)


FILL = {SyncKind.CUSTOMERS: everybody, SyncKind.PRODUCTS: everything}


def change_all(world: OdooWorld, kind: SyncKind) -> None:
    if kind is SyncKind.CUSTOMERS:
        emails = ("new@example.com", "same@example.com", "differs@example.com", None)
        for number, email in enumerate(emails, 1):
            customer(
                world.app, world.store_id, number, at=LATER, email=email, streets=("8 Hill", "2 Quay", "9 Hill"),
                phone="+1555010", last_name="Low",
            )  # fmt: skip
    else:
        tees = [{"sku": f"TEE-{size}", "barcode": f"500{size}", "options": {"Size": size}} for size in "SMLX"]
        product(world.app, world.store_id, 1, "New tee", *tees, at=LATER)
        product(world.app, world.store_id, 2, "New mug", {"sku": "MUG", "barcode": "4711"}, at=LATER)
        product(world.app, world.store_id, 4, "Bare", {"price": "99.00"}, at=LATER)


def settled(world: OdooWorld, kind: SyncKind) -> None:
    """Once more, by a person and in a preview: not one writing call, and everything is as it was."""
    before = world.rows(mappings), items(world, kind)
    world.odoo.forget()
    again = sync(world, kind)
    assert again.receipt is not None and again.state == "done", again.error
    assert again.receipt["calls"]["writes"] == again.receipt["calls"]["loads"] == 0, again.receipt
    shown = preview(world, kind)
    assert shown.receipt is not None
    assert not any(shown.receipt[kind][word] for word in ("create", "update", "link")), shown.receipt
    assert world.odoo.writing_calls() == {}
    assert (world.rows(mappings), items(world, kind)) == before


def items(world: OdooWorld, kind: SyncKind) -> list[tuple[int, str, str | None]]:
    with world.app.db.read() as connection:
        found = sync_items.in_state(connection, world.store_id, kind, ("review", "failed", "queued"), limit=100)
    return [(one.shopify_id, one.state, one.cause) for one in found]


@pytest.mark.parametrize("master", [None, True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_after_creating_linking_and_updating(world: OdooWorld, kind: SyncKind, master: bool | None) -> None:
    sync_odoo_request.set_master(world.app, SYSTEM, world.store_id, kind, master)
    FILL[kind](world)
    sync(world, kind)
    settled(world, kind)
    change_all(world, kind)
    told = sync(world, kind).receipt
    assert told is not None and told[kind]["updated"] >= 1 and told[kind]["failed"] == 0, told
    settled(world, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_after_the_setting_of_master_was_turned(world: OdooWorld, kind: SyncKind) -> None:
    """What Odoo said differently is overwritten once, and stays when the setting goes."""
    FILL[kind](world)
    sync(world, kind)
    for master in (True, None):
        sync_odoo_request.set_master(world.app, SYSTEM, world.store_id, kind, master)
        sync(world, kind)
        settled(world, kind)
    assert items(world, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_picked_records_are_compared_and_not_written(world: OdooWorld, kind: SyncKind) -> None:
    FILL[kind](world)
    sync(world, kind)
    world.odoo.forget()
    picked = sync(world, kind, ids={kind: [1, 2, 3, 4]})
    assert picked.receipt is not None and picked.receipt["calls"]["writes"] == 0 and world.odoo.writing_calls() == {}


def test_what_failed_alone_is_sent_again_when_a_person_asks_and_rests_when_the_clock_does(world: OdooWorld) -> None:
    everything(world)
    tees = [{"sku": "T", "barcode": "1", "options": {"Size": size}} for size in ("S", "S")]
    product(world.app, world.store_id, 9, "Twice the same", *tees)
    first = sync(world, SyncKind.PRODUCTS)
    assert first.receipt is not None and first.receipt["products"]["failed"] == 1, first.receipt
    world.odoo.forget()
    with world.app.db.write() as connection:
        store = world.store
        begun = sync_odoo_request.begin(world.app, connection, SYSTEM, store, [SyncKind.PRODUCTS], auto=True)
    done = drive(world.app, begun.id, WORKS, ENDINGS).receipt
    assert done is not None and done["calls"]["writes"] == 0 and done["products"]["failed"] == 1, done
    assert world.odoo.writing_calls() == {}
    again = sync(world, SyncKind.PRODUCTS)
    assert again.receipt is not None
    assert again.receipt["products"]["unchanged"] == 4 and again.receipt["products"]["created"] == 0, again.receipt


# -- another database ----------------------------------------------------------------------------------------------


def refused(world: OdooWorld, looks_like: str) -> None:
    """Nothing is written by a sync that a person starts, and the next is refused before it begins."""
    change_all(world, SyncKind.CUSTOMERS)
    world.odoo.forget()
    tried = sync(world, SyncKind.CUSTOMERS)
    assert tried.state == "failed" and tried.error is not None and "Nothing is written" in tried.error
    assert world.odoo.writing_calls() == {}
    assert world.connection.looks_like == looks_like
    with pytest.raises(Refused) as no:
        sync(world, SyncKind.CUSTOMERS)
    assert no.value.code == "odoo_held"
    assert world.odoo.writing_calls() == {}


def test_a_restored_database_is_not_written_to(world: OdooWorld) -> None:
    """Its ids are given to other people meanwhile."""
    world.odoo.snapshot()
    everybody(world)
    sync(world, SyncKind.CUSTOMERS)
    world.odoo.restore()
    strangers = strangers_in(world)
    refused(world, "restored")
    assert strangers_now(world) == strangers


def strangers_in(world: OdooWorld) -> list[dict[str, Any]]:
    people = [{"name": f"Stranger {n}", "email": f"stranger{n}@example.com"} for n in range(12)]
    world.odoo.does("res.partner", "create", vals_list=people)
    world.odoo.does("product.template", "create", vals_list=[{"name": f"Stranger {n}"} for n in range(12)])
    return strangers_now(world)


def strangers_now(world: OdooWorld) -> list[dict[str, Any]]:
    named = [["name", "=like", "Stranger %"]]
    people = world.odoo.rows("res.partner", named, "name", "email", "street", "phone", "ref", "write_date")
    goods = world.odoo.rows("product.product", named, "name", "default_code", "barcode", "list_price", "write_date")
    return people + goods


def test_a_staging_copy_is_not_written_to(world: OdooWorld) -> None:
    everybody(world)
    sync(world, SyncKind.CUSTOMERS)
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    refused(world, "copy")


def test_another_database_is_not_written_to(world: OdooWorld) -> None:
    everybody(world)
    sync(world, SyncKind.CUSTOMERS)
    world.odoo.does("ir.config_parameter", "set_param", key="database.uuid", value="another")
    refused(world, "other_database")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_restore_writes_to_nobody_who_was_given_an_id_since(world: OdooWorld, kind: SyncKind) -> None:
    """Whoever is gone is missing, and asked about; who has its id now is somebody else."""
    world.odoo.snapshot()
    FILL[kind](world)
    sync(world, kind)
    world.odoo.restore()
    before = strangers_in(world)
    change_all(world, kind)
    assert sync(world, kind).state == "failed"
    odoo_keep.request(world.app, SYSTEM, PROJECT)
    told = sync(world, kind).receipt
    assert told is not None and told[kind]["ambiguous"] >= 2 and not told[kind]["created"], told
    assert strangers_now(world) == before
    assert "missing" in {cause for _, _, cause in items(world, kind)}
