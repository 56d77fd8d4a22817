"""After a delete not one personal byte is left: in no file of the data directory, in no column, in no log line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from mooring.app import WORKS
from mooring.db import operations, tables
from mooring.domain.consent import Channel
from mooring.domain.kinds import Kind
from mooring.domain.rules import Work
from mooring.usecases import edits, engagement, export, recover, suppression
from mooring.usecases.engagement import Told
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing, rehearsing  # noqa: F401 - a fixture
from tests.cli.test_stores_delete import imported
from tests.security.canaries import CANARIES, EDITED, in_files, in_tables, plant
from tests.usecases.deleting import erase
from tests.usecases.draining import deliver, drained, start_sync
from tests.usecases.importing import PROJECT, SCOPES, World, world

SIZES = {"customers": 30, "orders": 40, "products": 5}
PERMITTED = (*SCOPES, "read_all_orders", "write_customers")


@pytest.fixture
def here(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=PERMITTED, fresh=True) as made:
        yield made


def found(here: World, data_dir: Path) -> dict[str, list[str]]:
    in_the_database = in_tables(here.app.db) if here.app.db.dialect == "postgresql" else {}
    return in_files(data_dir) | in_the_database


def live_a_little(here: World) -> None:
    """Everything that writes something personal somewhere: import, webhooks, changes, recovery, export, suppression."""
    customer, order = plant(here.sandbox.state, here.shop_id)
    here.settings(profile_data=True, engagement=True)
    start_sync(here)
    here.run_import()
    hub_id = here.rows(tables.customers, "shopify_id", "hub_id")[0][1]
    edits.change(here.app, SYSTEM, hub_id, {"email_subscription": "UNSUBSCRIBED"})
    engagement.tell(here.app, SYSTEM, hub_id, Told(last_open_at=here.app.clock.now(), total_messages=7))
    edits.change(here.app, SYSTEM, without_a_name(here), {"first_name": EDITED["edited name"]})
    change_at_the_merchant_s(here, customer)
    recover.request(here.app, SYSTEM, here.store_id, Kind.CUSTOMERS, CANARIES["e-mail"])
    recover.request(here.app, SYSTEM, here.store_id, Kind.ORDERS, order)
    assert b"".join(export.export(here.app, SYSTEM, here.store_id).chunks).startswith(b"PK")
    suppression.suppress_by_admin(here.app, SYSTEM, PROJECT, Channel.EMAIL, CANARIES["e-mail"])


def without_a_name(here: World) -> int:
    """The hub id of a customer whose first name is missing, so that it can be filled in here."""
    doc = here.documents("Customer")[1]
    here.change("Customer", doc | {"firstName": None, "updatedAt": "2030-01-01T00:00:00Z"})
    here.run_import(Kind.CUSTOMERS)
    wanted = int(doc["id"].rpartition("/")[2])
    return next(hub_id for number, hub_id in here.rows(tables.customers, "shopify_id", "hub_id") if number == wanted)


def change_at_the_merchant_s(here: World, customer: str) -> None:
    doc = next(one for one in here.documents("Customer") if one["id"] == customer)
    address = doc["addressesV2"][0] | {"company": EDITED["edited company"]}
    changed = {"addressesV2": [address, *doc["addressesV2"][1:]], "updatedAt": "2030-01-02T00:00:00Z"}
    here.change("Customer", doc | changed)
    deliver(here, "customers/update", int(customer.rpartition("/")[2]))
    drained(here)


def test_no_personal_byte_is_left(here: World, data_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    live_a_little(here)
    before = found(here, data_dir)
    assert {what for names in before.values() for what in names} == {*CANARIES, *EDITED}, "the test has to see them"
    done = erase(here.app, SYSTEM, here.store_id)
    assert (done.state, done.error) == ("done", None)
    assert found(here, data_dir) == {}
    logged = "".join(capfd.readouterr())
    assert [what for what, words in (CANARIES | EDITED).items() if words in logged] == []


def test_nor_is_anything_in_a_copy_of_the_open_database(here: World, data_dir: Path) -> None:
    """Who takes the files away while Mooring runs finds as little as who opens them with SQLite's own tools."""
    if here.app.db.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are its own")
    live_a_little(here)
    erase(here.app, SYSTEM, here.store_id)
    wal = data_dir / "mooring.db-wal"
    assert not wal.exists() or wal.stat().st_size < 200_000, "the log was emptied before the card was closed"
    with sqlite3.connect(data_dir / "mooring.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        dump = "\n".join(copy.iterdump()).lower()
    assert [what for what, words in (CANARIES | EDITED).items() if words.lower() in dump] == []


def test_what_stays_of_the_operations_names_nobody(here: World) -> None:
    live_a_little(here)
    erase(here.app, SYSTEM, here.store_id)
    with here.app.db.read() as connection:
        rows = connection.execute(select(tables.operations).where(tables.operations.c.kind != Work.DELETE)).all()
        trail = repr(connection.execute(select(tables.audit)).all())
    assert {(row.arguments, row.cursor, row.counts, row.error) for row in rows} == {("{}", "{}", "{}", None)}
    ids = [str(number) for number in customer_ids(here)]
    assert [one for one in ids if one in trail or one in repr(rows)] == []


def customer_ids(here: World) -> list[int]:
    return [int(one["id"].rpartition("/")[2]) for one in here.documents("Customer")]


def test_a_write_back_that_was_under_way_leaves_nothing(here: World, data_dir: Path) -> None:
    live_a_little(here)
    with here.app.db.read() as connection:
        sending = operations.newest(connection, here.store_id, Work.WRITE_BACK)
    if sending is not None and not sending.finished:
        drive(here.app, sending.id, WORKS)
    erase(here.app, SYSTEM, here.store_id)
    assert found(here, data_dir) == {}


# -- the whole program ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_nor_with_the_server_running_its_engine_and_its_log(rehearsing: Rehearsing, data_dir: Path) -> None:  # noqa: F811
    shop_id = rehearsing.sandbox.state.shop_id("harbour")
    assert shop_id is not None
    plant(rehearsing.sandbox.state, shop_id)
    settings = {**rehearsing.settings, "MOORING_LOG_LEVEL": "debug"}
    imported(rehearsing, data_dir)
    with serving(data_dir, **settings) as running:
        before = {what for names in in_files(data_dir).values() for what in names}
        assert {"e-mail", "phone", "first name", "last name", "street", "tag", "note"} <= before
        asked = mooring("stores", "delete", SHOP, "--json", data_dir=data_dir, **settings)
        token = asked.stdout.rpartition('"confirm":"')[2].partition('"')[0]
        done = answer("stores", "delete", SHOP, "--confirm", token, data_dir=data_dir, **settings)
        assert done["state"] == "done"
        assert in_files(data_dir) == {}
        log = running.log.read_text().lower()
        assert [what for what, words in CANARIES.items() if words.lower() in log] == []
    assert in_files(data_dir) == {}
    assert (data_dir / "receipts.jsonl").stat().st_size > 0
