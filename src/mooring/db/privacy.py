"""Rows of `privacy_requests`: what customers and shops ask for through Shopify, one row per request and card.

A `received` row names no card yet. A redaction that is done keeps the Shopify ids it was about, until the store is
deleted: they are how an import knows what must not come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from mooring.db import bulk
from mooring.db.stores import Store
from mooring.db.tables import privacy_requests
from mooring.db.tables import stores as stores_table
from mooring.domain.lifecycle import State
from mooring.domain.redaction import Forgotten
from mooring.errors import NotFound

_SOME = 500
DATA_REQUEST, REDACT, SHOP_REDACT = "customers/data_request", "customers/redact", "shop/redact"


@dataclass(frozen=True, slots=True)
class Request:
    """`order_ids`: the orders that the request names. Hashes are keyed, under the purposes of suppressions."""

    id: str
    topic: str
    app_id: str
    shop_id: int
    shop_domain: str
    webhook_id: str
    project_id: str | None
    store_id: str | None
    customer_id: int | None
    email_hash: str | None
    phone_hash: str | None
    order_ids: tuple[int, ...]
    request_id: str | None
    received_at: datetime
    due_at: datetime
    state: str
    settled_at: datetime | None
    settled_by: str | None
    receipt: dict[str, Any] | None


def _of(row: Row[Any]) -> Request:
    facts = dict(row._mapping) | {
        "order_ids": tuple(msgspec.json.decode(row.order_ids, type=list[int])),
        "receipt": msgspec.json.decode(row.receipt) if row.receipt else None,
    }
    return Request(**facts)


def load(connection: Connection, request_id: str) -> Request:
    row = connection.execute(select(privacy_requests).where(privacy_requests.c.id == request_id)).first()
    if row is None:
        raise NotFound("There is no such request.")
    return _of(row)


def received(connection: Connection) -> list[Request]:
    """Not shared out yet, oldest first."""
    return _all(connection, privacy_requests.c.state == "received")


def open_of_topic(connection: Connection, topic: str, store_id: str | None = None) -> list[Request]:
    """Of all stores, or of one; oldest first."""
    row = privacy_requests.c
    mine = () if store_id is None else (row.store_id == store_id,)
    return _all(connection, row.state == "open", row.topic == topic, *mine)


def redactions_done(connection: Connection) -> list[Request]:
    """Of every card, oldest first."""
    row = privacy_requests.c
    return _all(connection, row.state == "done", row.topic == REDACT, row.store_id.is_not(None))


def known(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these requests are here, in whatever state."""
    wanted = list(ids)
    parts = [wanted[first : first + _SOME] for first in range(0, len(wanted), _SOME)]
    row = privacy_requests.c
    return {one for some in parts for one in connection.execute(select(row.id).where(row.id.in_(some))).scalars()}


def of_project(connection: Connection, project_id: str, *, limit: int) -> list[Request]:
    """Newest first."""
    row = privacy_requests.c
    query = select(privacy_requests).where(row.project_id == project_id)
    return [_of(one) for one in connection.execute(query.order_by(row.received_at.desc(), row.id).limit(limit))]


def _all(connection: Connection, *conditions: Any) -> list[Request]:
    row = privacy_requests.c
    query = select(privacy_requests).where(*conditions).order_by(row.received_at, row.id)
    return [_of(one) for one in connection.execute(query)]


def open_for(connection: Connection, request: Request, store: Store, *, id: str, due_at: datetime) -> None:
    """A row of its own for a card: the received one itself if `id` is its id."""
    card = {"project_id": store.project_id, "store_id": store.id, "state": "open", "due_at": due_at}
    if id == request.id:
        _change(connection, id, **card)
        return
    copied = ("topic", "app_id", "shop_id", "shop_domain", "webhook_id", "customer_id", "email_hash", "phone_hash",
              "request_id", "received_at")  # fmt: skip
    values = {name: getattr(request, name) for name in copied} | {"order_ids": _json(list(request.order_ids))}
    connection.execute(insert(privacy_requests).values(id=id, **values, **card))


def ask_again(connection: Connection, request: Request) -> None:
    """A redaction that this database does not know of, open, as it was asked for then."""
    facts = {one.name: getattr(request, one.name) for one in fields(Request)}
    facts |= {"order_ids": _json(list(request.order_ids)), "receipt": None}
    connection.execute(insert(privacy_requests).values(**facts))


def claim_received(connection: Connection, request_id: str) -> bool:
    """Whether this worker shares it out: somebody else may have been first."""
    row = privacy_requests.c
    done = connection.execute(
        update(privacy_requests).where(row.id == request_id, row.state == "received").values(state="open")
    )
    return done.rowcount == 1


def settle(
    connection: Connection, request: Request, *, state: str, at: datetime, by: str, receipt: dict[str, Any]
) -> None:
    """`done` or `cancelled`. Whose request it was is forgotten, but for a redaction's ids (see above)."""
    forget: dict[str, Any] = {"email_hash": None, "phone_hash": None, "request_id": None}
    if request.topic != REDACT or request.store_id is None:
        forget |= {"customer_id": None, "order_ids": "[]"}
    _change(connection, request.id, state=state, settled_at=at, settled_by=by, receipt=_json(receipt), **forget)


def name_orders(connection: Connection, request_id: str, order_ids: Iterable[int]) -> None:
    """All orders a redaction is about, the named ones and those found here."""
    _change(connection, request_id, order_ids=_json(sorted(set(order_ids))))


def _change(connection: Connection, which: str, **values: Any) -> None:
    connection.execute(update(privacy_requests).where(privacy_requests.c.id == which).values(**values))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# -- cards ---------------------------------------------------------------------------------------------------------


def cards_of_shop(connection: Connection, shop_id: int) -> list[str]:
    """Every card that holds data of a shop, in any project and any state but removed."""
    row = stores_table.c
    query = select(row.id).where(row.shop_id == shop_id, row.state != State.DELETED)
    return list(connection.execute(query.order_by(row.created_at, row.id)).scalars())


# -- imports -------------------------------------------------------------------------------------------------------


def forgotten(connection: Connection, store_id: str) -> Forgotten:
    """Who must not come back by an import. One look at an index: this stands in the way of every chunk."""
    rows = bulk.execute(
        connection,
        "SELECT customer_id, order_ids FROM privacy_requests WHERE store_id = ? AND topic = 'customers/redact' "
        "AND state IN ('open', 'done')",
        (store_id,),
    ).fetchall()
    if not rows:
        return Forgotten()
    orders = (one for row in rows for one in msgspec.json.decode(row[1], type=list[int]))
    return Forgotten(frozenset(row[0] for row in rows if row[0]), frozenset(orders))
