"""Rows in every table that a delete takes from, whatever its columns are: texts carry a mark that can be looked for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, insert, select

from mooring.db import clear_tasks, erase, lists, operations, stores, tables
from mooring.db.tables.types import Money, OurTime, ShopifyTime
from mooring.domain.rules import Work
from mooring.usecases.context import App

FIXED: dict[tuple[str, str], Any] = {
    ("mappings", "kind"): "customer",
    ("mappings", "origin"): "created",
    ("mappings", "metafield"): "none",
    ("mappings", "fields"): "{}",
    ("mappings", "extra"): None,
    ("sync_items", "state"): "failed",
    ("sync_items", "kind"): "customers",
    ("sync_items", "detail"): None,
    ("sync_items", "decision"): None,
    ("sync_intents", "kind"): "customer",
    ("order_books", "stage"): "order",
    ("order_steps", "step"): "confirm",
    ("rebuild_rows", "kind"): "customer",
    ("rebuild_rows", "state"): "unmatched",
    ("rebuild_rows", "candidates"): None,
    ("clear_tasks", "side"): "odoo",
    ("clear_tasks", "state"): "dismissed",
    ("clear_tasks", "kinds"): "[]",
    ("hub_edits", "state"): "sent",
    ("deliveries", "state"): "done",
    ("deliveries", "kind"): "customers",
    ("deliveries", "hold_id"): None,
    ("holds", "cause"): "sweep",
    ("holds", "decision"): None,
    ("privacy_requests", "topic"): "customers/redact",
    ("privacy_requests", "state"): "open",
    ("privacy_requests", "receipt"): None,
    ("privacy_requests", "order_ids"): "[1, 2]",
}
"""Columns whose words the database checks, or whose form means something."""


def plant(app: App, store_id: str, *, rows: int = 3, mark: str = "planted") -> None:
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        if lists.of_store(connection, store_id) is None:
            list_id = app.ids.new()
            lists.create(connection, id=list_id, project_id=store.project_id, name=list_id, at=app.clock.now())
            lists.dedicate(connection, list_id, store_id)
        known = {
            "store_id": store_id,
            "project_id": store.project_id,
            "list_id": lists.of_store(connection, store_id),
            "operation_id": _operation(app, connection, store, mark),
        }
        known["task_id"] = _task(app, connection, store, known["operation_id"])
        for table in dict.fromkeys([*(part.table for part in erase.PARTS), tables.privacy_requests]):
            base = len(connection.execute(select(table.c[next(iter(table.c.keys()))])).all())
            for n in range(base + 1, base + rows + 1):
                connection.execute(insert(table).values(**_row(app, table, known, n, f"{mark} {store_id}")))


def _task(app: App, connection: Any, store: Any, operation_id: str) -> str:
    """A task that a clear left, for the external ids it owes."""
    made, now = app.ids.new(), app.clock.now()
    clear_tasks.create(
        connection, id=made, project_id=store.project_id, store_id=store.id, operation_id=operation_id, side="odoo",
        kinds=[], fingerprint=None, error="planted", at=now, next_at=now,
    )  # fmt: skip
    clear_tasks.settle(connection, made, "dismissed", by="cli", at=now)
    return made


def _operation(app: App, connection: Any, store: Any, mark: str) -> str:
    """One that has ended, with everything that one can remember."""
    made = operations.create(
        connection, id=app.ids.new(), project_id=store.project_id, store_id=store.id, kind=Work.RECOVER,
        generation=store.generation, arguments={"what": mark}, created_by="cli", at=app.clock.now(),
    )  # fmt: skip
    taken = operations.take(connection, made.id, worker="test", at=app.clock.now())
    assert taken is not None
    operations.save(
        connection, taken, at=app.clock.now(), state="failed", error=mark, cursor={"at": mark}, counts={"last": mark},
        receipt={"kind": "customers", "shopify_id": 77, "outcome": "updated"}, finished_at=app.clock.now(),
    )  # fmt: skip
    return made.id


def _row(app: App, table: Table, known: dict[str, Any], n: int, mark: str) -> dict[str, Any]:
    return {
        column.name: _value(app, column, known, n, mark)
        for column in table.c
        if not (column.primary_key and column.autoincrement is True)
    }


def _value(app: App, column: Column[Any], known: dict[str, Any], n: int, mark: str) -> Any:
    if (column.table.name, column.name) in FIXED:
        return FIXED[column.table.name, column.name]
    if column.name in known and column.foreign_keys:
        return known[column.name]
    match column.type:
        case Money():
            return Decimal(n)
        case ShopifyTime() | OurTime():
            return app.clock.now().replace(microsecond=0) + timedelta(seconds=n)
        case LargeBinary():
            return f"{mark} {n}".encode()
        case Boolean():
            return False
        case Integer():
            return n
        case _:
            return f"{mark} {n}"
