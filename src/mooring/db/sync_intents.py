"""Rows of `sync_intents`: what was, or is about to be, sent to Odoo to be created, and was not answered yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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


def put(
    connection: Connection, store_id: str, keys: Sequence[Key], *, fingerprint: str, operation_id: str, epoch: int,
    at: datetime,
) -> None:  # fmt: skip
    """Before anything is sent. What is sent once more may be under way from now on."""
    if not keys:
        return
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = ours(sync_intents)
    anew = {name: made.excluded[name] for name in ("fingerprint", "operation_id", "epoch", "at")}
    connection.execute(
        made.on_conflict_do_update(index_elements=["store_id", "kind", "shopify_id"], set_=anew),
        [
            {"store_id": store_id, "kind": kind, "shopify_id": shopify_id, "fingerprint": fingerprint,
             "model": MODELS[kind], "operation_id": operation_id, "epoch": epoch, "at": at}
            for kind, shopify_id in keys
        ],
    )  # fmt: skip


def settle(connection: Connection, store_id: str, keys: Iterable[Key]) -> None:
    """Their answer is known."""
    row = sync_intents.c
    listed = [(str(kind), shopify_id) for kind, shopify_id in keys]
    if listed:
        gone = delete(sync_intents).where(row.store_id == store_id)
        connection.execute(gone.where(tuple_(row.kind, row.shopify_id).in_(listed)))
