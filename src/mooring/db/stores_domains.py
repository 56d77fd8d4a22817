"""The domains a shop is or was reached under."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from mooring.db.tables import store_domains, stores


def add(connection: Connection, store_id: str, domain: str, *, at: datetime) -> None:
    """Remember a domain the shop is or was reached under; the newest is also the store's address."""
    known = select(store_domains.c.domain).where(store_domains.c.store_id == store_id, store_domains.c.domain == domain)
    if connection.execute(known).first() is None:
        connection.execute(insert(store_domains).values(store_id=store_id, domain=domain, since=at))
    connection.execute(update(stores).where(stores.c.id == store_id).values(shop_domain=domain))


def of_store(connection: Connection, store_id: str) -> list[str]:
    query = select(store_domains.c.domain).where(store_domains.c.store_id == store_id).order_by(store_domains.c.since)
    return list(connection.execute(query).scalars())
