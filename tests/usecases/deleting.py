"""A store with data in it, to be deleted: what the tests of delete share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from mooring.app import SystemClock
from mooring.db import stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.db.tables import metadata
from mooring.domain.rules import Work
from mooring.usecases import delete, delete_preview, import_store
from mooring.usecases.operations import drive
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.importing import World

DOMAIN = "harbour-teas.myshopify.com"
SIZES = {"customers": 40, "orders": 30, "products": 10}
WORKS = {Work.IMPORT: import_store.advance, Work.DELETE: delete.advance}
ENDINGS = {Work.IMPORT: import_store.ended, Work.DELETE: delete.ended}


class Leaping(SystemClock):
    """Its sleep is over at once: so much time has passed."""

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))


def leap(here: World) -> None:
    """From now on nobody waits in earnest."""
    clock = Leaping()
    object.__setattr__(here.app, "clock", clock)


def ask(here: World, who: Who = SYSTEM) -> Operation:
    """Both confirmations, at once."""
    token = delete_preview.preview(here.app, who, here.store_id).token
    return delete.request(here.app, who, here.store_id, token=token, typed_domain=DOMAIN)


def finish(here: World, operation: Operation) -> Operation:
    return drive(here.app, operation.id, WORKS, ENDINGS)


def erase(here: World) -> Operation:
    return finish(here, ask(here))


def store_of(here: World) -> Store:
    with here.app.db.read() as connection:
        return stores.load(connection, here.store_id)


def named_rows(here: World, store_id: str) -> dict[str, int]:
    """How many rows of each table name the store."""
    with here.app.db.read() as connection:
        found: dict[str, int] = {}
        for name, table in metadata.tables.items():
            if "store_id" in table.c:
                query = select(func.count()).select_from(table).where(table.c.store_id == store_id)
                found[name] = connection.execute(query).scalar_one()
    return found


def lines(found: Operation) -> dict[str, dict[str, Any]]:
    """What became of each thing at Shopify."""
    assert found.receipt is not None
    return {line["what"]: line for line in found.receipt["shopify"]}
