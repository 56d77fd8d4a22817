"""A backup has the key of an Odoo that was disconnected since: accepting the restore closes the connection again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from mooring.db import odoo, tables
from mooring.usecases import ledger, odoo_connect, odoo_disconnect, restore
from mooring.usecases.odoo_connect import Wish
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo
from tests.usecases.world import World


@pytest.fixture
def there() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


def connect(world: World, there: Odoo) -> None:
    wish = Wish(there.url, DATABASE, LOGIN, there.key)
    odoo_connect.request(world.app, world.admin, world.project, wish)
    world.advance(seconds=60)


def kept(world: World) -> dict[str, Any]:
    row = tables.odoo_connections
    with world.app.db.read() as connection:
        return dict(connection.execute(select(row)).one()._mapping)


def put_back(world: World, copy: dict[str, Any]) -> None:
    """The row of the connection as it was when the backup was made."""
    with world.app.db.write() as connection:
        connection.execute(update(tables.odoo_connections).values(**copy))


def state(world: World) -> tuple[str, bool]:
    """Also whether there is a key."""
    row = kept(world)
    return row["state"], row["key"] is not None


def test_one_that_was_disconnected_since_is_disconnected_again_without_a_call(world: World, there: Odoo) -> None:
    connect(world, there)
    copy = kept(world)
    odoo_disconnect.request(world.app, world.admin, world.project)
    put_back(world, copy)
    there.forget()
    assert restore.compare(world.app) is True
    shown = restore.preview(world.app, world.admin)
    assert shown.facts["disconnects"] == [shown.odoo[0].sentence]
    assert there.url in shown.odoo[0].sentence
    done = restore.accept(world.app, world.admin, shown.token)
    assert (done.odoo, state(world), there.calls()) == (1, ("disconnected", False), {})
    assert restore.compare(world.app) is False


def test_one_that_was_connected_anew_since_is_closed_as_well(world: World, there: Odoo) -> None:
    """The copy has the former key, perhaps of another Odoo: nobody knows whether that one is still meant."""
    connect(world, there)
    copy = kept(world)
    odoo_disconnect.request(world.app, world.admin, world.project)
    world.advance(seconds=60)
    connect(world, there)
    assert restore.compare(world.app) is False
    put_back(world, copy)
    assert restore.compare(world.app) is True
    restore.accept(world.app, world.admin, restore.preview(world.app, world.admin).token)
    assert state(world) == ("disconnected", False)
    connect(world, there)
    assert (state(world), restore.compare(world.app)) == (("connected", True), False)


def test_a_line_that_a_crash_left_out_is_written_at_the_next_start(world: World, there: Odoo) -> None:
    connect(world, there)
    copy = kept(world)
    with world.app.db.write() as connection:
        odoo_disconnect.close(world.app, connection, world.admin, odoo.load(connection, world.project))
    assert not [line for line in world.app.ledger.entries() if line["event"] == "odoo_disconnected"]
    ledger.mend(world.app)
    assert ledger.mend(world.app) == 0
    put_back(world, copy)
    assert restore.compare(world.app) is True


def test_a_line_that_is_none_is_passed_over(world: World, there: Odoo) -> None:
    connect(world, there)
    for line in ({"event": "odoo_disconnected"}, {"event": "odoo_disconnected", "project": "x", "at": "never"}):
        world.app.ledger.append(line)
    assert restore.compare(world.app) is False
