"""Rows of `deliveries`: every received webhook once, and what has become of it.

Rule 1: of two deliveries with the same (shop domain, webhook id) the second leaves no trace.
Rule 2: the shop domain comes from an unsigned header. Who works a delivery off looks who speaks for that shop, and
drops it when that store's Shopify app is not the one whose secret signed (`app_id`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Row, Select, delete, func, insert, literal_column, or_, select, text, update

from mooring.db import bulk
from mooring.db.tables import deliveries, privacy_requests


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook as it comes in. `state` is `new`; or `dead` with a `reason` when nothing can be made of it, `dropped`
    when it means nothing to Mooring, `done` when nothing is left to do."""

    app_id: str
    shop_domain: str
    webhook_id: str
    topic: str
    triggered_at: str | None
    received_at: datetime
    kind: str | None
    record_id: int | None
    other_id: int | None
    state: str = "new"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a compliance topic asks for, as `privacy_requests` keeps it. Addresses as keyed hashes."""

    id: str
    topic: str
    app_id: str
    shop_id: int
    shop_domain: str
    webhook_id: str
    customer_id: int | None
    email_hash: str | None
    phone_hash: str | None
    order_ids: tuple[int, ...]
    request_id: str | None
    received_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """`kind`: of a record, or `app`, `shop`, `bulk`, `privacy`. `other_id`: of a merge, the one that stays."""

    id: int
    app_id: str
    shop_domain: str
    webhook_id: str
    topic: str
    triggered_at: str | None
    received_at: datetime
    store_id: str | None
    kind: str | None
    record_id: int | None
    other_id: int | None
    state: str
    reason: str | None
    attempts: int
    not_before: datetime | None
    settled_at: datetime | None
    hold_id: str | None


COLUMNS = [deliveries.c[one.name] for one in fields(Delivery)]


def delivery_of(row: Row[Any]) -> Delivery:
    """A row of `COLUMNS`. By place: by name it takes four times as long, and there may be thousands."""
    return Delivery(*row)


# -- coming in -----------------------------------------------------------------------------------------------------

_FIELDS = {
    "app_id": "text",
    "shop_domain": "text",
    "webhook_id": "text",
    "topic": "text",
    "triggered_at": "text",
    "received_at": "timestamptz",
    "kind": "text",
    "record_id": "bigint",
    "other_id": "bigint",
    "state": "text",
    "reason": "text",
    "settled_at": "timestamptz",
}
_INSERT = (
    "INSERT INTO deliveries ({columns}, attempts) SELECT {values}, 0 FROM {rows} WHERE true "
    "ON CONFLICT (shop_domain, webhook_id) DO NOTHING"
)


def _statement(rows: str, cast: str) -> str:
    """The rows come as one JSON text. So it is one step for the driver, whatever their number: on SQLite a step per row
    would hand the interpreter's lock back and forth once for each."""
    values = (f"(value->>{place})" + cast.format(type=one) for place, one in enumerate(_FIELDS.values()))
    return _INSERT.format(columns=", ".join(_FIELDS), values=", ".join(values), rows=rows)


_SQLITE = _statement("json_each(?)", "")
_POSTGRES = _statement("json_array_elements(?::json) AS arrived(value)", "::{type}")


def add_many(connection: Connection, rows: Sequence[Arrival]) -> int:
    """One statement for all of them. Returns how many were not known already."""
    if not rows:
        return 0
    statement = _POSTGRES if bulk.is_postgres(connection) else _SQLITE
    return bulk.execute(connection, statement, (json.encode([_row(one) for one in rows]).decode(),)).rowcount


def _row(one: Arrival) -> tuple[Any, ...]:
    """What does not have to be worked off is settled as it comes."""
    at = _sortable(one.received_at)
    return (
        one.app_id, one.shop_domain, one.webhook_id, one.topic, one.triggered_at, at, one.kind, one.record_id,
        one.other_id, one.state, one.reason, None if one.state == "new" else at,
    )  # fmt: skip


def _sortable(moment: datetime) -> str:
    """As `OurTime` writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def add_requests(connection: Connection, requests: Sequence[Request]) -> None:
    """`received`, each once: a delivery that is sent again asks for nothing new."""
    row = privacy_requests.c
    for one in requests:
        known = select(row.id).where(
            row.shop_id == one.shop_id, row.topic == one.topic, row.webhook_id == one.webhook_id
        )
        if connection.execute(known).first() is None:
            values = asdict(one) | {"order_ids": json.encode(one.order_ids).decode()}
            connection.execute(insert(privacy_requests).values(**values))


# -- working off ---------------------------------------------------------------------------------------------------


_WAITING = deliveries.c.state == literal_column("'new'")
"""Spelled out, not bound: SQLite matches the condition of a partial index by its text."""


def _ripe(at: datetime) -> Any:
    return or_(deliveries.c.not_before.is_(None), deliveries.c.not_before <= at)


def shops_waiting(connection: Connection, *, at: datetime) -> list[str]:
    """Domains with a delivery that may be worked off now. One look into the index per shop, however long its queue."""
    row, found, last = deliveries.c, list[str](), ""
    while True:
        after = select(func.min(row.shop_domain)).where(_WAITING, row.shop_domain > last)
        domain = connection.execute(after).scalar()
        if domain is None:
            return found
        if next_batch(connection, domain, limit=1, at=at):
            found.append(domain)
        last = domain


def next_batch(
    connection: Connection, shop_domain: str, *, limit: int, at: datetime, but: Iterable[str] = ()
) -> list[Delivery]:
    """The oldest that wait, in the order they came in; without those of the kinds in `but`."""
    row = deliveries.c
    query = select(*COLUMNS).where(row.shop_domain == shop_domain, _WAITING, _ripe(at))
    if left_out := list(but):
        query = query.where(or_(row.kind.is_(None), row.kind.not_in(left_out)))
    return [delivery_of(found) for found in connection.execute(query.order_by(row.id).limit(limit))]


def settle(
    connection: Connection,
    ids: Iterable[int],
    state: str,
    *,
    at: datetime,
    reason: str | None = None,
    store_id: str | None = None,
) -> int:
    """`done`, `dropped`, `dead` or `held`: these are worked off. Returns how many still waited."""
    values: dict[str, Any] = {"state": state, "settled_at": at, "reason": reason, "not_before": None}
    if store_id is not None:
        values["store_id"] = store_id
    row = deliveries.c
    waiting = update(deliveries).where(row.id.in_(list(ids)), _WAITING)
    return connection.execute(waiting.values(**values)).rowcount


def drop_waiting(connection: Connection, shop_domain: str, *, limit: int, at: datetime, reason: str) -> int:
    """The oldest that wait, of whatever kind, without looking at each."""
    row = deliveries.c
    oldest = select(row.id).where(row.shop_domain == shop_domain, _WAITING, _ripe(at)).order_by(row.id).limit(limit)
    values: dict[str, Any] = {"state": "dropped", "settled_at": at, "reason": reason, "not_before": None}
    return connection.execute(update(deliveries).where(row.id.in_(oldest)).values(**values)).rowcount


def postpone(connection: Connection, ids: Iterable[int], *, not_before: datetime, reason: str) -> None:
    """They could not be worked off now; `reason` says why, for people."""
    row = deliveries.c
    connection.execute(
        update(deliveries)
        .where(row.id.in_(list(ids)), _WAITING)
        .values(attempts=row.attempts + 1, not_before=not_before, reason=reason)
    )


def prunable(connection: Connection, *, before: datetime) -> bool:
    """Whether `prune` would find anything."""
    return connection.execute(_old(before).limit(1)).first() is not None


def prune(connection: Connection, *, before: datetime, limit: int = 1000) -> int:
    """Forget done and dropped ones settled before `before`, a bounded number at a time. Dead letters stay."""
    old = deliveries.c.id.in_(_old(before).limit(limit))
    return connection.execute(delete(deliveries).where(old)).rowcount


def _old(before: datetime) -> Select[tuple[int]]:
    row = deliveries.c
    return select(row.id).where(text("state IN ('done', 'dropped')"), row.settled_at < before)
