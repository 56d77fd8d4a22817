"""The mapping as a file: downloaded, cleared, taken in again, and refused where it does not belong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.db import tables
from mooring.domain.mapping import MappedKind
from mooring.errors import InvalidInput, Refused
from mooring.usecases import mapping_copy, odoo_disconnect, odoo_guard
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import DATABASE


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_was_downloaded_is_taken_in_again_orders_too(database_url: str, data_dir: Path, form: str):
    with clear_world(database_url, data_dir) as world:
        pairs, names = world.pairs(), world.w.odoo.external_ids()
        content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, form=form))
        world.clear()
        taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
        assert (taken.added, taken.kept) == (sum(pairs.values()), 0)
        assert taken.operation is not None
        assert world.drive(taken.operation.id).state == "done"
        assert (world.pairs(), world.w.odoo.external_ids()) == (pairs, names)
        again = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
        assert (again.added, again.kept) == (0, sum(pairs.values()))
        assert MappedKind.ORDER_LINE in pairs


def test_another_database_or_shop_is_refused_whole(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id))
        world.clear()
        other = content.replace(world.fingerprint.encode(), b"somewhere-else/1")
        with pytest.raises(Refused, match="another Odoo database"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, other)
        lines = content.split(b"\n")
        lines[-2] = lines[-2].replace(str(world.w.store.shop_id).encode(), b"77", 1)
        with pytest.raises(Refused, match="another shop"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, b"\n".join(lines))
        with pytest.raises(InvalidInput, match="Line 2"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content.split(b"\n")[0] + b"\nx,x,x,x,x,x,x\n")
        assert world.pairs() == {}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir) as world:
        yield world


def exported(world: ClearWorld, form: str = "json") -> list[bytes]:
    """Line by line."""
    return b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, form=form)).splitlines(keepends=True)


def changed(line: bytes, **facts: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(line) | facts) + b"\n"


def test_one_that_says_something_else_of_a_mapped_record_is_refused_whole(world: ClearWorld):
    lines, pairs = exported(world), world.w.rows(tables.mappings)
    tampered = [*lines[:-1], changed(lines[-1], odoo_id=1)]
    with pytest.raises(Refused, match="is mapped to record") as refused:
        mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, b"".join(tampered))
    assert refused.value.code == "mapped_otherwise"
    assert world.w.rows(tables.mappings) == pairs


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"shopify_id": "x"}, "Line 2 cannot be used"),
        ({"odoo_id": 2**70}, "Line 2 cannot be used"),
        ({"kind": "invoice"}, "Line 2 cannot be used"),
        ({"nothing": 1}, "Line 2 cannot be used"),
        ({"extra": "{"}, "something else than the ids of invoices"),
        ({"extra": '{"invoices": ["x"]}'}, "something else than the ids of invoices"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_and_the_line_named(
    world: ClearWorld, facts: dict[str, Any], said: str
):
    lines = exported(world)
    world.clear()
    lines[1] = changed(lines[1], **facts)
    with pytest.raises(InvalidInput, match=said):
        mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, b"".join(lines))
    assert world.pairs() == {}


def test_no_file_at_all_and_a_record_twice_are_refused(world: ClearWorld):
    lines, rows = exported(world), exported(world, "csv")
    world.clear()
    for content, said in (
        (b"", "first line has to name"),
        (rows[0], "holds no pairs"),
        (b"\xff\xfe", "not a text"),
        (b"{\n", "Line 1 is not JSON"),
        (lines[0] + changed(lines[0], odoo_id=9), "Line 2 .* stands in an earlier line"),
        (rows[0] + rows[1].replace(b"\n", b",more\n"), "Line 2 cannot be used"),
        (rows[0] + b'"' + b"x" * 200_000, "Line 2"),
    ):
        with pytest.raises(InvalidInput, match=said):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    assert world.pairs() == {}


def test_what_leads_to_no_record_is_left_out_and_counted_and_said_before_anything_is_written(world: ClearWorld):
    lines = exported(world)
    customers = [line for line in lines if b'"kind":"customer"' in line]
    orders = [line for line in lines if b'"kind":"order"' in line]
    world.clear()
    first, second, third, *others = customers
    content = b"".join(
        [
            changed(first, odoo_id=987_654), changed(second, odoo_id=-5), changed(third, shopify_id=424_242), *others,
            orders[0], changed(orders[1], odoo_id=msgspec.json.decode(orders[0])["odoo_id"]),
        ]
    )  # fmt: skip
    fit = len(others) + 1
    why = {"not_in_odoo": 1, "not_positive": 1, "not_in_hub": 1, "taken": 1}
    dry = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content, dry=True)
    assert (dry.added, dry.left_out, dry.operation) == (fit, why, None) and world.pairs() == {}
    taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    assert (taken.added, taken.left_out) == (fit, why) and taken.operation
    assert mapping_copy.sentence(taken).startswith(f"{fit} pairs imported, 4 left out: 1 not in the hub, 1 not in Odoo")
    done = world.drive(taken.operation.id)
    assert done.receipt and done.receipt["left_out"] == why
    assert done.receipt["kinds"]["customers"]["customer"] == {"planted": len(others), "not_in_odoo": 0}
    assert world.pairs() == {MappedKind.CUSTOMER: len(others), MappedKind.ORDER: 1}
    assert len(world.w.odoo.external_ids()) == fit


def test_several_customers_may_be_one_contact(world: ClearWorld):
    first, second, *_ = [line for line in exported(world) if b'"kind":"customer"' in line]
    world.clear()
    shared = changed(second, odoo_id=msgspec.json.decode(first)["odoo_id"])
    assert mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, first + shared).added == 2


def test_whose_address_it_is_the_hub_knows_better_than_the_file(world: ClearWorld):
    address = next(line for line in exported(world) if b'"kind":"address"' in line)
    parents = world.w.rows(tables.mappings, "shopify_id", "parent_id")
    world.clear()
    mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, changed(address, parent_id=77))
    [(number, parent)] = world.w.rows(tables.mappings, "shopify_id", "parent_id")
    assert (number, parent) in parents


def test_a_pair_whose_record_goes_while_it_is_taken_in_is_forgotten_again(world: ClearWorld):
    """It would look like a record that somebody deleted, and hold the next sync."""
    customers = [line for line in exported(world) if b'"kind":"customer"' in line]
    world.clear()
    taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, b"".join(customers))
    assert taken.operation and taken.added == len(customers)
    gone = msgspec.json.decode(customers[-1])["odoo_id"]
    for rows in (world.w.odoo.rows("res.partner", [["parent_id", "=", gone]], "id"), [{"id": gone}]):
        world.w.odoo.does("res.partner", "unlink", ids=[row["id"] for row in rows])
    done = world.drive(taken.operation.id)
    assert done.receipt
    counted = done.receipt["kinds"]["customers"]["customer"]
    assert counted == {"planted": len(customers) - 1, "not_in_odoo": 1}
    assert world.pairs() == {MappedKind.CUSTOMER: len(customers) - 1}


def test_a_database_that_was_neutralised_since_is_noticed_before_anything_is_taken_in(world: ClearWorld):
    content = b"".join(exported(world))
    world.clear()
    world.w.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    with pytest.raises(Refused, match="held"):
        mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    assert world.pairs() == {} and world.w.odoo.external_ids() == {}


def test_it_is_not_taken_in_while_odoo_is_held_or_disconnected(world: ClearWorld):
    content = b"".join(exported(world))
    world.clear()
    world.w.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    with pytest.raises(Refused, match="held"):
        mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    with pytest.raises(Refused, match="disconnected"):
        mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
