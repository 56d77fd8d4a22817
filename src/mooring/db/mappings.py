"""Rows of `mappings`, by the batch: which Odoo record a record of a store is, and what was written to it last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from mooring.db import bulk
from mooring.db.tables import mappings
from mooring.domain.mapping import MODELS, MappedKind
from mooring.domain.plan import Hashes, Known

_NO_METAFIELD = frozenset({MappedKind.ADDRESS, MappedKind.ORDER_LINE})
"""Shopify has no place for a metafield on these."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One pair. `planted`: our external id stands in Odoo. `invoices`: of an order; binding leaves them as they are."""

    kind: MappedKind
    shopify_id: int
    odoo_id: int
    fingerprint: str
    origin: str
    epoch: int
    parent_id: int | None = None
    digest: bytes | None = None
    fields: Hashes | None = None
    planted: bool = False
    metafield: str = "none"
    written_at: datetime | None = None
    invoices: tuple[int, ...] = ()

    @property
    def known(self) -> Known:
        return Known(self.odoo_id, self.origin, self.digest, self.fields or {}, self.epoch, self.planted)


class _Extra(msgspec.Struct):
    invoices: list[int] = []


NO_MORE = '{"invoices":[]}'
"""An order that had invoices and has none any more: its metafield at Shopify is still to go."""


def invoices_in(extra: str | None) -> tuple[int, ...]:
    """What `extra` of an order's pair says."""
    return tuple(msgspec.json.decode(extra, type=_Extra).invoices) if extra else ()


def _of(row: Row[Any]) -> Mapping:
    return Mapping(
        kind=MappedKind(row.kind), shopify_id=row.shopify_id, odoo_id=row.odoo_id, fingerprint=row.fingerprint,
        origin=row.origin, epoch=row.epoch, parent_id=row.parent_id,
        digest=bytes(row.digest) if row.digest is not None else None,
        fields=msgspec.json.decode(row.fields, type=dict[str, str]), planted=bool(row.planted),
        metafield=row.metafield, written_at=row.written_at, invoices=invoices_in(row.extra),
    )  # fmt: skip


# -- reading -------------------------------------------------------------------------------------------------------


def of(connection: Connection, store_id: str, kind: MappedKind, ids: Iterable[int]) -> dict[int, Mapping]:
    """By Shopify id."""
    row = mappings.c
    query = select(mappings).where(
        row.store_id == store_id, row.kind == kind, bulk.within(connection, row.shopify_id, ids)
    )
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def below(connection: Connection, store_id: str, kind: MappedKind, parents: Iterable[int]) -> dict[int, Mapping]:
    """What belongs to these customers or products, by Shopify id."""
    row = mappings.c
    query = select(mappings).where(
        row.store_id == store_id, row.kind == kind, bulk.within(connection, row.parent_id, parents)
    )
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def digests(
    connection: Connection, store_id: str, kind: MappedKind, first: int, last: int
) -> dict[int, tuple[bytes | None, int]]:
    """(digest, epoch) of everything between two Shopify ids, ends included: the one thing a sync that finds nothing
    changed has to read."""
    found = bulk.execute(
        connection,
        "SELECT shopify_id, digest, epoch FROM mappings WHERE store_id = ? AND kind = ? AND shopify_id BETWEEN ? AND ?",
        (store_id, str(kind), first, last),
    )
    return {row[0]: (row[1], row[2]) for row in found}


def of_odoo(
    connection: Connection, fingerprint: str, kind: MappedKind, ids: Iterable[int]
) -> dict[int, list[tuple[str, int]]]:
    """Which records (store, Shopify id) these records of Odoo stand for, by Odoo's id."""
    row = mappings.c
    query = select(row.odoo_id, row.store_id, row.shopify_id).where(
        row.fingerprint == fingerprint,
        row.model == MODELS[kind],
        row.kind == kind,
        bulk.within(connection, row.odoo_id, ids),
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for odoo_id, store_id, shopify_id in connection.execute(query):
        found.setdefault(odoo_id, []).append((store_id, shopify_id))
    return found


def elsewhere(connection: Connection, store_id: str, kinds: Iterable[MappedKind], fingerprint: str) -> int:
    """How many of these belong to another database or company."""
    row = mappings.c
    query = select(func.count()).where(
        row.store_id == store_id, row.kind.in_(list(kinds)), row.fingerprint != fingerprint
    )
    return connection.execute(query).scalar_one()


# -- writing -------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "store_id", "kind", "shopify_id", "parent_id", "fingerprint", "model", "odoo_id", "origin", "digest", "fields",
    "planted", "metafield", "epoch", "written_at",
)  # fmt: skip
_KEPT = {"store_id", "kind", "shopify_id", "metafield"}
_BIND = (
    f"INSERT INTO mappings AS old ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608
    "ON CONFLICT (store_id, kind, shopify_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEPT)
    + ", metafield = CASE WHEN old.odoo_id = excluded.odoo_id AND old.fingerprint = excluded.fingerprint "
    "THEN old.metafield ELSE excluded.metafield END, "
    "extra = CASE WHEN old.odoo_id = excluded.odoo_id AND old.fingerprint = excluded.fingerprint "
    f"OR old.extra IS NULL THEN old.extra ELSE '{NO_MORE}' END"
)


def bind(connection: Connection, store_id: str, rows: Sequence[Mapping], *, at: datetime) -> None:
    """A pair that is new, or leads elsewhere than before, owes its metafield; the invoices of where it led are not its
    own any more."""
    moment = bulk.moment(connection, at)
    if rows:
        bulk.execute_many(connection, _BIND, [_row(store_id, one, moment) for one in rows])


def _row(store_id: str, one: Mapping, moment: Any) -> tuple[Any, ...]:
    metafield = "none" if one.kind in _NO_METAFIELD else "due"
    return (
        store_id, str(one.kind), one.shopify_id, one.parent_id, one.fingerprint, MODELS[one.kind], one.odoo_id,
        one.origin, one.digest, _json(one.fields or {}), one.planted, metafield, one.epoch, moment,
    )  # fmt: skip


_REFRESH = "UPDATE mappings SET digest = ?, fields = ? WHERE store_id = ? AND kind = ? AND shopify_id = ?"


def refresh(connection: Connection, store_id: str, rows: Sequence[Mapping]) -> None:
    """What is known of the two sides, where nothing was written to Odoo."""
    if rows:
        values = [(one.digest, _json(one.fields or {}), store_id, str(one.kind), one.shopify_id) for one in rows]
        bulk.execute_many(connection, _REFRESH, values)


def note_invoices(connection: Connection, store_id: str, order_id: int, ids: Iterable[int]) -> None:
    """The invoices of an order, in the order in which they came. Its record at Shopify owes its metafields where they
    are others than before. An order that is not mapped has nowhere to remember them."""
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == MappedKind.ORDER, row.shopify_id == order_id)
    found = connection.execute(select(row.extra).where(*mine)).one_or_none()
    new = tuple(dict.fromkeys(ids))
    if found is not None and invoices_in(found.extra) != new:
        connection.execute(update(mappings).where(*mine).values(extra=_json({"invoices": new}), metafield="due"))


def set_aside(connection: Connection, store_id: str, kind: MappedKind, ids: Iterable[int], epoch: int) -> None:
    """An epoch that is not the kind's own makes these pairs count for nothing; its own has them count again."""
    row = mappings.c
    these = (row.store_id == store_id, row.kind == kind, bulk.within(connection, row.shopify_id, ids))
    connection.execute(update(mappings).where(*these).values(epoch=epoch))


def unlink(connection: Connection, store_id: str, kind: MappedKind, ids: Iterable[int]) -> int:
    """Forget these pairs; both records stay as they are."""
    row = mappings.c
    gone = delete(mappings).where(
        row.store_id == store_id, row.kind == kind, bulk.within(connection, row.shopify_id, ids)
    )
    return connection.execute(gone).rowcount


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
