"""Privacy topics: what customers and shops ask for, shared out to every card that holds data of that shop.

`take_in` runs on the schedule and right after a delivery; whatever it finds unfinished it takes up again. A request to
see data stays open until an admin has answered it; a request to erase a customer becomes an operation at once, in every
state; a shop's request to be erased counts down, visibly, and a reconnect calls it off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, operations, privacy, privacy_erase, stores
from mooring.db.privacy import DATA_REQUEST, REDACT, SHOP_REDACT, Request
from mooring.db.stores import Store
from mooring.domain.lifecycle import ALLOWED_CALLS, GOING, Lost, Purpose
from mooring.domain.rules import Work, excluded_by
from mooring.usecases import delete, ledger, notices
from mooring.usecases.context import App
from mooring.usecases.notices import NoticeKind
from mooring.usecases.operations import issue
from mooring.usecases.who import SYSTEM, Who

AFTER_UNINSTALL = timedelta(hours=48)
"""How long after an uninstall Shopify sends `shop/redact`. A card authorised later than that was reinstalled since."""


# -- sharing out ---------------------------------------------------------------------------------------------------


def take_in(app: App) -> None:
    """Share out what has come in, and do what is due. Safe in two processes at once."""
    with app.db.read() as connection:
        waiting = privacy.received(connection)
    for request in waiting:
        _share_out(app, request)
    _carry_on(app)


def _share_out(app: App, request: Request) -> None:
    with app.db.write() as connection:
        if not privacy.claim_received(connection, request.id):
            return
        cards = _cards(connection, request)
        if not cards:
            settle(app, connection, request, "done", {"sentence": _NOTHING_HELD})
        for place, store in enumerate(cards):
            _open(app, connection, request, store, request.id if place == 0 else app.ids.new())


_NOTHING_HELD = "Nothing of this shop was held, so nothing was left to do."


def _cards(connection: Connection, request: Request) -> list[Store]:
    """Erasing a shop ends one app's installation: a card that is tied by another app is not meant."""
    found = [stores.load(connection, one) for one in privacy.cards_of_shop(connection, request.shop_id)]
    return [store for store in found if request.topic != SHOP_REDACT or store.app_id == request.app_id]


def _open(app: App, connection: Connection, request: Request, store: Store, id: str) -> None:
    due_at = _end_of_countdown(app, request) if request.topic == SHOP_REDACT else request.due_at
    privacy.open_for(connection, request, store, id=id, due_at=due_at)
    mine = privacy.load(connection, id)
    if mine.topic == SHOP_REDACT:
        if moot := _moot(connection, mine, store):
            settle(app, connection, mine, "cancelled", {"sentence": moot})
            return
        _announce(app, connection, mine, store, NoticeKind.SHOP_REDACT, _countdown_words(store, due_at), urgent=True)
    elif mine.topic == DATA_REQUEST:
        words = f"A customer of {store.name} asked for their data. Answer by {due_at:%d %b %Y}."
        _announce(app, connection, mine, store, NoticeKind.DATA_REQUEST, words)
    else:
        name_orders(connection, store, mine)


def name_orders(connection: Connection, store: Store, request: Request) -> None:
    """Which orders are theirs is written down at once: an import that comes before the erasure takes the customer out
    of them, and then nobody could tell whose lines they have."""
    people = privacy_erase.customer_ids(connection, store.id, request.customer_id)
    orders = privacy_erase.order_ids(connection, store.id, people, request.order_ids)
    privacy.name_orders(connection, request.id, orders)


def _moot(connection: Connection, mine: Request, store: Store) -> str | None:
    """Why this request of a shop starts no countdown; None: it does."""
    if _reinstalled(mine, store):
        return _REINSTALLED
    others = [one for one in privacy.open_of_topic(connection, SHOP_REDACT, store.id) if one.id != mine.id]
    return _COUNTS_DOWN if others else None


_COUNTS_DOWN = "The shop had asked for the same before, and that is counting down."


def _end_of_countdown(app: App, request: Request) -> datetime:
    return request.received_at + timedelta(days=app.settings.redact_days)


def _countdown_words(store: Store, end: datetime) -> str:
    return (
        f"{store.name} ({store.shop_domain}) asked through Shopify for erasure. Everything of this store is deleted on "
        f"{end:%d %b %Y, %H:%M} UTC. Reconnecting it calls that off."
    )


def _announce(
    app: App, connection: Connection, request: Request, store: Store, kind: NoticeKind, words: str, *,
    urgent: bool = False,
) -> None:  # fmt: skip
    notices.raise_notice(
        connection,
        at=app.clock.now(),
        project_id=store.project_id,
        kind=kind,
        key=_key(request),
        sentence=words,
        store_id=store.id,
        address=f"/projects/{store.project_id}/privacy",
        urgent=urgent,
    )


def _key(request: Request) -> str:
    return f"privacy.{request.id}"


def settle(
    app: App, connection: Connection, request: Request, state: str, receipt: dict[str, Any], who: Who = SYSTEM
) -> None:
    """The receipt holds no personal data; nor does the line in the trail."""
    now = app.clock.now()
    privacy.settle(connection, request, state=state, at=now, by=who.id, receipt=receipt)
    audit.write(
        connection, at=now, actor=who.id, event=f"privacy.{state}", project_id=request.project_id,
        store_id=request.store_id, detail={"topic": request.topic, "request": request.id},
    )  # fmt: skip
    if request.project_id is not None:
        notices.settle_notice(connection, request.project_id, _key(request), at=now)


# -- carrying on ---------------------------------------------------------------------------------------------------


def _carry_on(app: App) -> None:
    with app.db.read() as connection:
        erasing = {one.store_id: one for one in privacy.open_of_topic(connection, REDACT) if one.store_id}
        counting = privacy.open_of_topic(connection, SHOP_REDACT)
    for store_id in erasing:
        _erase(app, store_id)
    for request in counting:
        _count_down(app, request)


def _erase(app: App, store_id: str) -> None:
    """An operation that forgets everybody of this store who asked for it; a delete under way does so by itself."""
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        busy = frozenset(one.kind for one in operations.unfinished(connection, store_id))
        if store.state in GOING or excluded_by(Work.REDACT, busy):
            return
        operation = issue(app, connection, SYSTEM, store, Work.REDACT, {})
    app.engine.start(operation.id)


def _count_down(app: App, request: Request) -> None:
    with app.db.write() as connection:
        current = privacy.load(connection, request.id)
        if current.state != "open" or current.store_id is None:
            return
        store = stores.load(connection, current.store_id)
        if store.state in GOING:
            return
        if _reconnected(current, store):
            settle(app, connection, current, "cancelled", {"sentence": _CALLED_OFF})
            return
        if current.due_at > app.clock.now():
            return
        operation = delete.begin(app, connection, SYSTEM, store, remote=False, cause=delete.SHOP_REDACT)
        going = stores.load(connection, store.id)
    ledger.note(app, going, "deleting", going.state_since)
    app.engine.start(operation.id)


_REINSTALLED = "The app was installed again since the shop uninstalled it, so nothing was erased."
_CALLED_OFF = "The store was reconnected, so nothing was erased."


def _reconnected(request: Request, store: Store) -> bool:
    return store.authorized_at is not None and store.authorized_at > request.received_at


def _reinstalled(request: Request, store: Store) -> bool:
    """Whether the connection is alive and younger than the uninstall that the request goes back to."""
    alive = Purpose.IMPORT in ALLOWED_CALLS[store.state] and store.lost in (None, Lost.SCOPES)
    since = request.received_at - AFTER_UNINSTALL
    return alive and store.authorized_at is not None and store.authorized_at > since


def countdown(connection: Connection, store_id: str) -> datetime | None:
    """When everything of this store is deleted because its shop asked for it; None if it did not, or not any more."""
    found = privacy.open_of_topic(connection, SHOP_REDACT, store_id)
    if not found:
        return None
    store = stores.load(connection, store_id)
    return min((one.due_at for one in found if not _reconnected(one, store)), default=None)


def finish_redaction(app: App, connection: Connection, request: Request, receipt: dict[str, Any]) -> None:
    """The last step of an erasure, in the operation's transaction."""
    settle(app, connection, request, "done", receipt)
