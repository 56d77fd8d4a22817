"""A request to be erased goes its whole way: signed by Shopify, over real HTTP, through intake and worker, until the
hub holds nothing of the customer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mooring.db import operations, privacy, tables
from mooring.db.privacy import REDACT
from mooring.domain.rules import Work
from mooring.usecases import drain, privacy_redact
from mooring.usecases.operations_drive import drive
from mooring.web.app import create
from tests.support.serving import served
from tests.usecases.draining import deliver, store
from tests.usecases.importing import PROJECT, World, world


@pytest.fixture
def shop(database_url: str, data_dir: Path, free_port: int) -> Iterator[World]:
    """Imported, and its Shopify app sends privacy requests to the real application."""
    sizes: dict[str, Any] = {"customers": 5, "orders": 8}
    with world(database_url, data_dir, sizes=sizes) as made, served(create(made.app), free_port) as address:
        made.run_import()
        hooks = f"{address}/hooks/{store(made).app_id}"
        made.sandbox.apps.change(made.sandbox.apps.all()[0].id, {"subscriptions": [{"topic": REDACT, "uri": hooks}]})
        yield made


def ask_for_erasure(shop: World, customer: dict[str, Any], orders: list[int]) -> None:
    """As Shopify does: a signed delivery for the app's own address."""
    app = shop.sandbox.apps.all()[0]
    person = {"id": shopify_id(customer), "email": customer.get("email"), "phone": customer.get("phone")}
    assert shop.sandbox.webhooks.privacy(shop.shop_id, app, REDACT, person, orders) == 1
    while shop.sandbox.webhooks.sender.round():
        pass
    assert [one.status for one in shop.sandbox.webhooks.outbox.all(shop.shop_id, 10)] == ["delivered"]


def shopify_id(document: dict[str, Any]) -> int:
    return int(document["id"].rpartition("/")[2])


def known(shop: World) -> set[int]:
    return {row[0] for row in shop.rows(tables.customers, "shopify_id")}


def test_a_redaction_sent_by_shopify_ends_in_an_erased_customer(shop: World) -> None:
    customer = shop.documents("Customer")[0]
    theirs = [shopify_id(one) for one in shop.documents("Order") if one.get("customerId") == customer["id"]]
    assert shopify_id(customer) in known(shop)
    ask_for_erasure(shop, customer, theirs)

    drain.drain_all(shop.app)
    with shop.app.db.read() as connection:
        (operation,) = [one for one in operations.unfinished(connection, shop.store_id) if one.kind is Work.REDACT]
    assert drive(shop.app, operation.id, {Work.REDACT: privacy_redact.advance}).state == "done"
    assert shopify_id(customer) not in known(shop)
    assert len(known(shop)) == 4
    with shop.app.db.read() as connection:
        (request,) = privacy.of_project(connection, PROJECT, limit=5)
    assert (request.state, (request.receipt or {})["counts"]["customers"]) == ("done", 1)


def test_a_request_that_cannot_be_read_does_not_keep_the_records_from_their_turn(shop: World) -> None:
    customers = shop.documents("Customer")
    ask_for_erasure(shop, customers[0], [])
    deliver(shop, "customers/update", shopify_id(customers[1]))
    spoil(shop, "no list")
    assert drain.drain_all(shop.app) == 1
    spoil(shop, "[]")
    drain.drain_all(shop.app)
    with shop.app.db.read() as connection:
        assert [one.state for one in privacy.of_project(connection, PROJECT, limit=5)] == ["open"]


def spoil(shop: World, order_ids: str) -> None:
    with shop.app.db.write() as connection:
        connection.execute(update(tables.privacy_requests).values(order_ids=order_ids))
