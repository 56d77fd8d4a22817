"""Hub edits: change a customer here, tell of engagement, see how far each change has got, send failed ones again.

Only missing profile fields and subscriptions can be changed, and only such changes are written back, each with its own
status. A change shows at once; `write_back` takes it to Shopify when its toggle is on and its permission granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import audit, edits, edits_customers, reading, stores
from mooring.db.edits import Edit
from mooring.db.edits_customers import Imported
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.consent import SUBSCRIBED, UNSUBSCRIBED, Cause
from mooring.domain.edits import CHANNEL, EDITABLE, FIELDS, OPEN, EditState, Reading, address_on, normal, same
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import GOING
from mooring.domain.rules import TOGGLES, Role
from mooring.errors import Conflict, InvalidInput, NotFound, Refused
from mooring.usecases import suppression
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

Changes = Mapping[str, str | None]
"""Values by field name; None takes back what was changed here and is not at Shopify yet."""


# -- changing ------------------------------------------------------------------------------------------------------


def change(app: App, who: Who, hub_id: int, changes: Changes) -> None:
    """All of them or none. Raises `Refused` with the sentence for the first that cannot be."""
    store_id, customer_id = place_of(app, hub_id)
    store = editable(app, who, store_id)
    with app.db.write() as connection:
        apply(app, connection, who, store, customer_id, changes)


def place_of(app: App, hub_id: int) -> tuple[str, int]:
    with app.db.read() as connection:
        store_id = reading.store_of(connection, Kind.CUSTOMERS, hub_id)
        row = reading.one(connection, Kind.CUSTOMERS, store_id, hub_id) if store_id else None
    if row is None:
        raise NotFound("There is no such customer.")
    return row["store_id"], row["shopify_id"]


def editable(app: App, who: Who, store_id: str) -> Store:
    store = store_of(app, who, store_id, Role.EDITOR)
    if store.state in GOING:
        raise Refused("This store is being deleted, so its customers cannot be changed.", code="deleting")
    return store


def apply(
    app: App, connection: Connection, who: Who, store: Store, customer_id: int, changes: Changes
) -> tuple[str, ...]:
    """In the caller's transaction; the names of the fields that changed. Decides on all before it writes any."""
    store = stores.fence(connection, store.id, store.generation)
    customer = customer_of(connection, store.id, customer_id)
    known = {one.field: one for one in edits.of_customer(connection, store.id, customer_id)}
    wanted = {name: _decided(name, value, customer.reading) for name, value in changes.items()}
    reach = {name: _address_for(name, customer.reading, wanted, known) for name in wanted.keys() & CHANNEL.keys()}
    for name, address in reach.items():
        _check_subscription(app, connection, store, name, wanted[name], address)
    settled = {name: _needed(name, value, customer.reading) for name, value in wanted.items()}
    changed = [
        name
        for name, value in settled.items()
        if _put(app, connection, who, store, customer_id, name, value, known.get(name))
    ]
    for name, address in reach.items():
        if wanted[name] == UNSUBSCRIBED:
            channel, cause = CHANNEL[name], Cause.UNSUBSCRIBE
            suppression.suppress(app, connection, store.project_id, channel, address, cause, store.id)
    if changed:
        note(app, connection, who, store, customer.hub_id, "customer.edit", changed)
    return tuple(changed)


def _address_for(name: str, there: Reading, wanted: Changes, known: Mapping[str, Edit]) -> str | None:
    """Where a subscription leads to: Shopify's address, or the one that was filled in here."""
    field = "email" if name == "email_subscription" else "phone"
    held = known[field].value if field in known else None
    return address_on(there.record, CHANNEL[name]) or wanted.get(field) or held


def customer_of(connection: Connection, store_id: str, customer_id: int) -> Imported:
    customer = edits_customers.imported(connection, store_id, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    if customer.deleted:
        raise Refused("This customer was deleted in Shopify and cannot be changed any more.", code="deleted_in_shopify")
    return customer


def _decided(name: str, value: str | None, there: Reading) -> str | None:
    """The value to keep; None to take an edit back. Raises where Shopify has a value, or hides it."""
    if name not in EDITABLE:
        raise InvalidInput(f"There is no field {name} to change. There are: {', '.join(EDITABLE)}.", field=name)
    if value is None or not value.strip():
        return None
    value, title = normal(name, value), FIELDS[name].title
    if not there.shows(name):
        raise InvalidInput(
            f"{title}: Shopify does not show this app that field, so it cannot be told whether it is empty.",
            code="not_readable", field=name,
        )  # fmt: skip
    if name not in CHANNEL and there.value(name) is not None and not same(name, there.value(name) or "", value):
        raise InvalidInput(f"{title}: Shopify has a value there. Change it in Shopify.", code="has_value", field=name)
    return value


def _needed(name: str, value: str | None, there: Reading) -> str | None:
    """None where Shopify says the same already: then there is nothing to keep, and nothing to send."""
    said = there.value(name)
    return None if value is not None and said is not None and same(name, said, value) else value


def _check_subscription(
    app: App, connection: Connection, store: Store, name: str, value: str | None, address: str | None
) -> None:
    """Nobody is subscribed who must not be contacted, or cannot be."""
    title, channel = FIELDS[name].title, CHANNEL[name]
    if value is not None and address is None:
        raise InvalidInput(f"{title}: this customer has no address on that channel.", code="no_address", field=name)
    if value == SUBSCRIBED and suppression.is_suppressed(app, connection, store.project_id, channel, address):
        raise InvalidInput(
            f"{title}: this address must not be contacted. A new consent at Shopify or an admin can lift that.",
            code="suppressed", field=name,
        )  # fmt: skip


def _put(
    app: App, connection: Connection, who: Who, store: Store, customer_id: int, name: str, value: str | None,
    before: Edit | None,
) -> bool:  # fmt: skip
    """Whether something changed. What is said already is not said twice."""
    now = app.clock.now()
    if value is None:
        return bool(edits.supersede(connection, store.id, customer_id, [name], at=now))
    if before is not None and before.value == value and before.state in OPEN:
        return False
    edits.add(connection, store.id, customer_id, name, value, first_state(store, name), by=who.id, at=now)
    return True


def note(app: App, connection: Connection, who: Who, store: Store, hub_id: int, event: str, fields: list[str]) -> None:
    """Which fields, never what they say."""
    audit.write(
        connection, at=app.clock.now(), actor=who.id, event=event, project_id=store.project_id, store_id=store.id,
        detail={"customer": hub_id, "fields": fields},
    )  # fmt: skip


# -- whether it may be sent ----------------------------------------------------------------------------------------


def ready_fields(store: Store) -> frozenset[str]:
    """Fields whose toggle is on and whose permission is granted."""
    have = rules.with_implied(store.granted_scopes)
    on = {t.name for t in TOGGLES if not t.inbound and getattr(store.settings, t.name) and t.scopes <= have}
    return frozenset(name for name, field in FIELDS.items() if field.group in on)


def first_state(store: Store, name: str) -> EditState:
    return EditState.PENDING if name in ready_fields(store) else EditState.WAITING


# -- once more -----------------------------------------------------------------------------------------------------


def retry(app: App, who: Who, store_id: str, edit_id: int | None = None) -> int:
    """Failed ones are sent again at the next write-back: one, or all. How many."""
    store = editable(app, who, store_id)
    with app.db.write() as connection:
        stores.fence(connection, store_id, store.generation)
        count = edits.retry(connection, store_id, edit_id)
        if count == 0:
            raise Conflict("Nothing of this failed, so there is nothing to send again.", code="not_failed")
        edits.arrange(connection, store_id, ready_fields(store))
        audit.write(
            connection, at=app.clock.now(), actor=who.id, event="customer.edits_retry", project_id=store.project_id,
            store_id=store_id, detail={"count": count},
        )  # fmt: skip
    return count


def describe(moment: datetime) -> str:
    """A moment of engagement as it is kept and sent: ISO 8601 in UTC, whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
