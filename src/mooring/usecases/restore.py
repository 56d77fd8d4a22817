"""Accepting a restore: what happened since the copy was made is looked up in the receipts file and made good.

A store that was deleted since, or was being deleted, is deleted again, without a call to Shopify. One that was
disconnected since is disconnected again, without a call either. One that was authorised since holds dead credentials
in the copy and asks for a reconnect. Of several, what came last counts. Then the hold is lifted and work goes on. The
same is found, and held, when somebody has put an older database file back by hand.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, operations, people, stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING, TRANSITIONS, Event, State
from mooring.errors import ConfirmationMissing, Refused
from mooring.usecases import delete, held, ledger
from mooring.usecases.context import App
from mooring.usecases.held import Hold
from mooring.usecases.lost import lose
from mooring.usecases.notices import NoticeKind, raise_notice
from mooring.usecases.who import Who

SETTLED_FACT = "receipts_settled_until"
"""Lines of the receipts file up to this moment were made good when a restore was accepted."""
COPIED_BACK = "a database file that was put back"
_REASON = "Its credentials were renewed after this backup was made, so the ones in the backup are dead."
_TOKENS = (
    "A store whose token was renewed since may ask for a reconnect as well, at its first call. "
    "Settings and changes made since the backup are not in it, nor what customers had erased since: look at each store."
)
_DISCONNECTED_REASON = "It was disconnected after this backup was made, so it stays disconnected."
_NO_LINES = (
    "The receipts file tells of nothing since. If Mooring ran somewhere else after the backup was made, put that "
    "receipts.jsonl into the data directory first."
)


@dataclass(frozen=True, slots=True)
class Since:
    """Something the receipts file knows and this database does not. `store_id` is None for a store that is not in this
    database at all."""

    shop_domain: str
    at: datetime
    store_id: str | None
    name: str | None

    @property
    def sentence(self) -> str:
        return f"{self.shop_domain} ({self.at:%d %b %Y, %H:%M} UTC)"


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting would do. `unknown`: stores connected since, which have to be connected anew."""

    hold: Hold
    deleted: tuple[Since, ...]
    disconnected: tuple[Since, ...]
    authorized: tuple[Since, ...]
    unknown: tuple[Since, ...]
    notes: tuple[str, ...]
    token: str

    @property
    def facts(self) -> dict[str, Any]:
        """For machines and for the command line."""
        return {
            "restored_from": self.hold.source,
            "held_since": self.hold.at.isoformat(),
            "deletes": [one.sentence for one in self.deleted],
            "disconnects": [one.sentence for one in self.disconnected],
            "reconnects": [one.sentence for one in self.authorized],
            "connect_anew": [one.sentence for one in self.unknown],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """`operations` are the deletes that were begun."""

    deleted: int
    disconnected: int
    reconnect: int
    operations: tuple[str, ...]


# -- what the database does not know -------------------------------------------------------------------------------

_REMOVAL, _PAUSE, _GRANT = frozenset({"deleting", "erased"}), frozenset({"disconnected"}), frozenset({"authorized"})


@dataclass(frozen=True, slots=True)
class _Line:
    event: str
    at: datetime
    store_id: str
    shop_domain: str
    generation: int


def _lines(app: App) -> list[_Line]:
    """A line of another shape is none of ours."""
    found: list[_Line] = []
    for entry in app.ledger.entries():
        try:
            at = datetime.fromisoformat(entry["at"])
            line = _Line(entry["event"], at, entry["store"], entry["shop_domain"], int(entry["generation"]))
        except (KeyError, TypeError, ValueError):
            app.log.warning("receipts_line_unreadable")
            continue
        if line.event in _REMOVAL | _PAUSE | _GRANT:
            found.append(line)
    return found


def _news(connection: Connection, lines: list[_Line]) -> list[tuple[_Line, Store | None]]:
    """The latest line of each store, where this database does not know what it tells. A line that was added late, after
    a crash, stands behind later ones."""
    settled = people.fact(connection, SETTLED_FACT)
    until = datetime.fromisoformat(settled) if settled else None
    known = {store.id: store for store in stores.every(connection)}
    in_time = sorted(lines, key=lambda line: line.at)
    last = {line.store_id: line for line in in_time if until is None or line.at > until}
    return [(line, known.get(line.store_id)) for line in last.values() if not _knows(known.get(line.store_id), line)]


def _knows(store: Store | None, line: _Line) -> bool:
    if store is None:
        return line.event in _REMOVAL
    if store.state in GOING:
        return True
    if line.event in _REMOVAL:
        return False
    if line.event in _PAUSE and store.state is State.DISCONNECTED:
        return True
    return store.generation >= line.generation or (store.authorized_at is not None and store.authorized_at >= line.at)


def compare(app: App) -> bool:
    """At each start: hold a database that is older than its receipts file. Whether it is held now. One that is quite
    new, beside the receipts of an installation that is gone, has nothing to make good."""
    lines = _lines(app)
    with app.db.write() as connection:
        if held.find(connection) is not None:
            return True
        if people.count(connection) == 0 and lines:
            people.set_fact(connection, SETTLED_FACT, max(line.at for line in lines).isoformat())
        if not _news(connection, lines):
            return False
        held.put(connection, Hold(at=app.clock.now(), source=COPIED_BACK))
    app.log.warning("held", reason=COPIED_BACK)
    return True


# -- looking, and accepting ----------------------------------------------------------------------------------------


def preview(app: App, who: Who) -> Preview:
    """Raises `Refused` where nothing is held."""
    who.require_installation_admin()
    lines = _lines(app)
    with app.db.read() as connection:
        return _preview(app, connection, lines)


def _preview(app: App, connection: Connection, lines: list[_Line]) -> Preview:
    hold = held.find(connection)
    if hold is None:
        raise Refused("Nothing is held: there is no restore to accept.", code="not_held")
    news = _news(connection, lines)
    deleted, disconnected, authorized = (_of(news, events) for events in (_REMOVAL, _PAUSE, _GRANT))
    unknown = tuple(_since(line, None) for line, store in news if store is None)
    notes = (_TOKENS,) if news else (_NO_LINES, _TOKENS)
    shown = msgspec.json.encode([hold, deleted, disconnected, authorized, unknown]).decode()
    token = app.vault.keyed_hash(shown, purpose="accept_restore")
    return Preview(hold, deleted, disconnected, authorized, unknown, notes, token)


def _of(news: list[tuple[_Line, Store | None]], events: AbstractSet[str]) -> tuple[Since, ...]:
    return tuple(_since(line, store) for line, store in news if line.event in events and store)


def _since(line: _Line, store: Store | None) -> Since:
    return Since(line.shop_domain, line.at, store.id if store else None, store.name if store else None)


def accept(app: App, who: Who, token: str | None = None) -> Accepted:
    """Raises `ConfirmationMissing` with what would be done now, unless `token` is the one of exactly that."""
    who.require_installation_admin()
    lines = _lines(app)
    with app.db.write() as connection:
        shown = _preview(app, connection, lines)
        if token != shown.token:
            said = "This is what accepting would do." if token is None else "Something has changed since you looked."
            raise ConfirmationMissing(f"{said} Nothing was done yet.", preview=shown.facts, token=shown.token)
        accepted = _make_good(app, connection, who, shown)
    ledger.mend(app)
    for operation_id in accepted.operations:
        app.engine.start(operation_id)
    return accepted


def _make_good(app: App, connection: Connection, who: Who, shown: Preview) -> Accepted:
    now = app.clock.now()
    begun = [_delete(app, connection, who, one) for one in shown.deleted]
    paused = sum(_disconnect(app, connection, who, one) for one in shown.disconnected)
    lost = sum(_ask_for_reconnect(app, connection, who, one) for one in shown.authorized)
    people.set_fact(connection, SETTLED_FACT, now.isoformat())
    held.lift(connection)
    accepted = Accepted(len(begun), paused, lost, tuple(begun))
    detail = {"from": shown.hold.source, "deleted": len(begun), "disconnected": paused, "reconnect": lost}
    for project in people.all_projects(connection):
        audit.write(
            connection, at=now, project_id=project["id"], actor=who.id, event="installation.restored", detail=detail
        )
        raise_notice(
            connection, at=now, project_id=project["id"], kind=NoticeKind.RESTORED,
            key=f"{NoticeKind.RESTORED}:{shown.hold.at.isoformat()}", sentence=_told(shown, accepted), address="/",
        )  # fmt: skip
    return accepted


def _told(shown: Preview, accepted: Accepted) -> str:
    return (
        f"Mooring was restored from {shown.hold.source} and goes on. Deleted again: {accepted.deleted}. "
        f"Disconnected again: {accepted.disconnected}. To be reconnected: {accepted.reconnect}."
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
    operations.park_all(connection, store.id, at=app.clock.now())
    return True
