"""Erase a customer who asked for it: here only, in every state of the store, without a call to anybody.

One operation of a store meets all its open requests, one after the other: suppress the addresses, erase the person,
take the person out of their orders in parts, overwrite what the database still holds of it, write the receipt. Every
step may run twice. It goes on through lifecycle moves; a delete takes over from it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import privacy, privacy_erase, stores, stores_domains
from mooring.db.privacy import REDACT, Request
from mooring.domain.consent import Cause, Channel
from mooring.domain.wording import counted
from mooring.usecases import ledger, suppression
from mooring.usecases.context import App
from mooring.usecases.operations_run import Again, Done, Next, Run, Wait
from mooring.usecases.privacy import finish_redaction

_ORDERS = 100
_TABLES = ("customers", "addresses", "list_members", "engagement", "hub_edits", "orders", "order_lines", "refunds",
           "deliveries", "operations", "privacy_requests")  # fmt: skip
_WIPES = 60
_WIPE_WAIT = 2.0
_STILL_READ = "The database is read without a pause, so its log is emptied later, at the latest when Mooring stops."


class Place(msgspec.Struct, omit_defaults=True):
    """`request` is under way; `orders` of it are redacted; `wipes`: how often overwriting was tried."""

    request: str = ""
    orders: int = 0
    wipes: int = 0
    met: int = 0
    counts: dict[str, int] = {}


@dataclass
class _Job:
    app: App
    run: Run
    place: Place

    def save(self) -> None:
        self.run.cursor = msgspec.to_builtins(self.place)
        self.run.counts = {"requests": self.place.met, **self.place.counts}

    def add(self, counts: dict[str, int]) -> None:
        held = self.place.counts
        self.place.counts = held | {name: held.get(name, 0) + number for name, number in counts.items()}


def advance(app: App, run: Run) -> Next:
    """One slice."""
    job = _Job(app, run, msgspec.convert(run.cursor, Place))
    with app.db.read() as connection:
        request = _current(connection, run.store.id, job.place)
    if request is None:
        return Done({"requests": job.place.met, "sentence": f"{job.place.met} erased, as asked through Shopify."})
    if job.place.request != request.id:
        return _begin(job, request)
    if job.place.orders < len(request.order_ids):
        return _redact_some(job, request)
    return _end(job, request)


def _current(connection: Connection, store_id: str, place: Place) -> Request | None:
    waiting = privacy.open_of_topic(connection, REDACT, store_id)
    begun = [one for one in waiting if one.id == place.request]
    return next(iter(begun or waiting), None)


# -- the person ----------------------------------------------------------------------------------------------------


def _begin(job: _Job, request: Request) -> Next:
    """Suppressed before it is erased: afterwards nobody knows the addresses. All in one transaction. The receipts file
    is told before it, for the same reason: told in vain, it asks for what was asked for anyway."""
    ledger.note_erasure(job.app, request)
    job.place = Place(request=request.id, met=job.place.met)
    store_id = job.run.store.id
    with job.run.checkpoint() as connection:
        people = privacy_erase.customer_ids(connection, store_id, request.customer_id)
        orders = privacy_erase.order_ids(connection, store_id, people, request.order_ids)
        known = privacy_erase.addresses_of(connection, store_id, people, orders)
        suppressed = _suppress(job, connection, request, known)
        gone = privacy_erase.erase_people(connection, store_id, people)
        gone["deliveries"] = _forget_signals(connection, store_id, people, orders)
        gone["operations"] = privacy_erase.scrub_operations(connection, store_id, _said(people, known))
        privacy.name_orders(connection, request.id, orders)
        job.add(gone | {"suppressed": suppressed})
        job.save()
    return Again()


def _suppress(job: _Job, connection: Connection, request: Request, known: dict[Channel, set[str]]) -> int:
    """From the hashes in the request, and from every address that is stored. Counts distinct addresses."""
    store, hashes = job.run.store, {Channel.EMAIL: request.email_hash, Channel.SMS: request.phone_hash}
    distinct: set[tuple[Channel, str]] = {(channel, one) for channel, one in hashes.items() if one}
    for channel, one in distinct:
        suppression.suppress_hash(
            job.app, connection, store.project_id, channel, one, Cause.REDACT, store.id, at=request.received_at
        )
    for channel, addresses in known.items():
        for address in addresses:
            at = request.received_at
            suppression.suppress(job.app, connection, store.project_id, channel, address, Cause.REDACT, store.id, at=at)
            distinct.add((channel, suppression.hash_of_address(job.app, channel, address)))
    return len(distinct)


def _forget_signals(connection: Connection, store_id: str, people: Collection[int], orders: Collection[int]) -> int:
    store = stores.load(connection, store_id)
    domains = stores_domains.of_store(connection, store_id) if store.claim else []
    return privacy_erase.erase_deliveries(connection, store_id, domains, people, orders)


def _said(people: Collection[int], known: dict[Channel, set[str]]) -> set[str]:
    """By what a recovery may have been asked for."""
    return {str(one) for one in people} | {address for addresses in known.values() for address in addresses}


# -- the orders ----------------------------------------------------------------------------------------------------


def _redact_some(job: _Job, request: Request) -> Next:
    some = request.order_ids[job.place.orders : job.place.orders + _ORDERS]
    with job.run.checkpoint() as connection:
        job.add(privacy_erase.redact_orders(connection, job.run.store.id, some))
        job.place.orders += len(some)
        job.save()
    return Again()


# -- the end -------------------------------------------------------------------------------------------------------


def _end(job: _Job, request: Request) -> Next:
    """SQLite's log and PostgreSQL's dead rows still hold what was, until they are let go of."""
    wiped = job.app.db.wipe(_TABLES)
    if not wiped and job.place.wipes < _WIPES:
        job.place.wipes += 1
        with job.run.checkpoint():
            job.save()
        return Wait(_WIPE_WAIT)
    with job.run.checkpoint() as connection:
        finish_redaction(job.app, connection, request, _receipt(job, [] if wiped else [_STILL_READ]))
        job.place = Place(met=job.place.met + 1)
        job.save()
    return Again()


def _receipt(job: _Job, notes: list[str]) -> dict[str, Any]:
    """Numbers and sentences. `odoo` lists the records there that are about this customer, with links."""
    counts = dict(job.place.counts)
    erased = sum(counts.get(name, 0) for name in ("customers", "addresses", "list_members", "engagement", "hub_edits"))
    orders = counted(counts.get("orders", 0), "orders")
    sentence = f"The customer was erased here ({counted(erased, 'rows')}) and taken out of {orders}."
    return {
        "sentence": sentence,
        "operation": job.run.id,
        "counts": counts,
        "odoo": [],
        "notes": ["No Odoo is connected, so nothing about this customer is kept there.", *notes],
    }
