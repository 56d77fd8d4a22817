"""Rows of `suppressions`: addresses of a project that must not be contacted, as keyed hashes, and the columns of the
customers who have such an address. They outlive the deletion of a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import json
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from mooring.db import bulk
from mooring.db.tables import customers, suppressions
from mooring.domain.consent import KEY_COLUMN, STATE_COLUMN, SUPPRESSED, Channel, said


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
    """Those of these hashes that are suppressed. Any number: an import asks for a chunk's addresses at once."""
    which = "= ANY(?)" if bulk.is_postgres(connection) else "IN (SELECT value FROM json_each(?))"
    wanted = list(hashes) if bulk.is_postgres(connection) else json.encode(list(hashes)).decode()
    query = (
        "SELECT address_hash, cause, store_id, at FROM suppressions "  # noqa: S608
        f"WHERE project_id = ? AND channel = ? AND address_hash {which}"
    )
    rows = bulk.execute(connection, query, (project_id, str(channel), wanted)).fetchall()
    return {row[0]: Suppression(channel, row[0], row[1], row[2], _moment(row[3])) for row in rows}


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

    version: tuple[datetime, datetime]
    states: dict[Channel, str | None]


def known_otherwise(connection: Connection, store_id: str, hashes: Mapping[int, bytes]) -> dict[int, Known]:
    """Those of these customers (content hashes by Shopify id) that are stored with another content. Read on the
    driver's connection: this stands in the way of every import."""
    which, value = bulk.among(connection, hashes)
    query = (
        "SELECT shopify_id, content_hash, updated_at, fetched_at, email_state, sms_state "  # noqa: S608
        f"FROM customers WHERE store_id = ? AND shopify_id {which}"
    )
    return {
        row[0]: Known((_moment(row[2]), _moment(row[3])), {Channel.EMAIL: row[4], Channel.SMS: row[5]})
        for row in bulk.execute(connection, query, (store_id, value)).fetchall()
        if row[1] != hashes[row[0]]
    }


def unchanged(connection: Connection, store_id: str, hashes: Mapping[int, bytes]) -> frozenset[int]:
    """Those of these customers that stand in the hub with this very content: an import does not write them."""
    which, value = bulk.among(connection, hashes)
    query = (
        "SELECT shopify_id, content_hash FROM customers "  # noqa: S608
        f"WHERE store_id = ? AND deleted_at IS NULL AND shopify_id {which}"
    )
    found = bulk.execute(connection, query, (store_id, value)).fetchall()
    return frozenset(row[0] for row in found if row[1] == hashes[row[0]])


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
