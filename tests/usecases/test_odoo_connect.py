"""Connecting a project to its Odoo: the test, what is refused and in which words, another key, connecting again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.app import ENDINGS, WORKS, SystemClock
from mooring.db import mappings_of, odoo, operations, tables
from mooring.domain.rules import Work
from mooring.errors import AuthLost, InvalidInput, OutcomeUnknown, Permanent, Refused, Stale, Throttled, Unreachable
from mooring.ports import OdooAccess, OdooVersion
from mooring.usecases import odoo_connect, odoo_details, odoo_disconnect, odoo_gate, odoo_guard, odoo_view
from mooring.usecases.context import App
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import DATABASE, OdooWorld, odoo_world


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 2}, connected=False) as world:
        yield world


def test_a_test_tells_everything_and_changes_nothing(world: OdooWorld) -> None:
    tested = odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish())
    assert tested.details.company.name == "My Company"
    assert tested.details.apps == {"sale": True, "account": True, "stock": True}
    assert not tested.details.missing
    assert tested.details.uuid and tested.details.neutralised is False


def test_connect_and_call(world: OdooWorld) -> None:
    made = world.connect_odoo()
    assert made.state == "connected"
    ticket = world.ticket()
    loaded = odoo_gate.load(world.app, ticket, "res.partner", ["id", "name"], [["mooring.s1.customer.5", "Ada"]])
    assert loaded.ids
    rows = odoo_gate.search_read(world.app, ticket, "res.partner", [["id", "in", list(loaded.ids)]], ["name"])
    assert rows[0]["name"] == "Ada"
    assert ticket.tally.counts() == {"reads": 1, "writes": 1, "loads": 1}
    assert world.odoo.external_ids() == {"s1.customer.5": ("res.partner", loaded.ids[0])}
    assert world.odoo.writing_calls() == {"res.partner.load": 1}


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "field", "words"),
    [
        ({"url": "http://127.0.0.1:1"}, "url", "127.0.0.1 cannot be reached"),
        ({"database": "other"}, "database", "no database of this name"),
        ({"login": "somebody"}, "login", "belongs to another Odoo user"),
        ({"key": "0123456789abcdef0123456789abcdef01234567"}, "key", "does not accept the API key"),
        ({"company_id": 99}, "company_id", "does not work for that company"),
    ],
)
def test_each_wrong_thing_is_refused_with_a_sentence_and_stores_nothing(
    world: OdooWorld, other: dict[str, Any], field: str, words: str
) -> None:
    for do in (odoo_connect.preview, odoo_connect.request):
        with pytest.raises(InvalidInput, match=words) as refused:
            do(world.app, SYSTEM, PROJECT, world.wish(**other))
        assert refused.value.field == field
    with world.app.db.read() as connection:
        assert odoo.find(connection, PROJECT) is None


def test_an_address_without_an_odoo_is_said(world: OdooWorld) -> None:
    """The stand-in Shopify answers there."""
    shopify = world.app.settings.shopify_url.partition("/{shop}")[0]
    with pytest.raises(InvalidInput, match="is no Odoo") as refused:
        odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish(url=shopify))
    assert refused.value.field == "url"


def test_a_redirect_is_not_followed_with_a_key(world: OdooWorld) -> None:
    moved = {"location": "https://elsewhere.test/"}
    world.odoo.fault("status", operation=r"res\.users\.context_get", status=301, headers=moved)
    with pytest.raises(InvalidInput, match=r"Use https://elsewhere\.test, if that is yours"):
        odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish())


def test_several_companies_have_to_be_chosen_from(world: OdooWorld) -> None:
    (second,) = world.odoo.does("res.company", "create", vals_list=[{"name": "Second"}])
    (user,) = world.odoo.rows("res.users", [["login", "=", "admin"]], "company_ids")
    both = [*user["company_ids"], second]
    world.odoo.does("res.users", "write", ids=[user["id"]], vals={"company_ids": [[6, 0, both]]})
    tested = odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish())
    assert tested.choose_company
    with pytest.raises(InvalidInput, match="Second") as refused:
        world.connect_odoo()
    assert refused.value.field == "company_id"
    made = world.connect_odoo(company_id=second)
    assert (made.company_id, made.details.company.name) == (second, "Second")
    assert made.fingerprint.endswith(f"/{second}")


# -- rights --------------------------------------------------------------------------------------------------------


def test_rights_are_listed_one_by_one_with_what_is_lost(world: OdooWorld) -> None:
    key = world.odoo.user("seller", "base.group_user", "sales_team.group_sale_salesman")
    tested = odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish(login="seller", key=key))
    missing = {one.name: one.without for one in tested.details.missing}
    assert missing.keys() == {"external_ids_read", "external_ids_write", "external_ids_unlink", "products", "addresses",
                              "invoicing"}  # fmt: skip
    assert all(missing.values())
    assert tested.details.uuid is None and tested.details.neutralised is None
    assert any("may not read the database's uuid" in one for one in tested.warnings)


def test_the_next_step_names_the_right_without_which_nothing_is_synced(world: OdooWorld) -> None:
    key = world.odoo.user("newcomer", "base.group_user")
    missing = world.connect_odoo(login="newcomer", key=key).details.missing
    assert missing[0].name == "contacts_create"
    shown = odoo_view.show(world.app, SYSTEM, PROJECT)
    assert shown and shown.next_step
    assert shown.next_step.startswith("Missing in Odoo: Read external ids (Access Rights). Mooring cannot tell")
    assert f" {len(missing) - 1} more rights are missing. " in shown.next_step


def test_the_documented_user_lacks_nothing(world: OdooWorld) -> None:
    key = world.odoo.user("connector")
    made = world.connect_odoo(login="connector", key=key)
    assert made.details.missing == ()
    assert made.fingerprint == f"{world.odoo.url}#shop/{made.company_id}"


def test_a_neutralised_copy_is_said_before_it_is_connected(world: OdooWorld) -> None:
    world.odoo.control("POST", "/databases/shop/neutralize")
    tested = odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish())
    assert any("neutralised copy" in one for one in tested.warnings)
    world.connect_odoo()
    assert odoo_guard.require_same(world.app, world.ticket()).looks_like is None


def test_an_older_one_is_asked_over_json_rpc_and_marked_untested(world: OdooWorld) -> None:
    access = OdooAccess(world.odoo.url, "shop", "admin", world.odoo.key)
    found = odoo_details.read(world.app, access, OdooVersion("18.0", "18.0", 18))
    assert (found.access.protocol, found.details.protocol, found.details.tested) == ("jsonrpc", "jsonrpc", False)
    assert found.details.missing == () and found.details.uuid
    assert {entry.kind for entry in world.odoo.server.sandbox.log.entries()} == {"jsonrpc"}
    with pytest.raises(AuthLost):
        odoo_details.read(world.app, replace(access, key="wrong"), OdooVersion("18.0", "18.0", 18))


# -- disconnect and connect again ----------------------------------------------------------------------------------


def test_disconnect_destroys_the_key_and_keeps_the_mapping(world: OdooWorld) -> None:
    world.connect_odoo()
    world.map_contacts(1, 2, 3)
    ticket = world.ticket()
    shown = odoo_disconnect.preview(world.app, SYSTEM, PROJECT)
    assert shown.mapped == "The mapping holds 3 customers, 0 products, 0 orders."
    done = odoo_disconnect.request(world.app, SYSTEM, PROJECT).connection
    assert (done.state, done.has_key) == ("disconnected", False)
    world.odoo.forget()
    with pytest.raises(Refused, match="disconnected"):
        odoo_gate.count(world.app, ticket, "res.partner", [])
    with pytest.raises(Refused, match="already disconnected"):
        odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    assert world.odoo.calls() == {}
    again = world.connect_odoo()
    assert (again.state, again.fingerprint, again.generation) == ("connected", done.fingerprint, done.generation + 1)
    with pytest.raises(Stale):
        odoo_gate.count(world.app, ticket, "res.partner", [])
    assert odoo_guard.require_same(world.app, world.ticket()).looked_at == 3


def test_disconnect_needs_no_odoo(world: OdooWorld) -> None:
    world.connect_odoo()
    world.odoo.fault("gone", times=None)
    assert odoo_disconnect.request(world.app, SYSTEM, PROJECT).connection.state == "disconnected"


def test_another_database_with_a_kept_mapping_is_held_at_once(world: OdooWorld) -> None:
    world.connect_odoo()
    world.map_contacts(1, 2)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.control("POST", "/databases", name="second")
    key = world.odoo.control("POST", "/databases/second/keys")["key"]
    tested = odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish(database="second", key=key))
    assert tested.held and tested.mapping is not None and "2 records" in tested.mapping
    made = world.connect_odoo(database="second", key=key)
    assert (made.state, made.looks_like) == ("held", "other_database")
    still, _ = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert still.state == "held"


def test_the_same_database_is_known_with_and_without_its_uuid(world: OdooWorld) -> None:
    key = world.odoo.user("connector")
    first = world.connect_odoo(login="connector", key=key)
    world.map_contacts(1)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    again = world.connect_odoo()
    uuid = again.details.uuid
    assert uuid is not None
    assert (again.state, again.fingerprint) == ("connected", f"{uuid}/{first.company_id}")
    with world.app.db.read() as connection:
        assert mappings_of.by_fingerprint(connection, PROJECT) == {again.fingerprint: 1}
    assert odoo_guard.require_same(world.app, world.ticket()).looks_like is None
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    lesser = world.connect_odoo(login="connector", key=key)
    assert (lesser.state, lesser.fingerprint, lesser.details.uuid) == ("connected", again.fingerprint, uuid)


def test_a_better_user_after_another_database_finds_the_same_one(world: OdooWorld) -> None:
    """What was connected in between changes nothing: the mapping says which database it speaks of."""
    world.connect_odoo(login="connector", key=world.odoo.user("connector"))
    world.map_contacts(1, 2)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.control("POST", "/databases", name="second")
    other = world.odoo.control("POST", "/databases/second/keys")["key"]
    assert world.connect_odoo(database="second", key=other).state == "held"
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    assert world.connect_odoo().state == "connected"


def test_a_better_user_of_a_database_restored_meanwhile_is_told_so(world: OdooWorld) -> None:
    world.connect_odoo(login="connector", key=world.odoo.user("connector"))
    world.map_contacts(1)
    world.odoo.snapshot()
    world.map_contacts(2, 3)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.restore()
    assert odoo_connect.preview(world.app, SYSTEM, PROJECT, world.wish()).held
    made = world.connect_odoo()
    assert (made.state, made.looks_like) == ("held", "restored")
    still, _ = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert (still.state, still.looks_like) == ("held", "restored")


def test_a_copy_is_called_a_copy(world: OdooWorld) -> None:
    """The same uuid, the mark of a neutralised copy, all records in it: it is not gone on with, nor let go by a check,
    and the database itself goes on when it is connected again."""
    world.connect_odoo()
    world.map_contacts(1, 2)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.snapshot("itself")
    world.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    for _ in range(2):
        made = world.connect_odoo()
        assert (made.state, made.looks_like) == ("held", "copy")
        still, _ = odoo_guard.check(world.app, SYSTEM, PROJECT)
        assert (still.state, still.looks_like) == ("held", "copy")
        odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.restore("itself")
    assert world.connect_odoo().state == "connected"


def test_a_full_copy_with_a_uuid_of_its_own_holds_the_records(world: OdooWorld) -> None:
    world.connect_odoo()
    world.map_contacts(1, 2)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.odoo.does("ir.config_parameter", "set_param", key="database.uuid", value="another")
    made = world.connect_odoo()
    assert (made.state, made.looks_like) == ("held", "other_database")
    assert made.reason is not None and "holds a copy of the records" in made.reason


def test_clear_first_holds_until_it_is_done(world: OdooWorld) -> None:
    world.connect_odoo()
    with pytest.raises(InvalidInput, match="Type “clear sync data”"):
        odoo_disconnect.request(world.app, SYSTEM, PROJECT, choice="clear", typed="clear")
    assert world.connection.state == "connected"
    started: list[str] = []

    def clear(_: App, __: Who, project_id: str) -> int:
        assert world.connection.state == "held"
        started.append(project_id)
        return 1

    done = odoo_disconnect.request(world.app, SYSTEM, PROJECT, choice="clear", typed="Clear  sync data", clear=clear)
    assert (done.clearing, done.connection.looks_like, started) == (1, "leaving", [PROJECT])
    odoo_disconnect.finish_leaving(world.app)
    assert world.connection.state == "held"
    clock = world.app.clock
    assert isinstance(clock, SystemClock)
    clock.advance(timedelta(minutes=2))
    odoo_disconnect.finish_leaving(world.app)
    assert (world.connection.state, world.connection.has_key) == ("disconnected", False)


def test_clear_goes_before_the_connection(world: OdooWorld) -> None:
    """In earnest: the external ids go, the contacts stay, then the key."""
    world.connect_odoo()
    world.map_contacts(1, 2, 3)
    done = odoo_disconnect.request(world.app, SYSTEM, PROJECT, choice="clear", typed="clear sync data")
    assert (done.clearing, len(world.odoo.external_ids())) == (1, 3)
    with world.app.db.read() as connection:
        found = operations.newest(connection, world.store_id, Work.CLEAR_MAPPING)
    assert found is not None
    ended = drive(world.app, found.id, WORKS, ENDINGS)
    assert ended.state == "done", ended.error
    clock = world.app.clock
    assert isinstance(clock, SystemClock)
    clock.advance(timedelta(minutes=2))
    odoo_disconnect.finish_leaving(world.app)
    assert (world.connection.state, world.connection.has_key, world.odoo.external_ids()) == ("disconnected", False, {})
    assert len(world.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "id")) == 3
    assert world.count(tables.mappings) == 0


def test_a_clear_that_cannot_begin_changes_nothing(world: OdooWorld) -> None:
    world.connect_odoo()

    def busy(_: App, __: Who, ___: str) -> int:
        raise Refused("A sync runs, started by somebody.", code="busy")

    with pytest.raises(Refused, match="A sync runs"):
        odoo_disconnect.request(world.app, SYSTEM, PROJECT, choice="clear", typed="Clear  sync data", clear=busy)
    assert (world.connection.state, world.connection.reason) == ("connected", None)
    assert odoo_gate.count(world.app, world.ticket(), "res.partner", [["id", "=", 0]]) == 0


# -- the gate ------------------------------------------------------------------------------------------------------


def test_a_refused_key_is_said_on_the_card_and_loses_no_store(world: OdooWorld) -> None:
    world.connect_odoo()
    told = {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}
    world.odoo.fault("status", status=401, body=told)
    with pytest.raises(Permanent) as refused:
        odoo_gate.count(world.app, world.ticket(), "res.partner", [])
    assert refused.value.code == "odoo_key_refused"
    view = odoo_view.show(world.app, SYSTEM, PROJECT)
    assert view is not None and view.badge == "Error" and view.reason is not None and "API key" in view.reason
    assert world.store.state == "connected"
    odoo_gate.count(world.app, world.ticket(), "res.partner", [["id", "=", 0]])
    view = odoo_view.show(world.app, SYSTEM, PROJECT)
    assert view is not None and (view.badge, view.reason) == ("Connected", None)


@pytest.mark.parametrize(
    ("fault", "reading", "writing"),
    [
        ({"kind": "lost_answer"}, Unreachable, OutcomeUnknown),
        ({"kind": "cut", "sent_bytes": 3}, Unreachable, OutcomeUnknown),
        ({"kind": "status", "status": 502}, Unreachable, OutcomeUnknown),
        ({"kind": "status", "status": 503}, Unreachable, OutcomeUnknown),
        ({"kind": "status", "status": 504}, Unreachable, OutcomeUnknown),
        ({"kind": "status", "status": 429}, Throttled, Throttled),
        ({"kind": "status", "status": 413, "body": "<html></html>"}, Permanent, Permanent),
    ],
)
def test_what_a_broken_call_means_depends_on_what_it_did(
    world: OdooWorld, fault: dict[str, Any], reading: type, writing: type
) -> None:
    world.connect_odoo()
    world.odoo.fault(**fault)
    with pytest.raises(reading):
        odoo_gate.count(world.app, world.ticket(), "res.partner", [])
    world.odoo.fault(**fault)
    with pytest.raises(writing):
        odoo_gate.load(world.app, world.ticket(), "res.partner", ["id", "name"], [["mooring.s1.customer.1", "A"]])


def test_a_lost_race_is_told_apart(world: OdooWorld) -> None:
    world.connect_odoo()
    world.odoo.fault("serialization")
    row = ["mooring.s1.customer.1", "A"]
    lost = odoo_gate.load(world.app, world.ticket(), "res.partner", ["id", "name"], [row])
    assert lost.ids is None and lost.lost_race
    assert odoo_gate.load(world.app, world.ticket(), "res.partner", ["id", "name"], [row]).ids


def test_no_call_inside_a_transaction(world: OdooWorld) -> None:
    world.connect_odoo()
    access = world.connection.access(world.app.vault)
    with world.app.db.read(), pytest.raises(AssertionError, match="inside a database transaction"):
        world.app.odoo.count(access, "res.partner", [])


def test_the_key_is_sealed_and_never_shown(world: OdooWorld) -> None:
    made = world.connect_odoo()
    assert world.odoo.key not in repr(made) + repr(world.wish()) + repr(made.access(world.app.vault))
    with world.app.db.read() as connection:
        (row,) = connection.execute(select(tables.odoo_connections)).all()
    assert world.odoo.key.encode() not in bytes(row.key)
    assert world.odoo.key not in repr(row)
