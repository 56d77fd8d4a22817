"""Turns, kinds and the connection's row: one holder at a time, defaults where nothing is stored, compare and set."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from mooring.db import migrate, odoo, odoo_kinds, odoo_turns
from mooring.db.database import Database
from mooring.db.tables import projects, shopify_apps, stores
from mooring.domain.mapping import SyncKind
from mooring.errors import Conflict, NotFound, Stale

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TURN = ("uuid", "res.partner")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    db = Database(database_url)
    migrate.upgrade(db)
    with db.write() as connection:
        connection.execute(insert(projects).values(id="p", name="First", created_at=NOW))
        connection.execute(
            insert(shopify_apps).values(id="a", name="App", client_id="c", client_secret=b"s", created_at=NOW)
        )
        connection.execute(
            insert(stores).values(
                id="s", project_id="p", app_id="a", state="connected", generation=1, state_since=NOW,
                shop_id=5, shop_domain="harbour.myshopify.com", name="Harbour", created_at=NOW,
            )
        )  # fmt: skip
    yield db
    db.close()


def take(db: Database, holder: str, epoch: int = 1, *, at: datetime = NOW, turn: tuple[str, str] = TURN) -> bool:
    with db.write() as connection:
        return odoo_turns.take(connection, *turn, holder=holder, epoch=epoch, at=at, until=at + MINUTE)


def holds(db: Database, holder: str, epoch: int = 1, *, at: datetime = NOW) -> bool:
    with db.read() as connection:
        return odoo_turns.holds(connection, *TURN, holder=holder, epoch=epoch, at=at)


# -- turns ---------------------------------------------------------------------------------------------------------


def test_one_at_a_time_until_it_is_released(db: Database) -> None:
    assert take(db, "one")
    assert not take(db, "two")
    assert holds(db, "one") and not holds(db, "two")
    with db.write() as connection:
        odoo_turns.release(connection, *TURN, holder="two", epoch=1)
    assert not take(db, "two")
    with db.write() as connection:
        odoo_turns.release(connection, *TURN, holder="one", epoch=1)
    assert take(db, "two")


def test_models_and_databases_have_turns_of_their_own(db: Database) -> None:
    assert take(db, "one")
    assert take(db, "two", turn=("uuid", "product.template"))
    assert take(db, "two", turn=("other", "res.partner"))


def test_ones_own_turn_is_prolonged(db: Database) -> None:
    assert take(db, "one")
    assert take(db, "one", at=NOW + MINUTE / 2)
    assert holds(db, "one", at=NOW + MINUTE)
    assert not take(db, "two", at=NOW + MINUTE)


def test_a_turn_whose_time_has_run_out_is_taken_over(db: Database) -> None:
    assert take(db, "one")
    assert not holds(db, "one", at=NOW + MINUTE)
    assert take(db, "two", at=NOW + MINUTE)
    assert not take(db, "one", at=NOW + MINUTE)


def test_a_newer_epoch_takes_the_turn_from_its_own_past_and_never_gives_it_back(db: Database) -> None:
    assert take(db, "one", 1)
    assert take(db, "one", 2)
    assert not take(db, "one", 1)
    assert holds(db, "one", 2) and not holds(db, "one", 1)


def test_of_many_at_once_one_gets_it(db: Database) -> None:
    begun, got = threading.Barrier(6), list[str]()

    def try_(name: str) -> None:
        begun.wait()
        if take(db, name):
            got.append(name)

    threads = [threading.Thread(target=try_, args=(f"worker {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(got) == 1


# -- kinds ---------------------------------------------------------------------------------------------------------


def test_what_nobody_has_set_is_the_default(db: Database) -> None:
    with db.read() as connection:
        found = odoo_kinds.of_store(connection, "s")
    assert list(found) == list(SyncKind)
    assert {(one.auto, one.master, one.epoch, one.held_since, one.definitions) for one in found.values()} == {
        (False, None, 1, None, "none")
    }


def test_a_change_and_an_epoch_are_of_one_kind(db: Database) -> None:
    with db.write() as connection:
        odoo_kinds.change(connection, "s", SyncKind.CUSTOMERS, auto=True, synced_at=NOW)
        assert odoo_kinds.raise_epoch(connection, "s", SyncKind.CUSTOMERS) == 2
        assert odoo_kinds.raise_epoch(connection, "s", SyncKind.PRODUCTS) == 2
        assert odoo_kinds.raise_epoch(connection, "s", SyncKind.PRODUCTS) == 3
        customers = odoo_kinds.load(connection, "s", SyncKind.CUSTOMERS)
        orders = odoo_kinds.load(connection, "s", SyncKind.ORDERS)
    assert (customers.auto, customers.synced_at, customers.epoch) == (True, NOW, 2)
    assert (orders.auto, orders.epoch) == (False, 1)


# -- the connection ------------------------------------------------------------------------------------------------


def facts(**other: Any) -> dict[str, Any]:
    usual = {
        "url": "https://odoo.test", "database": "shop", "login": "admin", "key": b"sealed", "protocol": "json2",
        "server_version": "19.0", "user_id": 2, "company_id": 1, "details": "{}", "fingerprint": "uuid/1",
        "state": "connected", "state_since": NOW, "connected_at": NOW, "connected_by": "cli",
    }  # fmt: skip
    return usual | other


def test_a_row_is_changed_only_as_it_was_seen(db: Database) -> None:
    with db.write() as connection:
        made = odoo.put(connection, "p", before=None, **facts())
        held = odoo.change(connection, made, state="held", generation=2)
        with pytest.raises(Conflict):
            odoo.change(connection, made, state="disconnected")
        with pytest.raises(Stale):
            odoo.fence(connection, "p", 1)
        assert odoo.fence(connection, "p", 2) == held
        again = odoo.put(connection, "p", before=held, **facts(database="other"))
    assert (again.generation, again.database) == (3, "other")


def test_an_error_is_said_of_the_generation_that_met_it(db: Database) -> None:
    with db.write() as connection:
        odoo.put(connection, "p", before=None, **facts())
        odoo.note_error(connection, "p", 7, "Late")
        assert odoo.load(connection, "p").error is None
        odoo.note_error(connection, "p", 1, "Odoo does not answer.")
        assert odoo.load(connection, "p").error == "Odoo does not answer."


def test_a_project_without_an_odoo_says_so(db: Database) -> None:
    with db.read() as connection, pytest.raises(NotFound, match="not connected to an Odoo"):
        odoo.load(connection, "p")
