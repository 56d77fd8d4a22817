"""Addresses of a project that must not be contacted: written on an unsubscribe and on a redaction, by an admin too.

An import shows such a channel as "unsubscribed (suppressed)"; Shopify's own words stay in the record. A suppression is
lifted by a later consent at Shopify or by an admin, and outlives every store. Only keyed hashes are stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, stores, suppressions
from mooring.db.stores import Store
from mooring.db.suppressions import Suppression
from mooring.domain.consent import (
    STATE_COLUMN,
    SUPPRESSED,
    Cause,
    Channel,
    key,
    purpose,
)
from mooring.domain.lifecycle import ALLOWED_CALLS, Purpose
from mooring.domain.rules import Role
from mooring.errors import InvalidInput
from mooring.usecases.context import App
from mooring.usecases.who import Who

# -- one address ---------------------------------------------------------------------------------------------------


def hash_of(app: App, channel: Channel, address_key: str) -> str:
    return app.vault.keyed_hash(address_key, purpose=purpose(channel))


def hash_of_address(app: App, channel: Channel, address: str) -> str:
    return hash_of(app, channel, key(channel, address) or "")


def suppress(
    app: App,
    connection: Connection,
    project_id: str,
    channel: Channel,
    address: str | None,
    cause: Cause,
    store_id: str | None,
    *,
    at: datetime | None = None,
) -> bool:
    """This address must not be contacted from now on (or since `at`, by Shopify's clock). False for no address."""
    address_key = key(channel, address)
    if address_key is None:
        return False
    address_hash = hash_of(app, channel, address_key)
    suppress_hash(app, connection, project_id, channel, address_hash, cause, store_id, at=at)
    for store in _touchable(connection, project_id, cause):
        suppressions.mark(connection, store.id, channel, address_key)
    return True


def suppress_hash(
    app: App,
    connection: Connection,
    project_id: str,
    channel: Channel,
    address_hash: str,
    cause: Cause,
    store_id: str | None,
    *,
    at: datetime | None = None,
) -> None:
    """The same for an address of which only the keyed hash is known. Who has it here is seen when it is shown."""
    new = Suppression(channel, address_hash, cause, store_id, at or app.clock.now())
    suppressions.put(connection, project_id, new)


def is_suppressed(app: App, connection: Connection, project_id: str, channel: Channel, address: str | None) -> bool:
    return bool(of_addresses(app, connection, project_id, channel, [address] if address else []))


def of_addresses(
    app: App, connection: Connection, project_id: str, channel: Channel, addresses: Iterable[str]
) -> dict[str, Suppression]:
    """The suppressed ones of these, by their keys (`domain.consent.key`)."""
    keys = {found for address in addresses if (found := key(channel, address))}
    if not keys or not suppressions.any_in(connection, project_id):
        return {}
    hashes = {hash_of(app, channel, one): one for one in keys}
    return {hashes[one]: s for one, s in suppressions.among(connection, project_id, channel, hashes).items()}


def lift(app: App, connection: Connection, project_id: str, channel: Channel, address: str | None) -> bool:
    """Whether there was one. Every customer with this address shows what Shopify says again."""
    address_key = key(channel, address)
    if address_key is None:
        return False
    gone = suppressions.remove(connection, project_id, channel, hash_of(app, channel, address_key))
    for store in stores.of_project(connection, project_id) if gone else ():
        suppressions.unmark(connection, store.id, channel, address_key)
    return gone


def _touchable(connection: Connection, project_id: str, cause: Cause) -> list[Store]:
    """Which stores' customers are marked. A disconnected store's rows change by a person or a privacy topic alone;
    pages look the suppression up besides, so that it is shown there all the same."""
    found = stores.of_project(connection, project_id)
    if cause is Cause.UNSUBSCRIBE:
        return [store for store in found if Purpose.IMPORT in ALLOWED_CALLS[store.state]]
    return found


# -- by an admin ---------------------------------------------------------------------------------------------------


def lift_by_admin(app: App, who: Who, project_id: str, channel: Channel, address: str) -> bool:
    who.require(project_id, Role.ADMIN)
    with app.db.write() as connection:
        lifted = lift(app, connection, project_id, channel, _usable(channel, address))
        if lifted:
            _note(app, connection, who, project_id, "suppression.lift", channel)
    return lifted


def suppress_by_admin(app: App, who: Who, project_id: str, channel: Channel, address: str) -> bool:
    """False when it was suppressed already."""
    who.require(project_id, Role.ADMIN)
    with app.db.write() as connection:
        known = is_suppressed(app, connection, project_id, channel, _usable(channel, address))
        suppress(app, connection, project_id, channel, _usable(channel, address), Cause.ADMIN, None)
        _note(app, connection, who, project_id, "suppression.add", channel)
    return not known


def _usable(channel: Channel, address: str) -> str:
    usable = key(channel, address)
    if usable is None or (channel is Channel.EMAIL) != ("@" in usable):
        wanted = "an e-mail address" if channel is Channel.EMAIL else "a phone number with its country code"
        raise InvalidInput(f"Give {wanted}.", field="address")
    return usable


def _note(app: App, connection: Connection, who: Who, project_id: str, event: str, channel: Channel) -> None:
    """Never the address: the trail holds no personal data."""
    audit.write(
        connection, at=app.clock.now(), project_id=project_id, actor=who.id, event=event, detail={"channel": channel}
    )


# -- looking -------------------------------------------------------------------------------------------------------


def overlaid(app: App, connection: Connection, project_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Customers as they are shown: a suppressed channel says so even where the stored row does not know yet."""
    for channel in Channel:
        name = "email" if channel is Channel.EMAIL else "phone"
        found = of_addresses(app, connection, project_id, channel, [row[name] for row in rows if row.get(name)])
        rows = [
            row | {STATE_COLUMN[channel]: SUPPRESSED} if key(channel, row.get(name)) in found else row for row in rows
        ]
    return rows
