"""A store full of rows, made straight in the tables, for the benchmark of delete; and the bare script beside it."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Connection

from mooring.app import Built
from mooring.db import bulk, credentials, people, stores

STORE, PROJECT = "bench-store", "bench"
AT = "2026-11-22T00:00:00Z"
LINES_EACH = 1
CHUNK = 2_000
TABLES = ("list_members", "addresses", "customers", "order_lines", "refunds", "orders")
PRAGMAS = (
    "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY", "PRAGMA busy_timeout=10000", "PRAGMA cache_size=-65536",
)  # fmt: skip


# -- filling -------------------------------------------------------------------------------------------------------


def fill(built: Built, customers: int, orders: int) -> None:
    """One store with so many customers (an address each) and orders (a line each)."""
    app = built.app
    with app.db.write() as connection:
        people.create_project(connection, id=PROJECT, name="Bench", at=app.clock.now())
        _shopify_app(built, connection)
        stores.create(connection, at=app.clock.now(), actor="bench", id=STORE, project_id=PROJECT, app_id="bench-app",
                      shop_id=1, shop_domain="bench.myshopify.com", name="Bench")  # fmt: skip
    for table, columns, rows in _contents(customers, orders):
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        for batch in _batches(rows):
            with app.db.write() as connection:
                bulk.execute_many(connection, statement, batch)


def _shopify_app(built: Built, connection: Connection) -> None:
    credentials.put_app(connection, built.app.vault, id="bench-app", name="Bench", client_id="bench", secret="bench",
                        previous_secret=None, optional_scopes=frozenset(), from_settings=False,
                        at=built.app.clock.now())  # fmt: skip


def _contents(customers: int, orders: int) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    sealed = ("fetched_at", "content_hash", "body")
    yield (
        "customers",
        ("store_id", "shopify_id", "first_name", "last_name", "email", "email_key", "tags", "historic", "search",
         "updated_at", *sealed),
        (_customer(n) for n in range(customers)),
    )  # fmt: skip
    yield (
        "addresses",
        ("store_id", "shopify_id", "customer_id", "country_code", *sealed),
        ((STORE, n, n, "DE", AT, _hash(n), _body("address", n, 250)) for n in range(customers)),
    )
    yield (
        "orders",
        ("store_id", "shopify_id", "name", "customer_id", "currency", "presentment_currency", "total", "current_total",
         "presentment_total", "test", "tags", "detail_due", "historic", "search", "updated_at", *sealed),
        (_order(n, customers) for n in range(orders)),
    )  # fmt: skip
    yield (
        "order_lines",
        ("store_id", "shopify_id", "order_id", "sku", "title", "quantity", "current_quantity", "unit_price",
         "currency", *sealed),
        (_line(n) for n in range(orders * LINES_EACH)),
    )  # fmt: skip


def _customer(n: int) -> tuple[Any, ...]:
    address = f"person{n}@example.com"
    return (STORE, n, "Ada", f"Person {n}", address, address, "vip", True, f"ada person {n} {address}", AT, AT,
            _hash(n), _body("customer", n, 600))  # fmt: skip


def _order(n: int, customers: int) -> tuple[Any, ...]:
    return (STORE, n, f"#{n}", n % max(1, customers), "EUR", "EUR", "10.00", "10.00", "10.00", False, "", False, True,
            f"#{n}", AT, AT, _hash(n), _body("order", n, 900))  # fmt: skip


def _line(n: int) -> tuple[Any, ...]:
    return (STORE, n, n // LINES_EACH, f"SKU-{n % 997}", "Tea", 1, 1, "10.00", "EUR", AT, _hash(n),
            _body("line", n, 300))  # fmt: skip


def _hash(n: int) -> bytes:
    return n.to_bytes(16, "big")


def _body(kind: str, n: int, size: int) -> str:
    return json.dumps({"kind": kind, "n": n, "text": "x" * size})


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 20_000:
            yield batch
            batch = []
    if batch:
        yield batch


# -- the bare script -----------------------------------------------------------------------------------------------


def bare_sqlite(path: str) -> int:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    rows = 0
    for table in TABLES:
        statement = f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE store_id = ? LIMIT {CHUNK})"
        while True:
            connection.execute("BEGIN IMMEDIATE")
            gone = connection.execute(statement, (STORE,)).rowcount
            connection.execute("COMMIT")
            rows += gone
            if gone < CHUNK:
                break
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return rows


def bare_postgres(url: str) -> int:
    rows = 0
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            inner = f"SELECT ctid FROM {table} WHERE store_id = %s LIMIT {CHUNK}"
            while True:
                gone = connection.execute(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({inner}))".encode(), (STORE,))
                rows += gone.rowcount
                if gone.rowcount < CHUNK:
                    break
        connection.execute(f"VACUUM {', '.join(TABLES)}".encode())
    return rows


def main(url: str) -> None:
    began = time.perf_counter()
    rows = bare_sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else bare_postgres(url)
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
