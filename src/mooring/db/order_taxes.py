"""Rows of `order_taxes`: the tax table of a store. A row is a tax that somebody has answered, or that an order waits
for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import order_taxes
from mooring.domain.order_taxes import TaxEntry, TaxKey


@dataclass(frozen=True, slots=True)
class TaxRow:
    entry: TaxEntry
    confirmed_at: datetime | None
    confirmed_by: str | None


def of_store(connection: Connection, store_id: str) -> dict[TaxKey, TaxRow]:
    row = order_taxes.c
    query = select(row.entry, row.confirmed_at, row.confirmed_by).where(row.store_id == store_id)
    rows = [
        TaxRow(msgspec.json.decode(one.entry, type=TaxEntry), one.confirmed_at, one.confirmed_by)
        for one in connection.execute(query)
    ]
    return {one.entry.key: one for one in sorted(rows, key=lambda one: repr(one.entry.key))}


def table(rows: Mapping[TaxKey, TaxRow]) -> dict[TaxKey, TaxEntry]:
    return {key: one.entry for key, one in rows.items()}


def put(connection: Connection, store_id: str, entry: TaxEntry, *, at: datetime, by: str) -> None:
    """As somebody answered it: confirmed, or taken back."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    told = {"confirmed_at": at, "confirmed_by": by} if entry.confirmed else {"confirmed_at": None, "confirmed_by": None}
    facts: dict[str, Any] = {"entry": msgspec.json.encode(entry).decode(), "seen_at": at, **told}
    made = ours(order_taxes).values(store_id=store_id, key=key_text(entry.key), **facts)
    connection.execute(made.on_conflict_do_update(index_elements=["store_id", "key"], set_=facts))


def note_seen(connection: Connection, store_id: str, keys: Iterable[TaxKey], *, at: datetime) -> None:
    """Taxes that an order waits for: they stand in the table, unanswered, until somebody confirms them."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    for key in keys:
        facts = {"entry": msgspec.json.encode(TaxEntry(key)).decode(), "seen_at": at}
        made = ours(order_taxes).values(store_id=store_id, key=key_text(key), **facts)
        connection.execute(made.on_conflict_do_nothing())


def forget(connection: Connection, store_id: str) -> int:
    """All of them: Odoo's taxes are another database's. How many there were."""
    return connection.execute(delete(order_taxes).where(order_taxes.c.store_id == store_id)).rowcount


def key_text(key: TaxKey) -> str:
    """One text for one tax, for the row and for forms."""
    return msgspec.json.encode(key, order="sorted").decode()


def key_of_text(text: str) -> TaxKey | None:
    """None for what is no such text."""
    try:
        return msgspec.json.decode(text, type=TaxKey)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
