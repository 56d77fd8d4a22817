"""Everything of a store as one ZIP: whole, safe to open, and made without keeping anything."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from mooring.db import audit, exporting, tables
from mooring.domain import sheets
from mooring.domain.rules import Role
from mooring.errors import NotAllowed, Refused
from mooring.usecases import export
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.deleting import ask
from tests.usecases.importing import PROJECT, World, world

SIZES = {"customers": 30, "orders": 25, "products": 6}
WANTED = {"customers", "orders", "order_lines", "products", "variants", "collections"}


@pytest.fixture
def here(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, imported=True) as made:
        yield made


def files(here: World) -> dict[str, str]:
    made = export.export(here.app, SYSTEM, here.store_id)
    with zipfile.ZipFile(io.BytesIO(b"".join(made.chunks))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_row_and_every_record_is_in_it(here: World) -> None:
    found = files(here)
    assert {f"{name}.csv" for name in WANTED} <= found.keys()
    for name in WANTED | {"addresses", "refunds"}:
        table = tables.metadata.tables[name]
        there = {str(hub_id): body for hub_id, body in here.rows(table, "hub_id", "body")}
        assert {row["hub_id"] for row in rows(found[f"{name}.csv"])} == there.keys()
        lines = [json.loads(line) for line in found[f"{name}.jsonl"].splitlines()]
        assert {str(line["hub_id"]): line["record"] for line in lines} == {
            hub_id: json.loads(body) for hub_id, body in there.items()
        }
    assert len(rows(found["collection_products.csv"])) == here.count(tables.collection_products)


def test_what_is_ours_alone_is_not(here: World) -> None:
    columns = {name for text in files(here).values() for name in text.partition("\r\n")[0].split(",")}
    assert not columns & {"store_id", "content_hash", "search", "email_key", "body", "detail_due"}


def test_amounts_and_moments_stay_what_they_are(here: World) -> None:
    orders = {row["shopify_id"]: row for row in rows(files(here)["orders.csv"])}
    for shopify_id, total, processed in here.rows(tables.orders, "shopify_id", "total", "processed_at"):
        assert orders[str(shopify_id)]["total"] == format(total, "f")
        assert orders[str(shopify_id)]["processed_at"] == processed.isoformat()


# -- formulas ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_text_is_no_formula(name: str) -> None:
    assert sheets.cell(name) == f"'{name}"
    assert next(csv.reader(io.StringIO(sheets.lines([[name]]), newline="")))[0].startswith("'")


@pytest.mark.parametrize(
    ("value", "said"), [("a=b", "a=b"), (None, ""), (-5, "-5"), (True, "true"), ("", ""), ("O'Brien", "O'Brien")]
)
def test_other_values_are_as_they_are(value: Any, said: str) -> None:
    assert sheets.cell(value) == said


def test_names_of_customers_cannot_be_formulas(here: World) -> None:
    name = '=cmd|"/c calc"!A1'
    now = here.app.clock.now()
    with here.app.db.write() as connection:
        connection.execute(
            insert(tables.customers).values(
                store_id=here.store_id, shopify_id=1, first_name=name, phone="+491511", fetched_at=now, updated_at=now,
                content_hash=b"", body=json.dumps({"firstName": name}),
            )
        )  # fmt: skip
    found = files(here)
    row = next(row for row in rows(found["customers.csv"]) if row["shopify_id"] == "1")
    assert (row["first_name"], row["phone"]) == (f"'{name}", "'+491511")
    lines = [json.loads(line) for line in found["customers.jsonl"].splitlines()]
    assert next(line["record"] for line in lines if line["shopify_id"] == 1) == {"firstName": name}


# -- whole or not at all -------------------------------------------------------------------------------------------


def test_a_delete_that_begins_meanwhile_breaks_it_off(here: World) -> None:
    chunks = export.export(here.app, SYSTEM, here.store_id).chunks
    taken = [next(chunks)]
    ask(here.app, SYSTEM, here.store_id)
    with pytest.raises(Refused, match="deleted"):
        taken.extend(chunks)
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(taken)))
    with pytest.raises(Refused, match="deleted"):
        export.export(here.app, SYSTEM, here.store_id)


def test_only_an_admin_may_and_the_log_says_who_did(here: World) -> None:
    who = Who("somebody", "Somebody", roles={PROJECT: Role.EDITOR})
    with pytest.raises(NotAllowed):
        export.export(here.app, who, here.store_id)
    export.export(here.app, SYSTEM, here.store_id)
    with here.app.db.read() as connection:
        events = [one["event"] for one in audit.of_project(connection, PROJECT)]
    assert events.count("store.exported") == 1


def test_it_leaves_no_file_behind(here: World, data_dir: Path) -> None:
    before = sorted(path.name for path in data_dir.rglob("*"))
    files(here)
    assert sorted(path.name for path in data_dir.rglob("*")) == before


# -- any size ------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_store(here: World) -> None:
    """Thirty megabytes of bodies go through; what is held at once is a page and a piece of the ZIP."""
    now, body = here.app.clock.now(), json.dumps({"text": "x" * 6_000})
    row = {"store_id": here.store_id, "fetched_at": now, "updated_at": now, "content_hash": b"", "body": body}
    with here.app.db.write() as connection:
        connection.execute(insert(tables.customers), [row | {"shopify_id": n} for n in range(1, 5_001)])
    chunks = export.export(here.app, SYSTEM, here.store_id).chunks
    tracemalloc.start()
    assert sum(map(len, chunks)) > 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 25_000_000


@pytest.mark.parametrize("table", [tables.customers, tables.collection_products, tables.order_lines])
def test_pages_leave_nothing_out_and_repeat_nothing(here: World, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 3)
    read = list(exporting.rows(here.app.db.read, table, here.store_id))
    with here.app.db.read() as connection:
        there = connection.execute(select(table).where(table.c.store_id == here.store_id)).all()
    assert sorted(map(repr, read)) == sorted(repr(tuple(row)) for row in there)
