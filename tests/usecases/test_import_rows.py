"""The fast path into the hub, on both databases: what wins is written, and counted exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import records, records_chunks, tables
from mooring.db.bulk import Written
from mooring.domain.kinds import Kind
from mooring.domain.records import Address, Customer
from mooring.domain.translate_rows import ADDRESS, COLLECTION, CUSTOMER, MEMBERSHIP, Row, Stamp
from tests.usecases.importing import World, world

EARLY, MIDDLE, LATE = (f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3))


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes={}) as made:
        yield made


def customer(shop: World, number: int, name: str, updated: str = MIDDLE, fetched: str = MIDDLE) -> Row:
    record = Customer(id=f"gid://shopify/Customer/{number}", first_name=name, updated_at=updated)
    return CUSTOMER.row(record, Stamp(shop.store_id, fetched))


def address(shop: World, number: int, owner: int, city: str, fetched: str = MIDDLE) -> Row:
    record = Address(
        id=f"x/MailingAddress/{number}?model_name=CustomerAddress", parent_id=f"x/Customer/{owner}", city=city
    )
    return ADDRESS.row(record, Stamp(shop.store_id, fetched))


def write(shop: World, *rows: Row) -> Written:
    with shop.app.db.write() as connection:
        return records.write_roots(connection, CUSTOMER, shop.store_id, rows)


def write_addresses(shop: World, *rows: Row, fetched: str = MIDDLE) -> tuple[int, int]:
    with shop.app.db.write() as connection:
        written, passed = records.write_children(connection, ADDRESS, CUSTOMER, shop.store_id, rows, fetched)
    return written.written, passed


def names(shop: World) -> dict[int, Any]:
    return {row[0]: row[1] for row in shop.rows(tables.customers, "shopify_id", "first_name")}


def test_counts_are_exact(shop: World) -> None:
    assert write(shop) == Written(0, 0, ())
    first = write(shop, customer(shop, 1, "Ann"), customer(shop, 2, "Bob"))
    assert (first, first.unchanged) == (Written(2, 2, (1, 2)), 0)
    second = write(shop, customer(shop, 1, "Ann"), customer(shop, 2, "Ben"), customer(shop, 3, "Cy"))
    assert (second, second.unchanged) == (Written(3, 2, (3,)), 1)
    assert names(shop) == {1: "Ann", 2: "Ben", 3: "Cy"}


def test_a_row_that_comes_twice_is_new_once(shop: World) -> None:
    found = write(shop, customer(shop, 1, "Ann"), customer(shop, 1, "Ann"))
    assert (found.written, found.new) == (1, (1,))


WINS = [
    (LATE, MIDDLE, True),
    (MIDDLE, LATE, True),
    (MIDDLE, MIDDLE, True),
    (MIDDLE, EARLY, False),
    (EARLY, LATE, False),
    (LATE, EARLY, True),
]


@pytest.mark.parametrize(("updated", "fetched", "wins"), WINS)
def test_the_later_answer_wins(shop: World, updated: str, fetched: str, wins: bool) -> None:
    write(shop, customer(shop, 1, "Old"))
    found = write(shop, customer(shop, 1, "New", updated, fetched))
    assert (found.written, names(shop)[1]) == ((1, "New") if wins else (0, "Old"))


def test_children_do_not_overtake_a_newer_record(shop: World) -> None:
    write(shop, customer(shop, 1, "Ann", fetched=LATE), customer(shop, 2, "Bob", fetched=EARLY))
    rows = [address(shop, 11, 1, "Lund"), address(shop, 12, 2, "Rome"), address(shop, 13, 99, "Oslo")]
    assert write_addresses(shop, *rows) == (2, 1)
    assert shop.rows(tables.addresses, "shopify_id", "customer_id") == [(12, 2), (13, 99)]


def test_a_child_that_moved_is_written_although_its_content_is_the_same(shop: World) -> None:
    write_addresses(shop, address(shop, 11, 1, "Lund"))
    assert write_addresses(shop, address(shop, 11, 1, "Lund")) == (0, 0)
    assert write_addresses(shop, address(shop, 11, 2, "Lund")) == (1, 0)
    assert shop.rows(tables.addresses, "shopify_id", "customer_id") == [(11, 2)]


def test_memberships_are_there_or_not(shop: World) -> None:
    rows = [(shop.store_id, 7, 1), (shop.store_id, 7, 2), (shop.store_id, 8, 1)]
    for wanted in (3, 0):
        with shop.app.db.write() as connection:
            found, _ = records.write_children(connection, MEMBERSHIP, COLLECTION, shop.store_id, rows, MIDDLE)
        assert found.written == wanted


def test_an_unchanged_row_uses_up_no_hub_id(shop: World) -> None:
    write(shop, customer(shop, 1, "Ann"))
    for _ in range(3):
        write(shop, customer(shop, 1, "Ann"))
    write(shop, customer(shop, 2, "Bob"))
    assert [row[0] for row in shop.rows(tables.customers, "hub_id")] == [1, 2]


def test_many_rows_in_one_go(shop: World) -> None:
    found = write(shop, *(customer(shop, number, f"Name {number}") for number in range(1, 5_001)))
    assert found.written == 5_000
    with shop.app.db.write() as connection:
        assert records.join_list(connection, shop.store_id, found.new, "list-1") == 5_000
        assert records.join_list(connection, shop.store_id, found.new, "list-1") == 0


def test_bodies_come_back(shop: World) -> None:
    write(shop, customer(shop, 1, 'A "quoted" \u2028 näme 🦀'))
    with shop.app.db.read() as connection:
        found = records.bodies(connection, CUSTOMER, shop.store_id, [1, 2])
    assert found == {1: '{"firstName":"A \\"quoted\\" \u2028 näme 🦀"}'}


def test_keys_of_a_file_come_chunk_by_chunk(shop: World) -> None:
    operation = shop.issue(Kind.CUSTOMERS).id
    with shop.app.db.write() as connection:
        for at in range(200):
            records_chunks.add(
                connection, operation, Kind.CUSTOMERS, first_byte=at, end_byte=at + 1, lines=1, keys=bytes([at])
            )
    with shop.app.db.read() as connection:
        assert b"".join(records_chunks.keys(connection, operation, Kind.CUSTOMERS)) == bytes(range(200))
    with shop.app.db.write() as connection:
        assert records_chunks.clear(connection, operation, Kind.CUSTOMERS) == 200
        assert connection.execute(select(tables.import_chunks)).first() is None
