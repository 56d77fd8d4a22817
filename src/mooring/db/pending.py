"""Rows of `oauth_pending`: round trips to Shopify that are under way. Nonces are kept as hashes, pairs sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from mooring.db.tables import oauth_pending
from mooring.ports import Grant, Vault

LIFE = timedelta(minutes=10)
PATIENCE = timedelta(hours=1)
"""How long after its exchange a pair waits for its shop to be read; then it is destroyed."""


@dataclass(frozen=True, slots=True)
class Pending:
    nonce_hash: str
    session_hash: str
    project_id: str
    person_id: str
    app_id: str
    shop_domain: str
    store_id: str | None
    expires_at: datetime
    used_at: datetime | None


def _of(row: Row[Any]) -> Pending:
    return Pending(**{name: row._mapping[name] for name in Pending.__dataclass_fields__})


def create(
    connection: Connection,
    *,
    nonce_hash: str,
    session_hash: str,
    project_id: str,
    person_id: str,
    app_id: str,
    shop_domain: str,
    store_id: str | None,
    at: datetime,
) -> None:
    """Remember a round trip; forget those that are long over (an abandoned login leaves nothing behind)."""
    connection.execute(
        delete(oauth_pending).where(oauth_pending.c.expires_at < at - LIFE, oauth_pending.c.pair.is_(None))
    )
    connection.execute(
        insert(oauth_pending).values(
            nonce_hash=nonce_hash,
            session_hash=session_hash,
            project_id=project_id,
            person_id=person_id,
            app_id=app_id,
            shop_domain=shop_domain,
            purpose="reconnect" if store_id else "connect",
            store_id=store_id,
            created_at=at,
            expires_at=at + LIFE,
        )
    )


def find(connection: Connection, nonce_hash: str) -> Pending | None:
    row = connection.execute(select(oauth_pending).where(oauth_pending.c.nonce_hash == nonce_hash)).first()
    return _of(row) if row else None


def use(connection: Connection, trip: Pending, *, shop_domain: str, at: datetime) -> bool:
    """Whether this is the first and only use. `shop_domain`: under which the shop answered.

    Round trips of the same app and shop that are not decided yet are over: the exchange that follows kills their pair,
    and a decision of theirs would put the dead one in the place of the living.
    """
    row = oauth_pending.c
    done = connection.execute(
        update(oauth_pending)
        .where(row.nonce_hash == trip.nonce_hash, row.used_at.is_(None), row.expires_at > at)
        .values(used_at=at, shop_domain=shop_domain)
    )
    connection.execute(
        update(oauth_pending)
        .where(row.app_id == trip.app_id, row.shop_domain == shop_domain, row.nonce_hash != trip.nonce_hash)
        .where(row.used_at.is_not(None), row.outcome.is_(None))
        .values(pair=None, outcome="superseded")
    )
    return done.rowcount == 1


def keep_pair(connection: Connection, vault: Vault, nonce_hash: str, grant: Grant) -> None:
    plain = msgspec.json.encode(grant).decode()
    sealed = vault.seal(plain, table="oauth_pending", row=nonce_hash, column="pair")
    row = oauth_pending.c
    connection.execute(
        update(oauth_pending).where(row.nonce_hash == nonce_hash, row.outcome.is_(None)).values(pair=sealed)
    )


def settle(connection: Connection, nonce_hash: str, outcome: str) -> bool:
    """The decision is made: the pair is gone from here. False: somebody else has decided already."""
    row = oauth_pending.c
    done = connection.execute(
        update(oauth_pending)
        .where(row.nonce_hash == nonce_hash, row.pair.is_not(None))
        .values(pair=None, outcome=outcome)
    )
    return done.rowcount == 1


def undecided(connection: Connection, vault: Vault, *, used_before: datetime) -> list[tuple[Pending, Grant]]:
    """Round trips whose pair waits for a decision since before this moment."""
    row = oauth_pending.c
    rows = connection.execute(select(oauth_pending).where(row.pair.is_not(None), row.used_at < used_before)).all()
    return [(_of(row), _opened(row, vault)) for row in rows]


def pair_waits(connection: Connection, store_id: str) -> bool:
    """Whether a reconnect of this store has a fresh pair that waits for its decision."""
    row = oauth_pending.c
    query = select(row.nonce_hash).where(row.store_id == store_id, row.pair.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def _opened(row: Row[Any], vault: Vault) -> Grant:
    plain = vault.open(row.pair, table="oauth_pending", row=row.nonce_hash, column="pair")
    return msgspec.json.decode(plain, type=Grant)
