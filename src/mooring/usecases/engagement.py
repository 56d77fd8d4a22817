"""Engagement of a customer: last open, last click, last SMS click, messages in all; the RFM group is computed.

A moment only moves forward and the number of messages only up, so that what arrives late or twice does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from mooring.db import edits, edits_customers, stores
from mooring.db.database import Database
from mooring.db.edits_customers import Imported
from mooring.db.stores import Store
from mooring.domain import rfm
from mooring.domain.edits import FIELDS
from mooring.errors import InvalidInput
from mooring.usecases.context import App
from mooring.usecases.edits import customer_of, describe, editable, first_state, note, place_of
from mooring.usecases.who import Who

_SCALE_LIFE = timedelta(minutes=15)
_AHEAD = timedelta(minutes=5)
"""By how much other people's clocks may be ahead of ours."""
_MOST_MESSAGES = 2**31
MOMENT, NUMBER = "give a moment with its time zone, such as 2026-11-03T14:05:00Z", "give a whole number, 0 or more"


@dataclass(frozen=True, slots=True)
class Told:
    """What a sender of messages tells of a customer; None for what it does not say."""

    last_open_at: datetime | None = None
    last_click_at: datetime | None = None
    last_sms_click_at: datetime | None = None
    total_messages: int | None = None


def tell(app: App, who: Who, hub_id: int, told: Told) -> dict[str, Any]:
    """The engagement as it is now known."""
    check(app, told)
    store_id, customer_id = place_of(app, hub_id)
    store = editable(app, who, store_id)
    with app.db.write() as connection:
        take(app, connection, who, store, customer_id, told)
        return edits_customers.engagement_of(connection, store.id, customer_id) or {}


def take(app: App, connection: Connection, who: Who, store: Store, customer_id: int, told: Told) -> tuple[str, ...]:
    """In the caller's transaction, once it is checked; the names of the fields that changed."""
    stores.fence(connection, store.id, store.generation)
    customer = customer_of(connection, store.id, customer_id)
    changed = _put(app, connection, who, store, customer, told)
    if changed:
        note(app, connection, who, store, customer.hub_id, "customer.engagement", changed)
    return tuple(changed)


def check(app: App, told: Told) -> None:
    latest = app.clock.now() + _AHEAD
    for one in fields(Told):
        value = getattr(told, one.name)
        if isinstance(value, datetime) and (value.tzinfo is None or value > latest):
            raise InvalidInput(f"{FIELDS[one.name].title}: {MOMENT}, not in the future.", field=one.name)
    if told.total_messages is not None and not 0 <= told.total_messages < _MOST_MESSAGES:
        raise InvalidInput(f"{FIELDS['total_messages'].title}: {NUMBER}.", field="total_messages")


def _put(app: App, connection: Connection, who: Who, store: Store, customer: Imported, told: Told) -> list[str]:
    known = edits_customers.engagement_of(connection, store.id, customer.shopify_id) or {}
    merged = {one.name: _later(known.get(one.name), getattr(told, one.name)) for one in fields(Told)}
    buyer = edits_customers.buyer(connection, store.id, customer)
    merged["rfm"] = str(rfm.group(buyer, _scale(app, connection, store.id)))
    changed = [name for name, value in merged.items() if value is not None and value != known.get(name)]
    if not changed:
        return []
    now = app.clock.now()
    edits_customers.put_engagement(connection, store.id, customer.shopify_id, **merged, changed_at=now)
    for name in changed:
        value = merged[name]
        text = describe(value) if isinstance(value, datetime) else str(value)
        state = first_state(store, name)
        edits.add(connection, store.id, customer.shopify_id, name, text, state, by=who.id, at=now)
    return changed


def _later(known: Any, told: Any) -> Any:
    if isinstance(told, datetime):
        told = told.astimezone(UTC).replace(microsecond=0)
    return max((one for one in (known, told) if one is not None), default=None)


_scales: WeakKeyDictionary[Database, dict[str, tuple[datetime, rfm.Scale]]] = WeakKeyDictionary()


def _scale(app: App, connection: Connection, store_id: str) -> rfm.Scale:
    """How a store's buyers compare. Read through once in a while: it changes slowly, and every customer needs it."""
    known, now = _scales.setdefault(app.db, {}), app.clock.now()
    until, found = known.get(store_id, (now, rfm.Scale()))
    if until <= now:
        found = rfm.scale(edits_customers.buyers(connection, store_id))
        known[store_id] = (now + _SCALE_LIFE, found)
    return found
