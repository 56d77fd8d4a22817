"""The worker path of webhooks: signals read again by id, whatever their order, number and delay."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.db import tables
from mooring.domain.kinds import Kind
from tests.usecases.draining import (
    LATER,
    TYPES,
    calls,
    deliver,
    deliveries,
    drained,
    number,
    one,
    states,
)
from tests.usecases.importing import World, world

SIZES = {"customers": 40, "orders": 60, "products": 12}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=True) as made:
        yield made


def test_a_changed_record_is_read_again(shop: World) -> None:
    customer = shop.documents("Customer")[0]
    shop.change("Customer", customer | {"firstName": "Ada", "updatedAt": LATER})
    deliver(shop, "customers/update", number(customer["id"]))
    assert drained(shop) == 1
    assert one(shop, tables.customers, number(customer["id"]), "first_name") == "Ada"
    assert [(d.state, d.store_id) for d in deliveries(shop)] == [("done", shop.store_id)]
    assert shop.kind(Kind.CUSTOMERS).last_webhook_at is not None


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_read_again(shop: World, kind: Kind) -> None:
    document = shop.documents(TYPES[kind])[0]
    shop.change(TYPES[kind], document | {"updatedAt": LATER})
    deliver(shop, f"{kind}/update", number(document["id"]))
    drained(shop)
    assert states(shop) == ["done"]


def test_one_reading_settles_all_that_wait_for_a_record(shop: World) -> None:
    """A flood of signals for few records costs as few requests as the records do."""
    ids = [number(document["id"]) for document in shop.documents("Customer")][:20]
    dice = random.Random(3)
    for _ in range(400):
        deliver(shop, "customers/update", dice.choice(ids))
    before = calls(shop)
    drained(shop)
    assert set(states(shop)) == {"done"}
    assert calls(shop) - before == 1


def test_nothing_is_written_for_what_did_not_change(shop: World) -> None:
    before = shop.hub()
    for kind in Kind:
        for document in shop.documents(TYPES[kind]):
            deliver(shop, f"{kind}/update", number(document["id"]))
    drained(shop)
    assert set(states(shop)) == {"done"}
    assert shop.hub() == before
