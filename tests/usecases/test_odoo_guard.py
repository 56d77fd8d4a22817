"""A database that is no longer the one that was connected: restored, copied, another one. No write, the right words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from mooring.db import audit, notices, stores, tables
from mooring.domain.odoo_guard import LooksLike
from mooring.errors import Refused, Stale
from mooring.usecases import odoo_connect, odoo_gate, odoo_guard, odoo_keep
from mooring.usecases.who import SYSTEM
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import CONNECTOR, DATABASE, LOGIN, OdooWorld, odoo_world


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 2}) as world:
        yield world


def held_as(world: OdooWorld, looks_like: LooksLike) -> None:
    """The check refuses, the connection is held, people hear of it, and nothing was written."""
    world.odoo.forget()
    ticket = world.ticket()
    with pytest.raises(Refused) as refused:
        odoo_guard.require_same(world.app, ticket)
    assert (refused.value.code, refused.value.facts["looks_like"]) == ("odoo_held", looks_like)
    assert world.odoo.writing_calls() == {}
    found = world.connection
    assert (found.state, found.looks_like) == ("held", looks_like)
    assert found.reason is not None and "Nothing is written" in found.reason
    with pytest.raises(Refused, match="held"):
        odoo_gate.count(world.app, ticket, "res.partner", [])
    with world.app.db.read() as connection:
        (notice,) = [one for one in notices.of_project(connection, PROJECT, limit=9) if one.kind == "odoo_held"]
        events = [one["event"] for one in audit.of_project(connection, PROJECT)]
    assert notice.urgent and notice.settled_at is None and found.reason in notice.sentence
    assert events[0] == "odoo.held"


def test_all_is_well(world: OdooWorld) -> None:
    world.map_contacts(*range(1, 21))
    world.odoo.forget()
    verdict = odoo_guard.require_same(world.app, world.ticket())
    assert (verdict.looks_like, verdict.looked_at, verdict.gaps, verdict.moved) == (None, 20, (), ())
    assert world.odoo.writing_calls() == {}
    assert sum(world.odoo.calls().values()) == 4
    assert world.connection.checked_at is not None


def joins(world: OdooWorld, login: str, *groups: str) -> None:
    """Somebody in Odoo puts a user into exactly these groups."""
    known = world.odoo.rows("ir.model.data", [["model", "=", "res.groups"]], "module", "name", "res_id")
    ids = {f"{row['module']}.{row['name']}": row["res_id"] for row in known}
    (user,) = world.odoo.rows("res.users", [["login", "=", login]], "login")
    chosen = [[6, 0, [ids[name] for name in groups]]]
    world.odoo.does("res.users", "write", ids=[user["id"]], vals={"group_ids": chosen})


def test_a_check_asks_anew_what_the_user_may_do(world: OdooWorld) -> None:
    """Somebody gave the rights that were missing, and took others."""
    key = world.odoo.user("newcomer", "base.group_user")
    odoo_connect.replace_key(world.app, SYSTEM, PROJECT, key, login="newcomer")
    assert {"contacts_create", "external_ids_read"} <= {one.name for one in world.connection.details.missing}
    before = world.connection.details

    joins(world, "newcomer", *CONNECTOR)
    made, verdict = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert verdict.looks_like is None
    assert made.details.missing == ()
    assert made.details == msgspec.structs.replace(before, rights=made.details.rights)

    joins(world, "newcomer", "base.group_user", "base.group_erp_manager")
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert "sales" in {one.name for one in world.connection.details.missing}


def test_only_the_last_hundred_are_looked_up(world: OdooWorld) -> None:
    world.map_contacts(*range(1, 121))
    assert odoo_guard.look(world.app, world.ticket()).looked_at == 100


def test_contacts_deleted_one_by_one_are_missing_and_hold_nothing(world: OdooWorld) -> None:
    ids = world.map_contacts(*range(1, 11))
    for number in (2, 5, 10):
        world.odoo.does("res.partner", "unlink", ids=[ids[number]])
    verdict = odoo_guard.require_same(world.app, world.ticket())
    assert sorted(one.written.shopify_id for one in verdict.gaps) == [2, 5, 10]
    assert "3 missing in Odoo" in verdict.sentence
    assert world.connection.state == "connected"


def test_an_archived_contact_is_there(world: OdooWorld) -> None:
    ids = world.map_contacts(1, 2, 3)
    world.odoo.does("res.partner", "write", ids=[ids[2], ids[3]], vals={"active": False})
    assert odoo_guard.require_same(world.app, world.ticket()).gaps == ()


def test_a_restored_database_is_known_by_its_missing_tail(world: OdooWorld) -> None:
    world.map_contacts(1, 2, 3)
    world.odoo.snapshot()
    world.map_contacts(4, 5)
    world.odoo.restore()
    held_as(world, LooksLike.RESTORED)


def test_a_restored_database_is_known_by_an_id_that_was_given_out_again(world: OdooWorld) -> None:
    world.map_contacts(1, 2, 3)
    world.odoo.snapshot()
    lost = world.map_contacts(4)[4]
    world.odoo.restore()
    assert world.odoo.does("res.partner", "create", vals_list=[{"name": "Somebody else"}]) == [lost]
    held_as(world, LooksLike.RESTORED)


def test_a_restored_database_is_known_although_an_older_record_was_written_last(world: OdooWorld) -> None:
    world.map_contacts(1)
    world.odoo.snapshot()
    world.map_contacts(2, 3)
    with world.app.db.write() as connection:
        oldest = (tables.mappings.c.store_id == world.store_id, tables.mappings.c.shopify_id == 1)
        later = world.app.clock.now() + timedelta(minutes=1)
        connection.execute(update(tables.mappings).where(*oldest).values(written_at=later))
    world.odoo.restore()
    held_as(world, LooksLike.RESTORED)


def test_a_staging_copy_is_known_by_its_mark(world: OdooWorld) -> None:
    world.map_contacts(1, 2, 3)
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    held_as(world, LooksLike.COPY)


def test_another_database_is_known_by_its_uuid(world: OdooWorld) -> None:
    world.map_contacts(1, 2, 3)
    another_in_its_place(world)
    held_as(world, LooksLike.OTHER_DATABASE)


def another_in_its_place(world: OdooWorld) -> None:
    """The same address, name and key; all the rest is another database's."""
    world.odoo.does("ir.config_parameter", "set_param", key="database.uuid", value="another")


def test_another_database_is_known_without_a_uuid(database_url: str, data_dir: Path) -> None:
    with odoo_world(database_url, data_dir, sizes={"customers": 2}, connected=False) as world:
        key = world.odoo.user("connector")
        world.odoo.snapshot("bare")
        world.connect_odoo(login="connector", key=key)
        assert world.connection.details.uuid is None
        world.map_contacts(1, 2, 3)
        world.odoo.restore("bare")
        held_as(world, LooksLike.OTHER_DATABASE)


def test_whoever_loses_the_right_to_read_the_uuid_has_not_moved(world: OdooWorld) -> None:
    world.map_contacts(1, 2)
    key = world.odoo.user("connector")
    odoo_connect.replace_key(world.app, SYSTEM, PROJECT, key, login="connector")
    assert odoo_guard.require_same(world.app, world.ticket()).looks_like is None
    assert world.connection.details.uuid is not None


def test_a_merged_contact_has_moved(world: OdooWorld) -> None:
    ids = world.map_contacts(1, 2, 3)
    shop = world.store.shop_id
    (row,) = world.odoo.rows("ir.model.data", [["name", "=", f"s{shop}.customer.2"]], "id")
    world.odoo.does("ir.model.data", "write", ids=[row["id"]], vals={"res_id": ids[1]})
    world.odoo.does("res.partner", "unlink", ids=[ids[2]])
    (moved,) = odoo_guard.require_same(world.app, world.ticket()).moved
    assert (moved.written.shopify_id, moved.now_at) == (2, ids[1])


def test_the_right_database_back_lets_the_sync_go_on(world: OdooWorld) -> None:
    world.map_contacts(1)
    world.odoo.snapshot("before")
    world.map_contacts(2, 3)
    world.odoo.snapshot("after")
    world.odoo.restore("before")
    held_as(world, LooksLike.RESTORED)
    still, verdict = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert (still.state, verdict.looks_like) == ("held", LooksLike.RESTORED)
    world.odoo.restore("after")
    free, verdict = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert (free.state, free.looks_like, verdict.looks_like) == ("connected", None, None)
    with world.app.db.read() as connection:
        (notice,) = [one for one in notices.of_project(connection, PROJECT, limit=9) if one.kind == "odoo_held"]
    assert notice.settled_at is not None


def test_keep_adopts_what_is_there_and_counts_the_rest_as_missing(world: OdooWorld) -> None:
    world.map_contacts(1)
    world.odoo.snapshot()
    world.map_contacts(2, 3)
    world.odoo.restore()
    held_as(world, LooksLike.RESTORED)
    kept = odoo_keep.request(world.app, SYSTEM, PROJECT)
    assert (kept.state, kept.reason) == ("connected", None)
    verdict = odoo_guard.require_same(world.app, world.ticket())
    assert sorted(one.written.shopify_id for one in verdict.gaps) == [2, 3]
    with pytest.raises(Refused, match="nothing to decide"):
        odoo_keep.request(world.app, SYSTEM, PROJECT)


def test_keep_another_database(world: OdooWorld) -> None:
    world.map_contacts(1, 2)
    another_in_its_place(world)
    held_as(world, LooksLike.OTHER_DATABASE)
    kept = odoo_keep.request(world.app, SYSTEM, PROJECT)
    assert kept.fingerprint == f"another/{kept.company_id}"
    assert odoo_guard.require_same(world.app, world.ticket()).gaps == ()


def test_work_that_began_before_the_hold_can_write_nothing_more(world: OdooWorld) -> None:
    before = world.ticket()
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    held_as(world, LooksLike.COPY)
    odoo_keep.request(world.app, SYSTEM, PROJECT)
    with pytest.raises(Stale):
        odoo_gate.load(world.app, before, "res.partner", ["id", "name"], [["mooring.s1.customer.1", "Late"]])
    assert world.odoo.rows("res.partner", [["name", "=", "Late"]], "name") == []


def test_a_check_found_by_two_at_once_holds_once(world: OdooWorld) -> None:
    ticket = world.ticket()
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    verdict = odoo_guard.look(world.app, ticket)
    held = odoo_guard.settle(world.app, SYSTEM, ticket, verdict)
    with pytest.raises(Stale):
        odoo_guard.settle(world.app, SYSTEM, ticket, verdict)
    assert world.connection.generation == held.generation


def test_the_store_stays_as_it_is(world: OdooWorld) -> None:
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    held_as(world, LooksLike.COPY)
    with world.app.db.read() as connection:
        assert stores.load(connection, world.store_id).state == "connected"
    assert world.connection.login == LOGIN
