"""Requests about personal data as an admin sees them, and the one thing that is done by a person: answering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import people, privacy, stores
from mooring.db.privacy import DATA_REQUEST, REDACT, SHOP_REDACT, Request
from mooring.domain.rules import Role
from mooring.errors import Conflict, NotFound, Refused
from mooring.usecases.context import App
from mooring.usecases.privacy import settle
from mooring.usecases.who import Who

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it is shown. `days_left` until it is due, negative when overdue. `can_package`, `can_answer`: what
    an admin can do now. `what` and `next_step` are words."""

    request: Request
    store_name: str
    what: str
    next_step: str
    days_left: int | None
    can_package: bool
    can_answer: bool
    settled_by: str | None

    @property
    def overdue(self) -> bool:
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class Requests:
    """`open` ones by due date, then `settled` ones, newest first."""

    project_id: str
    open: tuple[Shown, ...]
    settled: tuple[Shown, ...]


def show(app: App, who: Who, project_id: str) -> Requests:
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        found = [_shown(app, connection, one) for one in privacy.of_project(connection, project_id, limit=_SHOWN)]
    waiting = sorted((one for one in found if one.request.state == "open"), key=lambda one: one.request.due_at)
    return Requests(project_id, tuple(waiting), tuple(one for one in found if one.request.state != "open"))


_WHAT = {
    DATA_REQUEST: "A customer asked for their data",
    REDACT: "A customer asked to be erased",
    SHOP_REDACT: "The shop asked for erasure",
}


_NEXT = {
    DATA_REQUEST: "Download the package, send it to the shop's owner, then mark it as answered.",
    REDACT: "Mooring erases this by itself.",
    SHOP_REDACT: "Everything of the store is deleted when this is due. Reconnecting the store calls it off.",
}


def _shown(app: App, connection: Connection, request: Request) -> Shown:
    waiting, mine = request.state == "open", request.topic == DATA_REQUEST
    left = (request.due_at - app.clock.now()) // timedelta(days=1) if waiting else None
    said = str((request.receipt or {}).get("sentence", ""))
    by = people.name_of(connection, request.settled_by) if request.settled_by else None
    return Shown(
        request=request,
        store_name=stores.load(connection, request.store_id).name if request.store_id else request.shop_domain,
        what=_WHAT[request.topic],
        next_step=_NEXT[request.topic] if waiting else said,
        days_left=left,
        can_package=waiting and mine,
        can_answer=waiting and mine,
        settled_by=by,
    )


def of_admin(app: App, who: Who, project_id: str, request_id: str) -> Request:
    """The request, for an admin of its project. A stranger learns nothing."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        request = privacy.load(connection, request_id)
    if request.project_id != project_id:
        raise NotFound("There is no such request.")
    return request


def answer(app: App, who: Who, project_id: str, request_id: str) -> Request:
    """An admin says that the customer got their data."""
    request = of_admin(app, who, project_id, request_id)
    if request.topic != DATA_REQUEST:
        raise Refused("Only a request for data is answered by a person. Mooring erases by itself.", code="not_answered")
    with app.db.write() as connection:
        current = privacy.load(connection, request_id)
        if current.state != "open":
            raise Conflict("This request was answered already.", code="already_answered")
        receipt = {"sentence": "The customer's data was handed over.", "due_at": request.due_at.isoformat()}
        settle(app, connection, current, "done", receipt, who)
        return privacy.load(connection, request_id)
