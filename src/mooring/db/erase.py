"""What a delete takes away, table by table, and what it leaves.

Rule 1: every table that names a store stands in exactly one of `PARTS`, `LAST`, `SCRUBBED` or `KEPT`; a test holds the
schema to it, so that no new table is forgotten.
Rule 2: rows go in chunks, one transaction each, so that nobody waits long for the one writer. `Run.checkpoint` fences
each of them: no older work can write a row back.
Rule 3: a hub id is never used again (AUTOINCREMENT / identity), so whoever is imported anew is somebody new.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, func, select, update

from mooring.db import bulk, tables


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that go. `where` is SQL; each of its question marks stands for the store's id."""

    table: Table
    where: str = "store_id = ?"

    @property
    def name(self) -> str:
        return self.table.name

    def values(self, store_id: str) -> tuple[str, ...]:
        return (store_id,) * self.where.count("?")


_NOT_SHARED_OUT = """store_id IS NULL AND coalesce(kind, '') <> 'privacy'
 AND EXISTS (SELECT 1 FROM stores WHERE id = ? AND claim)
 AND shop_domain IN (SELECT domain FROM store_domains WHERE store_id = ?)"""
"""Deliveries of the shop that no worker has looked at yet. They are this store's as long as it speaks for the shop; but
a privacy topic is meant for every card that holds data of it, so it stays in the inbox."""

PARTS: tuple[Part, ...] = (
    Part(tables.order_steps),
    Part(tables.order_books),
    Part(tables.order_taxes),
    Part(tables.sync_intents),
    Part(tables.sync_items),
    Part(tables.rebuild_rows),
    Part(tables.mappings),
    Part(tables.clear_rows, "task_id IN (SELECT id FROM clear_tasks WHERE store_id = ?)"),
    Part(tables.clear_tasks),
    Part(tables.list_members),
    Part(tables.hub_edits),
    Part(tables.engagement),
    Part(tables.addresses),
    Part(tables.customers),
    Part(tables.order_lines),
    Part(tables.refunds),
    Part(tables.orders),
    Part(tables.collection_products),
    Part(tables.collections),
    Part(tables.variants),
    Part(tables.products),
    Part(tables.holds),
    Part(tables.import_chunks, "operation_id IN (SELECT id FROM operations WHERE store_id = ?)"),
    Part(tables.deliveries),
    Part(tables.deliveries, _NOT_SHARED_OUT),
)
"""Erased in chunks, in this order: what belongs to a record goes before it. Mappings come first."""

LAST: tuple[Table, ...] = (
    tables.order_settings,
    tables.odoo_kinds,
    tables.kind_states,
    tables.store_domains,
    tables.oauth_pending,
    tables.credentials,
)
"""A handful of rows that the card and the calls still need meanwhile; they go in the transaction of the tombstone."""

SCRUBBED: dict[str, str] = {
    "operations": "who did what when, and the receipts, outlive the store; places and arguments are emptied",
    "privacy_requests": "that a request was met outlives the store; whose it was does not",
    "lists": "the list stays, empty and free to be chosen again",
    "stores": "the tombstone: id, project, shop id, domain, name and dates",
}
KEPT: dict[str, str] = {
    "audit": "the trail outlives the store and holds nothing personal",
    "notices": "they name stores, never customers",
    "suppressions": "who must not be contacted must not be forgotten; only keyed hashes are stored",
}

TABLES: tuple[str, ...] = tuple(
    dict.fromkeys([*(part.name for part in PARTS), *(table.name for table in LAST), *SCRUBBED])
)
"""Every table in which something was erased or emptied."""


# -- counting ------------------------------------------------------------------------------------------------------


def counts(connection: Connection, store_id: str) -> dict[str, int]:
    """How many rows of each table go."""
    found: dict[str, int] = {}
    for part in PARTS:
        query = f"SELECT count(*) FROM {part.name} WHERE {part.where}"  # noqa: S608 - names out of our own schema
        rows = bulk.execute(connection, query, part.values(store_id)).fetchone()[0]
        found[part.name] = found.get(part.name, 0) + rows
    return found


def left(connection: Connection, store_id: str) -> tuple[str, ...]:
    """The tables in which rows of the store are left."""
    return tuple(dict.fromkeys(part.name for part in PARTS if _any(connection, part, store_id)))


def _any(connection: Connection, part: Part, store_id: str) -> bool:
    query = f"SELECT 1 FROM {part.name} WHERE {part.where} LIMIT 1"  # noqa: S608 - names out of our own schema
    return bulk.execute(connection, query, part.values(store_id)).fetchone() is not None


def known_elsewhere(connection: Connection, store_id: str, others: list[str]) -> int:
    """How many of the store's customers one of these other stores knows too, by normalised e-mail or phone."""
    if not others:
        return 0
    mine, other = tables.customers.c, tables.customers.alias("other")
    same = [
        select(other.c.hub_id).where(other.c[key] == mine[key], other.c.store_id.in_(others)).exists()
        for key in ("email_key", "phone_key")
    ]
    query = select(func.count()).select_from(tables.customers).where(mine.store_id == store_id, same[0] | same[1])
    return connection.execute(query).scalar_one()


def metafields(connection: Connection, store_id: str, fields: Collection[str]) -> int:
    """How many values of ours were written into Shopify's metafields, as far as is known here."""
    row = tables.hub_edits.c
    sent = select(row.customer_id, row.field).where(
        row.store_id == store_id, row.field.in_(fields), row.state == "sent"
    )
    return connection.execute(select(func.count()).select_from(sent.distinct().subquery())).scalar_one()


def others_on_list(connection: Connection, list_id: str, store_id: str) -> int:
    """How many members of a list came from other stores, and stay."""
    row = tables.list_members.c
    query = select(func.count()).where(row.list_id == list_id, row.store_id != store_id)
    return connection.execute(query).scalar_one()


# -- erasing -------------------------------------------------------------------------------------------------------


def chunk(connection: Connection, part: Part, store_id: str, limit: int) -> int:
    """Delete at most `limit` rows of a part. Returns how many went: fewer than `limit` when none are left."""
    rows = f"FROM {part.name} WHERE {part.where} LIMIT {int(limit)}"
    which = (
        f"ctid = ANY(ARRAY(SELECT ctid {rows}))" if bulk.is_postgres(connection) else f"rowid IN (SELECT rowid {rows})"
    )
    statement = f"DELETE FROM {part.name} WHERE {which}"  # noqa: S608 - names out of our own schema
    return bulk.execute(connection, statement, part.values(store_id)).rowcount


def rest(connection: Connection, store_id: str) -> None:
    """What the card needed to the last: kinds, addresses of the shop, round trips, credentials. The list is free."""
    for table in LAST:
        connection.execute(delete(table).where(table.c.store_id == store_id))
    connection.execute(update(tables.lists).where(tables.lists.c.store_id == store_id).values(store_id=None))


# -- scrubbing -----------------------------------------------------------------------------------------------------

_EMPTY = {"arguments": "{}", "cursor": "{}", "counts": "{}", "error": None}


def scrub_operations(connection: Connection, store_id: str, but: str, limit: int) -> int:
    """Empty what operations of the store kept beside their receipts: places, arguments, words. Returns how many."""
    row = tables.operations.c
    full = (row.arguments != "{}") | (row.cursor != "{}") | (row.counts != "{}") | row.error.is_not(None)
    some = select(row.id).where(row.store_id == store_id, row.id != but, full).limit(limit)
    return connection.execute(update(tables.operations).where(row.id.in_(some)).values(**_EMPTY)).rowcount


_NAMES_RECORDS = ("shopify_id",)
"""What arguments and receipts of a recovery name the record by."""


def scrub_recoveries(connection: Connection, store_id: str, limit: int) -> int:
    """Recoveries of one record name it, in their receipts and in the log: from now on neither does. Returns how many
    texts were changed."""
    changed = 0
    for table, column in ((tables.operations, "receipt"), (tables.audit, "detail")):
        text = table.c[column]
        some = select(table.c.id, text).where(table.c.store_id == store_id, text.contains('"shopify_id"')).limit(limit)
        for id_, written in connection.execute(some).all():
            kept = {name: value for name, value in msgspec.json.decode(written).items() if name not in _NAMES_RECORDS}
            blank = {column: msgspec.json.encode(kept).decode()}
            connection.execute(update(table).where(table.c.id == id_).values(**blank))
            changed += 1
    return changed


def open_erasures(connection: Connection, store_id: str) -> list[dict[str, Any]]:
    """Erasures that customers asked for and that were not carried out yet: the hashes of their addresses."""
    row = tables.privacy_requests.c
    query = select(row.id, row.project_id, row.email_hash, row.phone_hash).where(
        row.store_id == store_id, row.topic == "customers/redact", row.state.in_(("received", "open"))
    )
    return [dict(found) for found in connection.execute(query).mappings()]


def scrub_privacy(connection: Connection, store_id: str, *, at: Any, receipt: str) -> int:
    """Requests keep what they were and when, and lose whose they were. Open ones are met by the delete itself."""
    table = tables.privacy_requests
    row = table.c
    connection.execute(
        update(table)
        .where(row.store_id == store_id, row.state.in_(("received", "open")))
        .values(state="done", settled_at=at, settled_by="system", receipt=receipt)
    )
    nobody = {"customer_id": None, "email_hash": None, "phone_hash": None, "order_ids": "[]", "request_id": None}
    return connection.execute(update(table).where(row.store_id == store_id).values(**nobody)).rowcount
