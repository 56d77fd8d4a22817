"""Records read by id: the same form and hash as out of a bulk file, and the same rules of what wins and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.db import stores
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.usecases import fetch, gate
from mooring.usecases.fetch import Fetched, FetchResult
from tests.usecases.importing import HUB_TABLES, World, world

SIZES = {"customers": 40, "orders": 250, "products": 30}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")
TYPES = {Kind.CUSTOMERS: "Customer", Kind.ORDERS: "Order", Kind.PRODUCTS: "Product", Kind.COLLECTIONS: "Collection"}
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES) as made:
        yield made


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def ids(shop: World, kind: Kind) -> list[int]:
    return [number(document["id"]) for document in shop.documents(TYPES[kind])]


def read(shop: World, kind: Kind, *which: int) -> Fetched:
    with shop.app.db.read() as connection:
        store = stores.load(connection, shop.store_id)
    ticket = gate.Ticket(store.id, store.generation, Purpose.IMPORT)
    return fetch.read(shop.app, ticket, store, kind, which or ids(shop, kind))


def write(shop: World, fetched: Fetched) -> FetchResult:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        return fetch.write(connection, shop.app, store, fetched)


def contents(shop: World) -> dict[str, object]:
    """Everything imported but hub ids, and but when and how it came."""
    left_out = {"hub_id", "fetched_at", "historic"}
    return {
        table.name: shop.rows(table, *(column.name for column in table.c if column.name not in left_out))
        for table in HUB_TABLES
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_what_came_by_bulk_is_unchanged_by_id(shop: World, kind: Kind) -> None:
    shop.run_import()
    before = shop.hub()
    fetched = read(shop, kind)
    assert (len(fetched.visible), fetched.missing) == (len(ids(shop, kind)), {})
    done = write(shop, fetched)
    assert (done.written, done.rows_written, done.removed_children, done.new) == (0, 0, 0, ())
    assert shop.hub() == before


def test_what_came_by_id_is_unchanged_by_bulk(shop: World) -> None:
    for kind in Kind:
        fetched = read(shop, kind)
        assert len(write(shop, fetched).new) == len(fetched.visible) == len(ids(shop, kind))
    before = contents(shop)
    receipt = shop.run_import().receipt
    assert receipt is not None
    for one in receipt["kinds"].values():
        assert (one["written"], one["rows_written"], one["removed"]) == (0, 0, 0)
    assert receipt["detail_requests"] == 0
    assert contents(shop) == before
