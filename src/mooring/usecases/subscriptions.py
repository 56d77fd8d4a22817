"""Webhook subscriptions at Shopify, converged: list them all, compare, then create, fix and remove what differs.

Nothing has to be remembered between two runs: Shopify's own list is the place to go on from, after a crash as after a
removal by Shopify (which drops a subscription that failed eight times). What was found is kept on the store, for
readiness and pages.

Without a public address there is nothing to subscribe with; the store works by pulls, and the receipt says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import due, operations, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain import subscribing
from mooring.domain.lifecycle import Purpose
from mooring.domain.rules import Work
from mooring.domain.subscribing import Changes, Subscription
from mooring.errors import Permanent, Refused
from mooring.usecases import subscriptions_documents as documents
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Done, Next, Run
from mooring.usecases.who import SYSTEM, Who

EACH = timedelta(days=1)
SOON = timedelta(minutes=1)
NO_ADDRESS = "Without a public address (MOORING_PUBLIC_URL) Shopify cannot deliver webhooks: regular pulls do the work."

_MOST_PAGES = 20
_FEW = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What the last look found. `active` and `missing` are topics by name; `refused`: Shopify's words for why not."""

    at: str
    address: str | None
    active: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict[str, str])
    error: str | None = None


def found(store: Store) -> Found | None:
    """None before the first look."""
    return msgspec.convert(store.subscriptions, Found) if store.subscriptions else None


def address(app: App, app_id: str) -> str | None:
    """Where the deliveries and privacy requests of a Shopify app go; None without a public address."""
    return f"{app.settings.public_url}/hooks/{app_id}" if app.settings.public_url else None


# -- asking for it -------------------------------------------------------------------------------------------------


def ask(app: App, connection: Connection, store: Store, who: Who = SYSTEM) -> str | None:
    """The id of an operation to start after the commit. None: there is nothing to subscribe with, or something is in
    the way, and the schedule asks again."""
    if address(app, store.app_id) is None and found(store) is None:
        return None
    try:
        operation = issue(app, connection, who, store, Work.SUBSCRIBE, {})
    except Refused:
        stores.change(connection, store.id, subscribe_due_at=app.clock.now() + SOON)
        return None
    stores.change(connection, store.id, subscribe_due_at=app.clock.now() + EACH)
    return operation.id


def under_way(app: App, store_id: str) -> str | None:
    """The id of an operation that is about to register webhooks, or does. One that is parked, or has met an error and
    tries again later, is none."""
    with app.db.read() as connection:
        found = operations.unfinished(connection, store_id)
    mine = (one.id for one in found if one.kind is Work.SUBSCRIBE and one.state != "parked" and one.error is None)
    return next(mine, None)


def ask_due(app: App) -> None:
    """For the schedule: once a day, and whenever something wanted it earlier."""
    with app.db.read() as connection:
        ids = due.readable(connection, "subscribe_due_at", app.clock.now())
    for store_id in ids:
        with app.db.write() as connection:
            now = app.clock.now()
            mine = stores.take_turn(connection, store_id, "subscribe_due_at", at=now, following=now + EACH)
            operation_id = ask(app, connection, stores.load(connection, store_id)) if mine else None
        if operation_id:
            app.engine.start(operation_id)


# -- converging ----------------------------------------------------------------------------------------------------


def converge(app: App, run: Run) -> Next:
    """One slice does it all: a few requests, whatever there is to change."""
    there, before = address(app, run.store.app_id), found(run.store)
    if there is None and (before is None or before.address is None):
        return _finish(run, Found(_now(app), None), Changes((), (), ()), NO_ADDRESS)
    wanted = subscribing.wanted(run.store.settings, run.store.granted_scopes) if there else ()
    ours = {before.address} if before and before.address else set[str]()
    todo = subscribing.changes(wanted, _listed(app, run), address=there or "", ours=ours)
    refused = documents.carry_out(todo, there or "", partial(run.call, purpose=Purpose.SUBSCRIBE))
    now = Found(
        at=_now(app),
        address=there,
        active=tuple(topic.name for topic in wanted if topic.name not in refused),
        missing=tuple(topic.name for topic in wanted if topic.name in refused),
        refused=refused,
        error=_sentence(refused) if refused else None,
    )
    return _finish(run, now, todo, None if there else NO_ADDRESS)


def ended(connection: Connection, operation: Operation, sentence: str) -> None:
    """Given up or cancelled: what the page shows says so, and keeps what was known."""
    if operation.store_id is None:
        return
    store = stores.load(connection, operation.store_id)
    _keep(connection, store.id, (store.subscriptions or {"at": "", "address": None}) | {"error": sentence})


def _finish(run: Run, now: Found, done: Changes, note: str | None) -> Done:
    with run.checkpoint() as connection:
        _keep(connection, run.store.id, asdict(now))
    receipt: dict[str, Any] = {
        "address": now.address,
        "active": len(now.active),
        "created": [topic.name for topic in done.create if topic.name not in now.refused],
        "fixed": [topic.name for _, topic in done.fix if topic.name not in now.refused],
        "removed": len(done.remove),
        "refused": now.refused,
        "notes": [note] if note else [],
    }
    return Done(receipt, failed=now.error)


def _keep(connection: Connection, store_id: str, facts: dict[str, Any]) -> None:
    stores.change(connection, store_id, subscriptions=msgspec.json.encode(facts).decode())


def _sentence(refused: dict[str, str]) -> str:
    what = ", ".join(sorted(refused)) if len(refused) <= _FEW else f"{len(refused)} of them"
    words = " ".join(sorted(set(refused.values())))
    return f"Shopify refused webhook subscriptions ({what}): {words} Pulls fill the gap."


def _now(app: App) -> str:
    return app.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")


# -- listing -------------------------------------------------------------------------------------------------------


class _Node(msgspec.Struct, rename="camel"):
    id: str
    topic: str
    uri: str = ""
    format: str = "JSON"
    include_fields: list[str] = []
    filter: str | None = None
    metafield_namespaces: list[str] = []
    metafields: list[dict[str, Any]] = []


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    nodes: list[_Node]
    page_info: _PageInfo


def _listed(app: App, run: Run) -> Iterator[Subscription]:
    document, after = app.shopify.document("webhook_subscriptions"), None
    for _ in range(_MOST_PAGES):
        reply = run.call(document, {"after": after}, purpose=Purpose.SUBSCRIBE)
        page = msgspec.convert(reply.data["webhookSubscriptions"], _Page)
        yield from map(_subscription, page.nodes)
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor
    raise Permanent("Shopify lists more webhook subscriptions than one app can have in a shop.", code="endless")


def _subscription(node: _Node) -> Subscription:
    plain = node.format == "JSON" and not (node.filter or node.metafield_namespaces or node.metafields)
    return Subscription(node.id, node.topic, node.uri, tuple(node.include_fields), plain)
