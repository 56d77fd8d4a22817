"""Rows of `suppressions`: addresses of a project that must not be contacted, as keyed hashes, and the columns of the
customers who have such an address. They outlive the deletion of a store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from mooring.db import bulk
from mooring.db.tables import customers, suppressions
from mooring.domain.consent import KEY_COLUMN, STATE_COLUMN, SUPPRESSED, Channel, said

_AT_ONCE = 4_000


@dataclass(frozen=True, slots=True)
class Suppression:
    channel: Channel
    address_hash: str
    cause: str
    store_id: str | None
    at: datetime


def any_in(connection: Connection, project_id: str) -> bool:
    return bool(connection.execute(select(exists().where(suppressions.c.project_id == project_id))).scalar())


def count(connection: Connection, project_id: str) -> int:
    query = select(func.count()).select_from(suppressions).where(suppressions.c.project_id == project_id)
    return connection.execute(query).scalar_one()


def put(connection: Connection, project_id: str, new: Suppression) -> None:
    """Written once per address and channel; a later one replaces an earlier one, never the other way round."""
    row = suppressions.c
    mine = (row.project_id == project_id, row.channel == new.channel, row.address_hash == new.address_hash)
    values = {"cause": new.cause, "store_id": new.store_id, "at": new.at}
    known = connection.execute(select(row.at).where(*mine)).first()
    if known is None:
        whole = values | {"project_id": project_id, "channel": new.channel, "address_hash": new.address_hash}
        connection.execute(insert(suppressions).values(**whole))
    elif known.at < new.at:
        connection.execute(update(suppressions).where(*mine).values(**values))


def among(connection: Connection, project_id: str, channel: Channel, hashes: Collection[str]) -> dict[str, Suppression]:
    """Those of these hashes that are suppressed."""
    row, wanted = suppressions.c, list(hashes)
    found: dict[str, Suppression] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        part = wanted[first : first + _AT_ONCE]
        query = select(row.channel, row.address_hash, row.cause, row.store_id, row.at).where(
            row.project_id == project_id, row.channel == channel, row.address_hash.in_(part)
        )
        found |= {one.address_hash: Suppression(channel, *one[1:]) for one in connection.execute(query)}
    return found


def remove(connection: Connection, project_id: str, channel: Channel, address_hash: str) -> bool:
    row = suppressions.c
    done = connection.execute(
        delete(suppressions).where(
            row.project_id == project_id, row.channel == channel, row.address_hash == address_hash
        )
    )
    return done.rowcount > 0


# -- the customers who have such an address ------------------------------------------------------------------------


def mark(connection: Connection, store_id: str, channel: Channel, key: str) -> int:
    """The channel of every customer of this store with this address says that it is suppressed."""
    column, shown = customers.c[KEY_COLUMN[channel]], STATE_COLUMN[channel]
    done = connection.execute(
        update(customers).where(customers.c.store_id == store_id, column == key).values(**{shown: SUPPRESSED})
    )
    return done.rowcount


def unmark(connection: Connection, store_id: str, channel: Channel, key: str) -> int:
    """What Shopify says of the channel is shown again."""
    column, shown = customers.c[KEY_COLUMN[channel]], STATE_COLUMN[channel]
    mine = (customers.c.store_id == store_id, column == key, customers.c[shown] == SUPPRESSED)
    found = connection.execute(select(customers.c.shopify_id, customers.c.body).where(*mine)).all()
    for shopify_id, body in found:
        where = (customers.c.store_id == store_id, customers.c.shopify_id == shopify_id)
        connection.execute(update(customers).where(*where).values(**{shown: said(body, channel).state}))
    return len(found)


@dataclass(frozen=True, slots=True)
class Known:
    """How a customer stands in the hub."""

    content_hash: bytes
    version: tuple[datetime, datetime]
    states: dict[Channel, str | None]


def known(connection: Connection, store_id: str, shopify_ids: Iterable[int]) -> dict[int, Known]:
    """The stored customers among these. Read on the driver's connection: this stands in the way of every import."""
    which, value = bulk.among(connection, shopify_ids)
    query = (
        "SELECT shopify_id, content_hash, updated_at, fetched_at, email_state, sms_state "  # noqa: S608
        f"FROM customers WHERE store_id = ? AND shopify_id {which}"
    )
    return {
        row[0]: Known(bytes(row[1]), (_moment(row[2]), _moment(row[3])), {Channel.EMAIL: row[4], Channel.SMS: row[5]})
        for row in bulk.execute(connection, query, (store_id, value)).fetchall()
    }


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
