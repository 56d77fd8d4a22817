"""Webhook subscriptions at Shopify, converged: list them all, compare, then create, fix and remove what differs.

Nothing has to be remembered between two runs: Shopify's own list is the place to go on from, after a crash as after a
removal by Shopify (which drops a subscription that failed eight times). What was found is kept on the store, for
readiness and pages.

Without a public address there is nothing to subscribe with; the store works by pulls, and the receipt says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import due, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain import subscribing
from mooring.domain.lifecycle import Purpose
from mooring.domain.rules import Work
from mooring.domain.subscribing import Changes, Subscription
from mooring.errors import Permanent, Refused
from mooring.ports import Reply
from mooring.usecases import subscriptions_documents as documents
from mooring.usecases.context import App
from mooring.usecases.operations import Done, Next, Run, issue
from mooring.usecases.who import SYSTEM, Who

EACH = timedelta(days=1)
SOON = timedelta(minutes=1)
NO_ADDRESS = "Without a public address (MOORING_PUBLIC_URL) Shopify cannot deliver webhooks: regular pulls do the work."

Call = Callable[[str, dict[str, Any]], Reply]
"""One GraphQL request for the store, by whoever may make it: document, variables."""

_MOST_PAGES = 20


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


def ask_due(app: App) -> None:
    """For the schedule: once a day, and whenever something wanted it earlier."""
    with app.db.read() as connection:
        ids = due.readable(connection, "subscribe_due_at", app.clock.now())
    for store_id in ids:
        with app.db.write() as connection:
            now = app.clock.now()
            mine = due.take(connection, store_id, "subscribe_due_at", at=now, following=now + EACH)
            operation_id = ask(app, connection, stores.load(connection, store_id)) if mine else None
        if operation_id:
            app.engine.start(operation_id)


# -- converging ----------------------------------------------------------------------------------------------------


def converge(app: App, run: Run) -> Next:
    """One slice does it all: a few requests, whatever there is to change."""
    store = run.store

    def call(document: str, variables: dict[str, Any]) -> Reply:
        return run.call(document, variables, purpose=Purpose.SUBSCRIBE)

    there, before = address(app, store.app_id), found(store)
    wanted = subscribing.wanted(store.settings, store.granted_scopes) if there else ()
    ours = {before.address} if before and before.address else set[str]()
    if there is None and not ours:
        return _finish(app, run, Found(_now(app), None), Changes((), (), ()), NO_ADDRESS)
    known = list(_listed(app, call))
    todo = subscribing.changes(wanted, known, address=there or "", ours=ours)
    refused = documents.carry_out(todo, there or "", call)
    missing = tuple(topic.name for topic in wanted if topic.name in refused)
    active = tuple(topic.name for topic in wanted if topic.name not in refused)
    now = Found(_now(app), there, active, missing, refused, _sentence(refused) if refused else None)
    return _finish(app, run, now, todo, None if there else NO_ADDRESS)


def ended(connection: Connection, operation: Operation, sentence: str) -> None:
    """Given up or cancelled: what the page shows says so, and keeps what was known."""
    if operation.store_id is None:
        return
    store = stores.load(connection, operation.store_id)
    _keep(connection, store.id, (store.subscriptions or {"at": "", "address": None}) | {"error": sentence})


def _finish(app: App, run: Run, now: Found, done: Changes, note: str | None) -> Done:
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
    words = sorted(set(refused.values()))
    return f"Shopify refused {len(refused)} webhook subscriptions ({', '.join(sorted(refused))}): {' '.join(words)}"


def _now(app: App) -> str:
    return app.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")


# -- removing ------------------------------------------------------------------------------------------------------


def remove_all(app: App, store: Store, call: Call) -> int:
    """Remove every subscription of the store that sends to us; returns how many there were. Safe to repeat.

    Raises `Permanent` with Shopify's words when it refuses, and whatever `call` raises.
    """
    before = found(store)
    there = address(app, store.app_id) or ""
    ours = {before.address} if before and before.address else set[str]()
    if not there and not ours:
        return 0
    todo = subscribing.changes((), _listed(app, call), address=there, ours=ours)
    if refused := documents.carry_out(todo, there, call):
        raise Permanent(_sentence(refused), code="not_unsubscribed")
    return len(todo.remove)


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


def _listed(app: App, call: Call) -> Iterator[Subscription]:
    document, after = app.shopify.document("webhook_subscriptions"), None
    for _ in range(_MOST_PAGES):
        page = msgspec.convert(call(document, {"after": after}).data["webhookSubscriptions"], _Page)
        yield from map(_subscription, page.nodes)
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor
    raise Permanent("Shopify lists more webhook subscriptions than one app can have in a shop.", code="endless")


def _subscription(node: _Node) -> Subscription:
    plain = node.format == "JSON" and not (node.filter or node.metafield_namespaces or node.metafields)
    return Subscription(node.id, node.topic, node.uri, tuple(node.include_fields), plain)
