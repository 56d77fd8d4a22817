"""Rows of `credentials` and `shopify_apps`. Secrets are sealed on the way in and opened with the caller's vault."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from mooring.db.tables import credentials, shopify_apps
from mooring.errors import NotFound
from mooring.ports import Grant, ShopifyApp, Vault


@dataclass(frozen=True, slots=True)
class Credentials:
    """`version` grows with every pair; a refresh is compare-and-set on it."""

    store_id: str
    kind: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: frozenset[str]
    version: int
    obtained_at: datetime


_OF_STORE = select(credentials).where(credentials.c.store_id == bindparam("of_store"))


def load(connection: Connection, vault: Vault, store_id: str) -> Credentials | None:
    row = connection.execute(_OF_STORE, {"of_store": store_id}).first()
    return _of(row, vault) if row else None


def _of(row: Row[Any], vault: Vault) -> Credentials:
    refresh = row.refresh_token and _open(vault, row.store_id, "refresh_token", row.refresh_token)
    return Credentials(
        store_id=row.store_id,
        kind=row.kind,
        access_token=_open(vault, row.store_id, "access_token", row.access_token),
        refresh_token=refresh,
        access_expires_at=row.access_expires_at,
        refresh_expires_at=row.refresh_expires_at,
        scopes=frozenset(row.scopes.split()),
        version=row.version,
        obtained_at=row.obtained_at,
    )


def _open(vault: Vault, store_id: str, column: str, sealed: bytes) -> str:
    return vault.open(sealed, table="credentials", row=store_id, column=column)


def sealed_pair(vault: Vault, store_id: str, grant: Grant, *, at: datetime) -> dict[str, Any]:
    """The columns of a new pair. Lifetimes count from `at`."""

    def seal(column: str, value: str | None) -> bytes | None:
        return value and vault.seal(value, table="credentials", row=store_id, column=column)  # type: ignore[return-value]

    return {
        "access_token": seal("access_token", grant.access_token),
        "refresh_token": seal("refresh_token", grant.refresh_token),
        "access_expires_at": _after(at, grant.expires_in),
        "refresh_expires_at": _after(at, grant.refresh_expires_in),
        "scopes": " ".join(sorted(grant.scopes)),
        "obtained_at": at,
    }


def _after(at: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else at + timedelta(seconds=seconds)


def put(connection: Connection, vault: Vault, store_id: str, kind: str, grant: Grant, *, at: datetime) -> None:
    """A pair from a new authorisation replaces whatever was there."""
    pair = sealed_pair(vault, store_id, grant, at=at) | {"kind": kind, "refresh_holder": None, "refresh_until": None}
    version = connection.execute(select(credentials.c.version).where(credentials.c.store_id == store_id)).scalar()
    if version is None:
        connection.execute(insert(credentials).values(store_id=store_id, version=1, **pair))
        return
    connection.execute(
        update(credentials).where(credentials.c.store_id == store_id).values(version=version + 1, **pair)
    )


def take_refresh(connection: Connection, store_id: str, version: int, *, holder: str, at: datetime) -> bool:
    """Whether `holder` is the one who may refresh this pair now, for a minute at most."""
    row = credentials.c
    done = connection.execute(
        update(credentials)
        .where(row.store_id == store_id, row.version == version)
        .where(or_(row.refresh_until.is_(None), row.refresh_until < at, row.refresh_holder == holder))
        .values(refresh_holder=holder, refresh_until=at + timedelta(seconds=60))
    )
    return done.rowcount == 1


def release_refresh(connection: Connection, store_id: str, version: int, *, holder: str) -> None:
    row = credentials.c
    connection.execute(
        update(credentials)
        .where(row.store_id == store_id, row.version == version, row.refresh_holder == holder)
        .values(refresh_holder=None, refresh_until=None)
    )


def replace(connection: Connection, vault: Vault, store_id: str, version: int, grant: Grant, *, at: datetime) -> bool:
    """Store a refreshed pair if the one it came from is still there. False: a new authorisation was faster."""
    pair = sealed_pair(vault, store_id, grant, at=at) | {"refresh_holder": None, "refresh_until": None}
    done = connection.execute(
        update(credentials)
        .where(credentials.c.store_id == store_id, credentials.c.version == version)
        .values(version=version + 1, **pair)
    )
    return done.rowcount == 1


def destroy(connection: Connection, store_id: str) -> None:
    connection.execute(delete(credentials).where(credentials.c.store_id == store_id))


# -- Shopify apps -------------------------------------------------------------------------------------------------


def app(connection: Connection, vault: Vault, app_id: str) -> ShopifyApp:
    row = connection.execute(select(shopify_apps).where(shopify_apps.c.id == app_id)).first()
    if row is None:
        raise NotFound("There is no such Shopify app.")
    return _app(row, vault)


def _app(row: Row[Any], vault: Vault) -> ShopifyApp:
    def opened(column: str) -> str | None:
        sealed = row._mapping[column]
        return vault.open(sealed, table="shopify_apps", row=row.id, column=column) if sealed else None

    return ShopifyApp(row.id, row.client_id, opened("client_secret") or "", opened("previous_secret"))


def apps(connection: Connection) -> list[dict[str, Any]]:
    """Without secrets; `rotating` says whether a previous secret is still accepted."""
    rows = connection.execute(select(shopify_apps).order_by(shopify_apps.c.created_at, shopify_apps.c.id))
    return [
        {
            "id": r.id,
            "name": r.name,
            "client_id": r.client_id,
            "optional_scopes": r.optional_scopes.split(),
            "from_settings": r.from_settings,
            "rotating": r.previous_secret is not None,
            "created_at": r.created_at,
        }
        for r in rows
    ]


def note_accepted(connection: Connection, app_id: str, *, at: datetime) -> None:
    """The token endpoint took this app's client id and secret just now."""
    connection.execute(update(shopify_apps).where(shopify_apps.c.id == app_id).values(accepted_at=at))


def accepted_at(connection: Connection, app_id: str) -> datetime | None:
    return connection.execute(select(shopify_apps.c.accepted_at).where(shopify_apps.c.id == app_id)).scalar()


def optional_scopes(connection: Connection, app_id: str) -> frozenset[str]:
    found = connection.execute(select(shopify_apps.c.optional_scopes).where(shopify_apps.c.id == app_id)).scalar()
    return frozenset((found or "").split())


def app_id_of(connection: Connection, client_id: str) -> str | None:
    return connection.execute(select(shopify_apps.c.id).where(shopify_apps.c.client_id == client_id)).scalar()


def put_app(
    connection: Connection,
    vault: Vault,
    *,
    id: str,
    name: str,
    client_id: str,
    secret: str | None,
    previous_secret: str | None,
    optional_scopes: frozenset[str],
    from_settings: bool,
    at: datetime,
) -> None:
    """Insert or update; a None secret keeps the stored one, an empty previous secret forgets it."""

    def seal(column: str, value: str) -> bytes:
        return vault.seal(value, table="shopify_apps", row=id, column=column)

    values: dict[str, Any] = {
        "name": name,
        "client_id": client_id,
        "optional_scopes": " ".join(sorted(optional_scopes)),
        "from_settings": from_settings,
    }
    if secret is not None:
        values["client_secret"] = seal("client_secret", secret)
    if previous_secret is not None:
        values["previous_secret"] = seal("previous_secret", previous_secret) if previous_secret else None
    known = connection.execute(select(shopify_apps.c.id).where(shopify_apps.c.id == id)).first()
    if known:
        connection.execute(update(shopify_apps).where(shopify_apps.c.id == id).values(**values))
    else:
        connection.execute(insert(shopify_apps).values(id=id, created_at=at, **values))
