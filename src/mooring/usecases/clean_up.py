"""After a disconnect: take our webhook subscriptions and our running bulk operations away at Shopify.

Best effort, for 24 hours at most, and never waited for. Every call is bound to the generation of its disconnect; a
reconnect ends what is pending. Only what Mooring made goes: subscriptions that lead to its own address for this app,
and exports that an import of this store asked for. Already gone, dead credentials or a closed shop end it as well,
and the receipt says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from mooring.db import operations, reading, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Lost, Purpose
from mooring.domain.rules import Work
from mooring.errors import AuthLost, Permanent, Refused, Retriable
from mooring.usecases import mutations
from mooring.usecases.context import App
from mooring.usecases.import_store_bulk import BulkOperation
from mooring.usecases.import_store_documents import asked
from mooring.usecases.import_store_place import Phase, Place
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run
from mooring.usecases.subscriptions_documents import REMOVE
from mooring.usecases.who import Who

PATIENCE = timedelta(hours=24)
_CANCEL = "bulkOperationCancel"
_UNDER_WAY = frozenset({"CREATED", "RUNNING"})
_CLOCKS_APART = timedelta(minutes=10)


# -- asking for it -------------------------------------------------------------------------------------------------


def begin(app: App, connection: Connection, who: Who, store: Store) -> Operation | None:
    """In the transaction of the disconnect. None for a card that may make no call, or has nothing to make it with."""
    if not store.claim or reading.grant(connection, store.id) is None:
        return None
    until = app.clock.now() + PATIENCE
    return issue(app, connection, who, store, Work.CLEAN_UP, {"until": until.isoformat()})


def until_of(operation: Operation) -> datetime:
    return datetime.fromisoformat(operation.arguments["until"])


# -- what can be said of it ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether Delete and Clear could clean up at Shopify: `until` when (None: no end, or not at all), in words."""

    possible: bool
    until: datetime | None
    sentence: str


_SAID_UNINSTALLED = (
    "Shopify said that Mooring was uninstalled: then nothing is left there to clean up. Delete tries all the same."
)
"""While a store is disconnected such a message is noted without a call, and it may be a late one."""


def outlook(connection: Connection, store: Store) -> Outlook:
    grant = reading.grant(connection, store.id)
    if not store.claim:
        return Outlook(False, None, "Another project speaks for this shop now: nothing can be cleaned up from here.")
    if grant is None:
        return Outlook(False, None, "Mooring holds no credentials: nothing can be cleaned up at Shopify.")
    if store.lost is Lost.UNINSTALLED:
        return Outlook(False, None, _SAID_UNINSTALLED)
    if until := grant["refresh_expires_at"]:
        day = f"{until.day} {until:%B %Y}"
        return Outlook(True, until, f"Until {day} Delete and Clear can still clean up at Shopify.")
    return Outlook(True, None, "As long as the app stays installed, Delete and Clear can clean up at Shopify.")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the clean-up of the present disconnect stands: `state` as of its operation, and in words."""

    operation_id: str
    state: str
    sentence: str
    until: datetime


def standing(connection: Connection, store: Store) -> Standing | None:
    """None when this disconnect had nothing to clean up."""
    found = operations.newest(connection, store.id, Work.CLEAN_UP)
    if found is None or found.generation != store.generation:
        return None
    return Standing(found.id, found.state, _words(found), until_of(found))


def _words(operation: Operation) -> str:
    if not operation.finished:
        trouble = f" {operation.error} This is tried again." if operation.error else ""
        return f"Webhooks at Shopify are being removed.{trouble}"
    said = (operation.receipt or {}).get("sentence")
    return said or operation.error or "The clean-up at Shopify has ended."


# -- doing it ------------------------------------------------------------------------------------------------------


class Subscription(msgspec.Struct):
    id: str
    uri: str


class _Subscriptions(msgspec.Struct):
    nodes: list[Subscription]


class _Bulks(msgspec.Struct):
    nodes: list[BulkOperation | None]


def advance(app: App, run: Run) -> Next:
    if app.clock.now() >= until_of(run.operation):
        return _given_up(run)
    try:
        return _tidy(app, run)
    except AuthLost as lost:
        return _nothing_to_do(run, f"{lost.sentence} If the app was uninstalled, its webhooks went with it.")
    except Permanent as gone:
        if gone.code != "shop_not_found":
            raise
        return _nothing_to_do(run, f"{gone.sentence} Its webhooks went with it.")
    except Refused as refused:
        if refused.code == "too_late":
            return _given_up(run)
        if refused.code != "no_claim":
            raise
        return _nothing_to_do(run, refused.sentence)


def _tidy(app: App, run: Run) -> Next:
    """Look, take away what is ours, look again: only what Shopify itself no longer shows is gone."""
    reply = run.call(app.shopify.document("clean_up_look"), {}, purpose=Purpose.CLEAN_UP)
    hooks = _our_hooks(run.store, msgspec.convert(reply.data["webhookSubscriptions"], _Subscriptions))
    bulks = list(_our_bulks(app, run.store, msgspec.convert(reply.data["bulkOperations"], _Bulks)))
    if not hooks and not bulks:
        return _over(run)
    rounds = _rounds(run, [*hooks, *bulks])
    _remove(run, hooks, bulks)
    run.cursor = {"asked": [*hooks, *bulks], "rounds": rounds}
    with run.checkpoint():
        pass
    return Again()


def _rounds(run: Run, ours: list[str]) -> int:
    """How often the very same things were asked to go; between two such rounds Shopify is given time."""
    if run.cursor.get("asked") != ours:
        return 0
    if run.operation.attempts == 0:
        wait = 30.0 * 2.0 ** min(run.cursor["rounds"], 6)
        raise Retriable("Shopify has not removed everything yet.", retry_after=wait)
    return run.cursor["rounds"] + 1


def _our_hooks(store: Store, found: _Subscriptions) -> list[str]:
    """Those that lead to this app's address here, under whatever name Mooring was reached at the time."""
    ending = f"/hooks/{store.app_id}"
    return [one.id for one in found.nodes if urlsplit(one.uri).path.endswith(ending)]


def _our_bulks(app: App, store: Store, found: _Bulks) -> Iterator[str]:
    places = list(_places(app, store))
    ids = {place.bulk_id for _, place in places}
    lost = {_query(app, kind, place): _asked_at(app, place) for kind, place in places if place.phase is Phase.STARTING}
    for one in found.nodes:
        if one is None or one.status not in _UNDER_WAY:
            continue
        since = lost.get(one.query.strip())
        if one.id in ids or (since is not None and datetime.fromisoformat(one.created_at) >= since - _CLOCKS_APART):
            yield one.id


def _places(app: App, store: Store) -> Iterator[tuple[Kind, Place]]:
    """Where the parked imports of this store stand."""
    with app.db.read() as connection:
        parked = [one for one in operations.unfinished(connection, store.id) if one.kind is Work.IMPORT]
    for operation in parked:
        yield from msgspec.convert(operation.cursor.get("kinds", {}), dict[Kind, Place]).items()


def _query(app: App, kind: Kind, place: Place) -> str:
    return asked(app, kind, frozenset(place.unread)).bulk.strip()


def _asked_at(app: App, place: Place) -> datetime:
    return datetime.fromtimestamp(place.asked_at, app.clock.now().tzinfo)


def _remove(run: Run, hooks: list[str], bulks: list[str]) -> None:
    """All of them, in as few documents as there have to be. What went is counted."""
    ours = [mutations.on_id(REMOVE, id_, f"hook{place}") for place, id_ in enumerate(hooks)]
    ours += [mutations.on_id(_CANCEL, id_, f"bulk{place}") for place, id_ in enumerate(bulks)]
    for one, objections in mutations.send("CleanUp", ours, partial(run.call, purpose=Purpose.CLEAN_UP)):
        if objections == ():
            name = "webhooks" if one.field == REMOVE else "bulk_operations"
            run.counts[name] = run.counts.get(name, 0) + 1


# -- its end -------------------------------------------------------------------------------------------------------


def _receipt(run: Run, sentence: str) -> dict[str, Any]:
    return {
        "webhooks_removed": run.counts.get("webhooks", 0),
        "bulk_operations_cancelled": run.counts.get("bulk_operations", 0),
        "sentence": sentence,
    }


def _over(run: Run) -> Next:
    with run.checkpoint() as connection:
        stores.change(connection, run.store.id, subscriptions=None)
    return Done(_receipt(run, "Nothing of Mooring is left at Shopify but the app itself."))


def _nothing_to_do(run: Run, sentence: str) -> Next:
    return Done(_receipt(run, sentence))


def _given_up(run: Run) -> Next:
    until = f"{until_of(run.operation):%Y-%m-%d %H:%M} UTC"
    sentence = (
        f"Webhooks at Shopify could not be removed until {until}. Late ones are dropped here; Shopify stops sending "
        "them by itself, or remove them by uninstalling the app in the shop's admin."
    )
    return Done(_receipt(run, sentence), failed=sentence)
