"""Accepting a restore: what happened since the copy was made is looked up in the receipts file and made good.

A store that was deleted since, or was being deleted, is deleted again, without a call to Shopify. One that was
disconnected since is disconnected again, without a call either; so is an Odoo, whose key the copy still has. One that
was authorised since holds dead credentials in the copy and asks for a reconnect. Of several, what came last counts.
Customers who were erased at their own request since are erased again. Then the hold is lifted and work goes on; what is
missing since the copy was made counts as a gap of each store. The same is found, and held, when somebody has put an
older database file back by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, operations_parked, people, stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING, TRANSITIONS, Event
from mooring.errors import ConfirmationMissing, Refused
from mooring.usecases import delete, held, ledger, restore_erasures, restore_news, restore_odoo
from mooring.usecases.context import App
from mooring.usecases.held import Hold
from mooring.usecases.lost import lose
from mooring.usecases.notices import NoticeKind, raise_notice
from mooring.usecases.restore_erasures import Erased, Erasure
from mooring.usecases.restore_news import GRANT, PAUSE, REMOVAL, SETTLED_FACT, Line, Since
from mooring.usecases.restore_odoo import OdooSince
from mooring.usecases.who import Who

COPIED_BACK = "a database file that was put back"
_REASON = "Its credentials were renewed after this backup was made, so the ones in the backup are dead."
_TOKENS = (
    "A store whose token was renewed since may ask for a reconnect as well, at its first call. "
    "Settings and changes made since the backup are not in it: look at each store."
)
_DISCONNECTED_REASON = "It was disconnected after this backup was made, so it stays disconnected."
_NO_LINES = (
    "The receipts file tells of nothing since. If Mooring ran somewhere else after the backup was made, put that "
    "receipts.jsonl into the data directory first."
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting would do. `unknown`: stores connected since, which have to be connected anew."""

    hold: Hold
    deleted: tuple[Since, ...]
    disconnected: tuple[Since, ...]
    authorized: tuple[Since, ...]
    unknown: tuple[Since, ...]
    odoo: tuple[OdooSince, ...]
    erased: tuple[Erased, ...]
    notes: tuple[str, ...]
    token: str

    @property
    def facts(self) -> dict[str, Any]:
        """For machines and for the command line."""
        return {
            "restored_from": self.hold.source,
            "held_since": self.hold.at.isoformat(),
            "deletes": [one.sentence for one in self.deleted],
            "disconnects": [one.sentence for one in (*self.disconnected, *self.odoo)],
            "reconnects": [one.sentence for one in self.authorized],
            "connect_anew": [one.sentence for one in self.unknown],
            "erases": [one.sentence for one in self.erased],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """`erased` counts customers; `operations` are the deletes and erasures that were begun."""

    deleted: int
    disconnected: int
    reconnect: int
    erased: int
    operations: tuple[str, ...]
    odoo: int = 0


# -- what the database does not know -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """What the receipts file tells."""

    lines: list[Line]
    erasures: list[Erasure]
    odoo: list[restore_odoo.Closed]


def _read(app: App) -> _Told:
    return _Told(restore_news.lines(app), restore_erasures.told(app), restore_odoo.told(app))


def compare(app: App) -> bool:
    """At each start: hold a database that is older than its receipts file. Whether it is held now. One that is quite
    new, beside the receipts of an installation that is gone, has nothing to make good."""
    told = _read(app)
    with app.db.write() as connection:
        if held.find(connection) is not None:
            return True
        if people.count(connection) == 0 and told.lines:
            people.set_fact(connection, SETTLED_FACT, max(line.at for line in told.lines).isoformat())
        if not _is_behind(connection, told):
            return False
        held.put(connection, Hold(at=app.clock.now(), source=COPIED_BACK))
    app.log.warning("held", reason=COPIED_BACK)
    return True


def _is_behind(connection: Connection, told: _Told) -> bool:
    news = restore_news.news(connection, told.lines) or restore_erasures.news(connection, told.erasures)
    return bool(news or restore_odoo.news(connection, told.odoo))


# -- looking, and accepting ----------------------------------------------------------------------------------------


def preview(app: App, who: Who) -> Preview:
    """Raises `Refused` where nothing is held."""
    who.require_installation_admin()
    told = _read(app)
    with app.db.read() as connection:
        return _preview(app, connection, told)


def _preview(app: App, connection: Connection, told: _Told) -> Preview:
    hold = held.find(connection)
    if hold is None:
        raise Refused("Nothing is held: there is no restore to accept.", code="not_held")
    news = restore_news.news(connection, told.lines)
    deleted, disconnected, authorized = (restore_news.of(news, events) for events in (REMOVAL, PAUSE, GRANT))
    unknown = tuple(restore_news.since(line, None) for line, store in news if store is None)
    again = _again(connection, told, deleted)
    erased, closed = restore_erasures.by_store(again), restore_odoo.news(connection, told.odoo)
    notes = (_TOKENS,) if news or again or closed else (_NO_LINES, _TOKENS)
    shown = msgspec.json.encode([hold, deleted, disconnected, authorized, unknown, closed, erased]).decode()
    token = app.vault.keyed_hash(shown, purpose="accept_restore")
    return Preview(hold, deleted, disconnected, authorized, unknown, closed, erased, notes, token)


def _again(connection: Connection, told: _Told, deleted: tuple[Since, ...]) -> list[tuple[Erasure, Store]]:
    """Customers who are in this database again. With a store that is deleted again they go anyway."""
    going = {one.store_id for one in deleted}
    return [(one, store) for one, store in restore_erasures.news(connection, told.erasures) if store.id not in going]


def accept(app: App, who: Who, token: str | None = None) -> Accepted:
    """Raises `ConfirmationMissing` with what would be done now, unless `token` is the one of exactly that."""
    who.require_installation_admin()
    told = _read(app)
    with app.db.write() as connection:
        shown = _preview(app, connection, told)
        if token != shown.token:
            said = "This is what accepting would do." if token is None else "Something has changed since you looked."
            raise ConfirmationMissing(f"{said} Nothing was done yet.", preview=shown.facts, token=shown.token)
        accepted = _make_good(app, connection, who, shown, _again(connection, told, shown.deleted))
    ledger.mend(app)
    for operation_id in accepted.operations:
        app.engine.start(operation_id)
    return accepted


def _make_good(
    app: App, connection: Connection, who: Who, shown: Preview, again: list[tuple[Erasure, Store]]
) -> Accepted:  # fmt: skip
    now = app.clock.now()
    begun = [_delete(app, connection, who, one) for one in shown.deleted]
    paused = sum(_disconnect(app, connection, who, one) for one in shown.disconnected)
    lost = sum(_ask_for_reconnect(app, connection, who, one) for one in shown.authorized)
    for one in shown.odoo:
        restore_odoo.disconnect(app, connection, who, one)
    begun += restore_erasures.make_good(app, connection, again)
    _date_back_gaps(connection, shown)
    people.set_fact(connection, SETTLED_FACT, now.isoformat())
    held.lift(connection)
    accepted = Accepted(len(shown.deleted), paused, lost, len(again), tuple(begun), len(shown.odoo))
    detail = {"from": shown.hold.source, "deleted": accepted.deleted, "disconnected": paused, "reconnect": lost,
              "erased": accepted.erased, "odoo": accepted.odoo}  # fmt: skip
    for project in people.all_projects(connection):
        audit.write(
            connection, at=now, project_id=project["id"], actor=who.id, event="installation.restored", detail=detail
        )
        raise_notice(
            connection, at=now, project_id=project["id"], kind=NoticeKind.RESTORED,
            key=f"{NoticeKind.RESTORED}:{shown.hold.at.isoformat()}", sentence=_told(shown, accepted), address="/",
        )  # fmt: skip
    return accepted


def _date_back_gaps(connection: Connection, shown: Preview) -> None:
    """Nothing has come into this copy since it was made, whatever the clock said when the hold was lifted. When that
    was is not known of a file that was put back: before what the receipts file tells, at any rate."""
    told = {one.store_id: one.at for one in (*shown.disconnected, *shown.authorized)}
    for store in list(stores.every(connection)):
        since = shown.hold.backup_at or told.get(store.id)
        if store.deleted_at is None and store.state not in GOING and since is not None:
            stores.change(connection, store.id, gap_from=min(since, store.gap_from or since))


def _told(shown: Preview, accepted: Accepted) -> str:
    return (
        f"Mooring was restored from {shown.hold.source} and goes on. Deleted again: {accepted.deleted}. "
        f"Disconnected again: {accepted.disconnected + accepted.odoo}. To be reconnected: {accepted.reconnect}. "
        f"Customers erased again: {accepted.erased}."
    )


def _delete(app: App, connection: Connection, who: Who, one: Since) -> str:
    store = stores.load(connection, one.store_id or "")
    return delete.begin(app, connection, who, store, remote=False, cause=delete.RESTORED).id


def _disconnect(app: App, connection: Connection, who: Who, one: Since) -> bool:
    """No clean-up at Shopify: the disconnect that is made good had its own."""
    store = stores.load(connection, one.store_id or "")
    stores.move(
        connection, store, Event.DISCONNECT, at=app.clock.now(), actor=who.id, reason=_DISCONNECTED_REASON
    )  # fmt: skip
    return True


def _ask_for_reconnect(app: App, connection: Connection, who: Who, one: Since) -> bool:
    """A store that is disconnected in the copy needs a reconnect anyway."""
    store = stores.load(connection, one.store_id or "")
    if Event.AUTH_LOST not in TRANSITIONS[store.state]:
        return False
    lose(app, connection, store, reason=_REASON, actor=who.id)
    operations_parked.park_all(connection, store.id, at=app.clock.now())
    return True
