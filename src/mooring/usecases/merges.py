"""Two customers became one at Shopify: the merged id points to the survivor, and the stricter consent of the two holds.

It holds by a suppression of the survivor's address on that channel, as of the merge: a consent given later at Shopify
lifts it, one given before does not, in whatever order the deliveries come.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from mooring.db import records, records_deleted
from mooring.db.inbox import Delivery
from mooring.db.stores import Store
from mooring.domain.consent import Cause, Channel, address_in, is_stricter, lifts, said
from mooring.domain.translate_rows import CUSTOMER
from mooring.usecases.context import App
from mooring.usecases.fetch import Fetched
from mooring.usecases.suppression import is_suppressed, suppress

_ID, _BODY = CUSTOMER.columns.index("shopify_id"), CUSTOMER.columns.index("body")


def obey(connection: Connection, app: App, store: Store, told: list[Delivery], fetched: Fetched) -> None:
    """Before what was fetched is written, so that the survivor is stored as it may be shown."""
    for one in told:
        gone, survivor = one.record_id, one.other_id
        if gone in fetched.missing and survivor is not None:
            _keep_stricter(connection, app, store, gone, survivor, _moment(one), fetched)
            at, now = fetched.missing[gone], app.clock.now()
            records_deleted.mark_merged(connection, store.id, gone, survivor, fetched_at=at, at=now)


def _moment(one: Delivery) -> datetime:
    """When it happened, by Shopify's clock where the delivery says so."""
    try:
        at = datetime.fromisoformat(one.triggered_at or "")
    except ValueError:
        return one.received_at
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _keep_stricter(
    connection: Connection, app: App, store: Store, gone: int, survivor: int, at: datetime, fetched: Fetched
) -> None:
    """What is known of the merged customer is what was imported of it: Shopify shows it no more."""
    stored = records.bodies(connection, CUSTOMER, store.id, [gone, survivor])
    kept = [body for body in (_fetched_body(fetched, survivor), stored.get(survivor)) if body]
    if gone not in stored or not kept:
        return
    for channel in Channel:
        address = next((found for body in kept if (found := address_in(body, channel))), None)
        consented_since = lifts(said(kept[0], channel), at)
        if not consented_since and _is_stricter(connection, app, store, channel, stored[gone], kept[0]):
            suppress(app, connection, store.project_id, channel, address, Cause.UNSUBSCRIBE, store.id, at=at)


def _is_stricter(connection: Connection, app: App, store: Store, channel: Channel, merged: str, survivor: str) -> bool:
    if is_suppressed(app, connection, store.project_id, channel, address_in(merged, channel)):
        return True
    return is_stricter(said(merged, channel), said(survivor, channel))


def _fetched_body(fetched: Fetched, customer: int) -> str | None:
    rows = (row for page in fetched.pages for row in page.rows.roots)
    return next((row[_BODY] for row in rows if row[_ID] == customer), None)
