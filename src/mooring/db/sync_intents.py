"""Rows of `sync_intents`: what was, or is about to be, sent to Odoo to be created, and was not answered yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from mooring.db import bulk
from mooring.db.tables import sync_intents
from mooring.domain.mapping import MODELS, MappedKind

Key = tuple[MappedKind, int]


@dataclass(frozen=True, slots=True)
class Intent:
    store_id: str
    kind: MappedKind
    shopify_id: int
    epoch: int
    at: datetime

    @property
    def key(self) -> Key:
        return self.kind, self.shopify_id


def in_database(connection: Connection, database: str, kinds: Iterable[MappedKind]) -> list[Intent]:
    """Of all stores of this installation, whatever company they write to."""
    row = sync_intents.c
    query = select(row.store_id, row.kind, row.shopify_id, row.epoch, row.at).where(
        row.fingerprint.startswith(f"{database}/", autoescape=True), row.kind.in_(list(kinds))
    )
    return [
        Intent(one.store_id, MappedKind(one.kind), one.shopify_id, one.epoch, one.at)
        for one in connection.execute(query.order_by(row.store_id, row.kind, row.shopify_id))
    ]


_COLUMNS = ("store_id", "kind", "shopify_id", "fingerprint", "model", "operation_id", "epoch", "at")
_PUT = (
    f"INSERT INTO sync_intents ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608
    "ON CONFLICT (store_id, kind, shopify_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[3:])
)


def put(
    connection: Connection, store_id: str, keys: Sequence[Key], *, fingerprint: str, operation_id: str, epoch: int,
    at: datetime,
) -> None:  # fmt: skip
    """Before anything is sent. What is sent once more may be under way from now on."""
    moment = bulk.moment(connection, at)
    rows = [
        (store_id, str(kind), shopify_id, fingerprint, MODELS[kind], operation_id, epoch, moment)
        for kind, shopify_id in keys
    ]
    if rows:
        bulk.execute_many(connection, _PUT, rows)


def settle(connection: Connection, store_id: str, keys: Iterable[Key]) -> None:
    """Their answer is known."""
    by_kind: dict[MappedKind, list[int]] = {}
    for kind, shopify_id in keys:
        by_kind.setdefault(kind, []).append(shopify_id)
    for kind, ids in by_kind.items():
        which, value = bulk.among(connection, ids)
        gone = f"DELETE FROM sync_intents WHERE store_id = ? AND kind = ? AND shopify_id {which}"  # noqa: S608
        bulk.execute(connection, gone, (store_id, str(kind), value))
