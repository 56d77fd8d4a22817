"""A hub filled without a shop: what the benchmarks of the Odoo side begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog
from sqlalchemy import insert

from mooring.app import Built, build
from mooring.db import people, records, stores
from mooring.db.tables import shopify_apps
from mooring.domain import records as r
from mooring.domain.lifecycle import Event
from mooring.domain.translate_rows import ADDRESS, CUSTOMER, Row, Stamp
from mooring.settings import load

AT = "2026-11-01T10:00:00Z"
PROJECT, STORE, SHOP_ID = "bench", "bench-store", 77
_CHUNK = 2_000


def mooring(database_url: str, folder: Path, customers: int) -> Built:
    """A Mooring without its engine, with one store of so many customers, a third of them with two addresses."""
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = load(data_dir=folder, database_url=database_url, shopify_url="http://127.0.0.1:1/{shop}")
    built = build(settings, with_engine=False, logger=structlog.get_logger())
    app, now = built.app, built.app.clock.now()
    with app.db.write() as connection:
        people.create_project(connection, id=PROJECT, name="Bench", at=now)
        facts = {"id": "app", "name": "Bench", "client_id": "bench", "client_secret": b"", "created_at": now}
        connection.execute(insert(shopify_apps).values(**facts))
        store = stores.create(
            connection, at=now, actor="bench", id=STORE, project_id=PROJECT, app_id="app", shop_id=SHOP_ID,
            shop_domain="bench.myshopify.com", name="Bench",
        )  # fmt: skip
        stores.take_claim(connection, store)
        stores.move(connection, stores.load(connection, STORE), Event.READY, at=now, actor="bench")
    for first in range(1, customers + 1, _CHUNK):
        fill(built, range(first, min(first + _CHUNK, customers + 1)))
    return built


def fill(built: Built, numbers: range) -> None:
    stamp = Stamp(STORE, AT)
    with built.app.db.write() as connection:
        roots = [CUSTOMER.row(_customer(number), stamp) for number in numbers]
        records.write_roots(connection, CUSTOMER, STORE, roots)
        below = [row for number in numbers for row in _addresses(number, stamp)]
        records.write_children(connection, ADDRESS, CUSTOMER, STORE, below, AT)


def _customer(number: int) -> r.Customer:
    return r.Customer(
        id=f"gid://shopify/Customer/{number}", updated_at=AT, first_name="Ann", last_name=f"Lee {number}",
        default_email_address=r.Email(email_address=f"ann.{number}@example.com"),
        default_phone_number=r.Phone(phone_number=f"+1555{number:07}"),
        default_address=r.Ref(f"gid://shopify/MailingAddress/{number * 10}"),
    )  # fmt: skip


def _addresses(number: int, stamp: Stamp) -> Iterator[Row]:
    for place in range(1 + (number % 3 == 0)):
        yield ADDRESS.row(r.Address(
            id=f"gid://shopify/MailingAddress/{number * 10 + place}", updated_at=AT, first_name="Ann",
            parent_id=f"gid://shopify/Customer/{number}", last_name=f"Lee {number}", address1=f"{number} Quay {place}",
            city="San Diego", zip="92101", country_code="US", province_code="CA",
        ), stamp)  # fmt: skip
