"""Connecting a project to its Odoo: the test, what is refused and in which words, another key, connecting again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.usecases import odoo_connect, odoo_gate
from mooring.usecases.who import SYSTEM
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import OdooWorld, odoo_world


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
