"""The receipts file: an append-only line for each moment after which an older backup must not be believed blindly.

A restored database does not know that a store was authorised anew, disconnected or deleted since the backup; this file
does. A delete has two lines: from its first moment on nothing un-deletes, even if its end was never reached. Each line
is `{"event", "at", "store", "project", "shop_id", "shop_domain", "generation"}`: ids, domains and times, never
anything personal. It is written right after the commit it tells of. A crash in between loses no line: `mend` compares
file and database at every start.

A customer who is erased at their own request has a line too, of `{"event", "at", "store", "project", "shop_id",
"shop_domain", "request", "customer", "email", "phone", "orders"}`. Whom it is about stands there as keyed hashes: only
with the installation's hash key, which never rotates and is in every backup, can they be compared with somebody.

An Odoo that was disconnected has one of `{"event", "at", "project", "host", "database"}`: a backup still has its key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from mooring.db import odoo, privacy, stores
from mooring.db.odoo import OdooConnection
from mooring.db.privacy import Request
from mooring.db.stores import Store
from mooring.domain.lifecycle import State
from mooring.usecases.context import App

Event = Literal["authorized", "disconnected", "deleting", "erased"]
CUSTOMER_ERASED, ODOO_DISCONNECTED = "customer_erased", "odoo_disconnected"
Named = Literal["customer", "order"]


def note(app: App, store: Store, event: Event, at: datetime) -> None:
    """Say that this happened to the store. The caller has committed it: should the disk refuse the line, it happened
    all the same, and the next start mends the file."""
    _append(app, entry(store, event, at))


def note_erasure(app: App, request: Request) -> None:
    """Say that this customer is being erased, while it is known who that is. Told twice, after a crash, it counts
    once."""
    _append(app, erasure(app, request, app.clock.now()))


def note_odoo(app: App, closed: OdooConnection) -> None:
    """Say that this connection was closed."""
    _append(app, odoo_entry(closed))


def _append(app: App, line: dict[str, Any]) -> None:
    try:
        app.ledger.append(line)
    except OSError as error:
        app.log.error("receipts_file_not_written", store=line.get("store"), exc_info=error)


def entry(store: Store, event: Event, at: datetime) -> dict[str, Any]:
    return {
        "event": event,
        "at": at.isoformat(),
        "store": store.id,
        "project": store.project_id,
        "shop_id": store.shop_id,
        "shop_domain": store.shop_domain,
        "generation": store.generation,
    }


def odoo_entry(closed: OdooConnection) -> dict[str, Any]:
    return {
        "event": ODOO_DISCONNECTED,
        "at": closed.state_since.isoformat(),
        "project": closed.project_id,
        "host": closed.url,
        "database": closed.database,
    }


def erasure(app: App, request: Request, at: datetime) -> dict[str, Any]:
    return {
        "event": CUSTOMER_ERASED,
        "at": at.isoformat(),
        "store": request.store_id,
        "project": request.project_id,
        "shop_id": request.shop_id,
        "shop_domain": request.shop_domain,
        "request": request.id,
        "customer": None if request.customer_id is None else hashed(app, "customer", request.customer_id),
        "email": request.email_hash,
        "phone": request.phone_hash,
        "orders": [hashed(app, "order", one) for one in request.order_ids],
    }


def hashed(app: App, what: Named, shopify_id: int) -> str:
    """How the receipts file names somebody's record at Shopify."""
    return app.vault.keyed_hash(str(shopify_id), purpose=f"receipts.{what}")


# -- mending -------------------------------------------------------------------------------------------------------


def mend(app: App) -> int:
    """Add what the file does not yet say of each store: its last authorisation, that it is paused or going, its
    removal; of each erasure that is done; of each Odoo that is disconnected. Returns how many lines."""
    entries = list(app.ledger.entries())
    told = {_key(line) for line in entries}
    erased = {line.get("request") for line in entries if line.get("event") == CUSTOMER_ERASED}
    with app.db.read() as connection:
        wanted = [line for store in stores.every(connection) for line in _of(store)]
        wanted += [odoo_entry(one) for one in odoo.every(connection) if one.state == "disconnected"]
        unsaid = [one for one in privacy.redactions_done(connection) if one.id not in erased]
    missing = [line for line in wanted if _key(line) not in told]
    missing += [erasure(app, one, one.settled_at or one.received_at) for one in unsaid]
    for line in missing:
        app.ledger.append(line)
    return len(missing)


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line.get("event"), line.get("store") or line.get("project"), line.get("at")


def _of(store: Store) -> list[dict[str, Any]]:
    moments: list[tuple[Event, datetime | None]] = [
        ("authorized", store.authorized_at),
        ("disconnected", store.state_since if store.state is State.DISCONNECTED else None),
        ("deleting", store.state_since if store.state is State.DELETING else None),
        ("erased", store.deleted_at),
    ]
    return [entry(store, event, at) for event, at in moments if at is not None]
