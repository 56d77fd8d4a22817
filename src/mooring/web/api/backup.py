"""Backup and the hold after a restore. The installation admin's."""

from __future__ import annotations

from datetime import datetime

from litestar.response import Stream

from mooring.errors import NotAllowed
from mooring.usecases import backup, held, restore
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Out
from mooring.web.routing import Given, JSONBody, get, post
from mooring.web.visit import Visit


class HeldOut(Out):
    """`held`: this installation was restored, and nothing leaves it until somebody accepts that."""

    held: bool
    since: datetime | None = None
    source: str | None = None
    backup_at: datetime | None = None
    sentence: str | None = None


class Accept(In):
    """Without `confirm` the answer is a preview and the token to confirm it with."""

    confirm: str | None = None


class AcceptedOut(Out):
    """`erased` counts customers; `operations` are the deletes and erasures that were begun."""

    deleted: int
    disconnected: int
    reconnect: int
    erased: int
    operations: list[str]


@get("/backup", role="installation_admin", summary="Everything in one file")
def written(app: Given[App], who: Given[Who], visit: Given[Visit]) -> Stream:
    """A zip, for the command line on the machine itself alone: it holds the key ring."""
    if visit.caller().by != "socket":
        raise NotAllowed("A backup is made on the machine itself: 'mooring backup FILE'.")
    return Stream(backup.write(app, who), media_type="application/zip")


@get("/held", role="signed_in", summary="Whether a restore waits to be accepted")
def shown(app: Given[App]) -> HeldOut:
    hold = held.held(app)
    if hold is None:
        return HeldOut(held=False)
    return HeldOut(True, hold.at, hold.source, hold.backup_at, held.SENTENCE)


@post("/held/accept", role="installation_admin", status_code=202, summary="Accept a restore")
def accepted(app: Given[App], who: Given[Who], data: JSONBody[Accept]) -> AcceptedOut:
    """Deletes again what was deleted since the backup, disconnects again what was disconnected since, asks for a
    reconnect of what was authorised since, erases again the customers who were erased at their own request since, and
    lets work go on."""
    done = restore.accept(app, who, data.confirm)
    return AcceptedOut(done.deleted, done.disconnected, done.reconnect, done.erased, list(done.operations))


ROUTES = [written, shown, accepted]
