"""A store with something in every table, to be deleted: what the tests of delete share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from mooring.app import SystemClock
from mooring.db.operations import Operation
from mooring.db.tables import metadata
from mooring.domain.rules import Work
from mooring.usecases import delete, delete_preview, import_store
from mooring.usecases.context import App
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import Who

WORKS = {Work.IMPORT: import_store.advance, Work.DELETE: delete.advance}
ENDINGS = {Work.IMPORT: import_store.ended, Work.DELETE: delete.ended}


class Leaping(SystemClock):
    """Its sleep is over at once: so much time has passed, for whoever else is told too."""

    def __init__(self, also: Callable[[timedelta], object] = lambda _: None) -> None:
        super().__init__()
        self._also = also

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
        self._also(timedelta(seconds=seconds))


def ask(app: App, who: Who, store_id: str, *, domain: str | None = None) -> Operation:
    """Both confirmations, at once."""
    shown = delete_preview.preview(app, who, store_id)
    typed = domain or shown.store.shop_domain
    return delete.request(app, who, store_id, token=shown.token, typed_domain=typed)


def finish(app: App, operation: Operation) -> Operation:
    return drive(app, operation.id, WORKS, ENDINGS)


def erase(app: App, who: Who, store_id: str) -> Operation:
    return finish(app, ask(app, who, store_id))


def named_rows(app: App, store_id: str) -> dict[str, int]:
    """How many rows of each table name the store."""
    with app.db.read() as connection:
        found: dict[str, int] = {}
        for name, table in metadata.tables.items():
            if "store_id" in table.c:
                query = select(func.count()).select_from(table).where(table.c.store_id == store_id)
                found[name] = connection.execute(query).scalar_one()
    return {name: rows for name, rows in found.items() if rows}


def everything(app: App, store_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that name the store, to be compared before and after."""
    with app.db.read() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table).where(table.c.store_id == store_id))),
                         key=repr)
            for name, table in metadata.tables.items()
            if "store_id" in table.c
        }  # fmt: skip


def at_shopify(found: Operation) -> dict[str, dict[str, Any]]:
    """What became of each thing there."""
    assert found.receipt is not None
    return {line["what"]: line for line in found.receipt["shopify"]}


def outcomes(found: Operation) -> dict[str, str]:
    return {what: line["outcome"] for what, line in at_shopify(found).items()}
