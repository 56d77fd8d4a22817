"""A file that is not whole fails loudly; what was written stays, nothing is removed, the catch-up point waits."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from mooring.db import tables
from mooring.domain.kinds import Kind
from mooring.ports import Shopify
from mooring.usecases import import_store_pieces
from mooring.usecases.operations_drive import Runner
from tests.usecases.changing import later
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 80, "orders": 90, "products": 12}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES) as made:
        yield made


FALSIFICATIONS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "truncate", "fraction": 0.6}, "ends in the middle of a line|missing"),
    ({"kind": "truncate", "fraction": 0.9999}, "ends in the middle of a line"),
    ({"kind": "drop_line"}, "1 is missing"),
    ({"kind": "double_line"}, "1 is too many"),
    ({"kind": "drop_and_double"}, "1 line came twice, so as many are missing"),
    ({"kind": "false_counts", "delta": 2}, "2 are missing"),
    ({"kind": "false_counts", "delta": -1}, "1 is too many"),
    ({"kind": "false_counts", "delta": 0, "root_delta": 1}, "81 records, 80 arrived"),
]


@pytest.mark.parametrize(("fault", "words"), FALSIFICATIONS)
def test_a_falsified_file_fails_loudly(shop: World, fault: dict[str, Any], words: str) -> None:
    shop.fault(operation="customers", **fault)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.state == "failed"
    state = shop.kind(Kind.CUSTOMERS)
    assert (state.state, state.verified, state.catch_up_point) == ("failed", False, None)
    assert state.error == operation.error
    assert re.search(words, state.error), state.error
    assert "Retry customers" in state.error
    assert 0 < shop.count(tables.customers) <= 80
    assert keys_left(shop) == 0


@pytest.mark.parametrize("kind", ["drop_line", "double_line", "drop_and_double"])
@pytest.mark.parametrize("seed", range(4))
def test_children_are_counted_too(shop: World, kind: str, seed: int) -> None:
    """Most lines of the orders' file are lines of orders."""
    shop.fault(kind, operation="orders", seed=seed)
    operation = shop.run_import(Kind.ORDERS)
    assert operation.state == "failed"
    assert not shop.kind(Kind.ORDERS).verified


def test_nothing_is_removed_by_a_file_that_is_not_proved(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = shop.hub()
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    shop.fault("truncate", operation="customers", fraction=0.5)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.state == "failed"
    assert shop.hub() == before
    assert shop.kind(Kind.CUSTOMERS).catch_up_point == point


def test_a_retry_heals(shop: World) -> None:
    shop.fault("drop_line", operation="customers")
    assert shop.run_import(Kind.CUSTOMERS).state == "failed"
    assert shop.run_import(Kind.CUSTOMERS).state == "done"
    state = shop.kind(Kind.CUSTOMERS)
    assert (state.state, state.verified, state.error, state.count) == ("synced", True, None, 80)
    assert state.attempts == 2


def test_one_kind_fails_the_others_go_on(shop: World) -> None:
    shop.fault("drop_line", operation="orders")
    operation = shop.run_import()
    assert operation.state == "failed"
    assert operation.receipt is not None
    states = {kind: found["state"] for kind, found in operation.receipt["kinds"].items()}
    assert states == {"customers": "synced", "orders": "failed", "products": "synced", "collections": "synced"}
    assert shop.kind(Kind.PRODUCTS).state == "synced"


def test_an_export_that_shopify_gives_up_is_asked_for_again(shop: World) -> None:
    shop.fault("fail", operation="customers", times=2)
    assert shop.run_import(Kind.CUSTOMERS).state == "done"
    assert shop.count(tables.customers) == 80


def test_an_export_that_shopify_always_gives_up_fails_in_words(shop: World) -> None:
    shop.fault("fail", operation="customers", times=None)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.state == "failed"
    assert "ended the export of customers 4 times (failed)" in (operation.error or "")
    assert shop.count(tables.customers) == 0


def test_a_download_that_breaks_goes_on_at_the_byte(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_store_pieces, "CHUNK_LINES", 10)
    monkeypatch.setattr(import_store_pieces, "CHUNK_BYTES", 4_000)
    shop.fault("cut", on="download", sent_bytes=20_000, times=2)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.state == "done"
    assert shop.count(tables.customers) == 80
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["rows_unchanged"] == 0
    ranges = [entry for entry in shop.sandbox.log.entries() if entry.path.startswith("/_storage/")]
    assert len(ranges) == 3


class Altered:
    """Shopify as it is, except that its files are altered on their way."""

    def __init__(self, inner: Shopify, alter: Callable[[bytes], bytes]) -> None:
        self._inner, self._alter = inner, alter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextlib.contextmanager
    def open_file(self, url: str, first_byte: int) -> Iterator[Iterator[bytes]]:
        with self._inner.open_file(url, first_byte) as blocks:
            yield iter([self._alter(b"".join(blocks))])


def alter(shop: World, how: Callable[[bytes], bytes]) -> None:
    object.__setattr__(shop.app, "shopify", Altered(shop.app.shopify, how))


def with_line(number: int, text: bytes) -> Callable[[bytes], bytes]:
    def alter(data: bytes) -> bytes:
        lines = data.split(b"\n")
        return b"\n".join([*lines[: number - 1], text, *lines[number:]])

    return alter


ALTERATIONS = [
    (with_line(7, b"<html>gateway</html>"), "Line 7 of the file Shopify made for customers is not readable JSON"),
    (with_line(7, b'{"id":"gid:\\/\\/shopify\\/Customer\\/9","firstName":5}'), "Line 7 .* does not have the shape"),
    (with_line(7, b'{"id":"gid:\\/\\/shopify\\/Customer\\/x","updatedAt":"now"}'), "an id or a date that is none"),
    (with_line(7, b'{"id":"gid:\\/\\/shopify\\/Metafield\\/9"}'), "holds a record that was not asked for"),
    (with_line(7, b""), "1 is missing"),
    (lambda data: data[:-1], "ends in the middle of a line"),
    (lambda data: b"", "Shopify announced .* lines, 0 arrived"),
]


@pytest.mark.parametrize(("how", "words"), ALTERATIONS)
def test_a_file_altered_on_its_way_fails_in_words(shop: World, how: Callable[[bytes], bytes], words: str) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = shop.hub()
    alter(shop, how)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.state == "failed"
    assert re.search(words, operation.error or ""), operation.error
    assert "has not moved" in (operation.error or "")
    assert shop.hub() == before


def test_blank_lines_at_the_end_are_no_lines(shop: World) -> None:
    alter(shop, lambda data: data + b"\n  \n")
    assert shop.run_import(Kind.CUSTOMERS).state == "done"


def test_a_lost_answer_starts_no_second_export(shop: World) -> None:
    shop.fault("lost_answer", operation="bulkOperationRunQuery")
    assert shop.run_import(Kind.CUSTOMERS).state == "done"
    assert len(shop.documents("BulkOperation")) == 1


def test_shopify_may_have_no_room(shop: World) -> None:
    shop.sandbox.settings.change({"bulk_limit": 1, "bulk_by_clock": True, "bulk_seconds": 1.0})
    runner, operation = Runner(shop.app, "worker", WORKS, ENDINGS), shop.issue()
    while (wait := runner.advance(operation.id)) is not None:
        later(shop, timedelta(seconds=wait))
    assert shop.operation(operation.id).state == "done"
    assert {shop.kind(kind).state for kind in Kind} == {"synced"}


def keys_left(shop: World) -> int:
    with shop.app.db.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.import_chunks)).scalar_one()
