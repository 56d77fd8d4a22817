"""The check before each run: is this still the database the mapping speaks of, and are the records written last there?

It reads only. What it finds wrong holds the connection before anything is written, and says what it looks like.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain import odoo_guard
from mooring.domain.odoo_guard import HIGHEST, LOOKED_AT, Identity, LooksLike, Seen, Verdict
from mooring.domain.rules import Role
from mooring.errors import Refused
from mooring.usecases import odoo_connect, odoo_details, odoo_gate, odoo_look, odoo_notices
from mooring.usecases.context import App
from mooring.usecases.odoo_details import NEUTRALISED, UUID, Permitted
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.who import SYSTEM, Who


def require_same(app: App, ticket: Ticket) -> Verdict:
    """Before a run. Raises `Refused` (code `odoo_held`) when something is wrong, and holds the connection."""
    verdict = look(app, ticket)
    held = settle(app, SYSTEM, ticket, verdict)
    if held.state == "held":
        raise Refused(f"The Odoo connection is held: {held.reason}", code="odoo_held", looks_like=held.looks_like)
    return verdict


def check(app: App, who: Who, project_id: str) -> tuple[OdooConnection, Verdict]:
    """The button: what is found holds the connection, or lets it go when what it was held for is over. Of the right
    database it is also asked anew what the user may do there."""
    who.require(project_id, Role.EDITOR)
    ticket = odoo_gate.ticket(app, project_id, while_held=True)
    verdict = look(app, ticket)
    learned = None if verdict.looks_like else _permitted(app, ticket)
    return settle(app, who, ticket, verdict, learned), verdict


def _permitted(app: App, ticket: Ticket) -> Permitted:
    major = odoo_gate.admit(app, ticket).details.major
    return odoo_gate.through(app, ticket, lambda access: odoo_details.permitted(app, access, major))


# -- looking -------------------------------------------------------------------------------------------------------


def look(app: App, ticket: Ticket) -> Verdict:
    """Two or three calls for who it is, one for our external ids, one for each model. Nothing is changed."""
    found = odoo_gate.admit(app, ticket)
    now = _identity(app, ticket)
    with app.db.read() as connection:
        marks = _marks(connection, found)
        written = mappings_of.looked_at(connection, ticket.project_id, marks, last=LOOKED_AT, highest=HIGHEST)
        missing = mappings_of.missing(connection, ticket.project_id)
    seen = _still_meant(app, odoo_look.seen(partial(odoo_gate.search_read, app, ticket), written))
    stored, elsewhere = found.details, sorted(marks - {found.fingerprint})
    if looks_like := odoo_guard.changed(stored, now) or odoo_guard.elsewhere(elsewhere, seen, now):
        return odoo_guard.held(looks_like, looked_at=len(seen), copied=odoo_guard.is_copied(seen))
    known = now.uuid is not None and stored.uuid is not None
    return odoo_guard.judge(seen, uuid_known=known, kept_at=stored.kept_at, missing=missing)


def _marks(connection: Connection, found: OdooConnection) -> set[str]:
    """Which databases the mapping speaks of; as good as always it is this one, which is quickly known."""
    if not mappings_of.is_elsewhere(connection, found.project_id, found.fingerprint):
        return {found.fingerprint}
    return mappings_of.by_fingerprint(connection, found.project_id).keys() | {found.fingerprint}


def _still_meant(app: App, seen: list[Seen]) -> list[Seen]:
    """Without those that were cleared or unlinked while Odoo was asked for them: they are not missing."""
    if not any(one.lost for one in seen):
        return seen
    with app.db.read() as connection:
        return [one for one in seen if not one.lost or mappings_of.is_current(connection, one.written)]


def _identity(app: App, ticket: Ticket) -> Identity:
    def asked(key: str) -> Any:
        return odoo_gate.call(app, ticket, "ir.config_parameter", "get_param", {"key": key}, writes=False)

    return Identity(
        odoo_details.or_none(lambda: asked(UUID)) or None,
        odoo_details.flag(odoo_details.or_none(lambda: asked(NEUTRALISED))),
    )


# -- what follows from it ------------------------------------------------------------------------------------------


def settle(
    app: App, who: Who, ticket: Ticket, verdict: Verdict, learned: Permitted | None = None
) -> OdooConnection:  # fmt: skip
    """The connection as it is afterwards: held, let go, or as it was. Raises `Stale` where it has moved on."""
    with app.db.write() as connection:
        before = odoo.fence(connection, ticket.project_id, ticket.generation)
        if verdict.looks_like is not None:
            return _hold(app, connection, who, before, verdict)
        facts = _facts(before, learned)
        if before.state == "held" and before.looks_like != LooksLike.LEAVING:
            return release(app, connection, who, before, "odoo.released", **facts)
        return odoo.change(connection, before, checked_at=app.clock.now(), **facts)


def _facts(before: OdooConnection, learned: Permitted | None) -> dict[str, str]:
    if learned is None:
        return {}
    details = msgspec.structs.replace(before.details, apps=learned.apps, rights=learned.rights)
    return {"details": msgspec.json.encode(details).decode()}


def _hold(app: App, connection: Connection, who: Who, before: OdooConnection, verdict: Verdict) -> OdooConnection:
    """Nothing that was begun before may write any more."""
    now = app.clock.now()
    if before.state == "held":
        return odoo.change(connection, before, checked_at=now)
    held = odoo.change(
        connection, before, state="held", state_since=now, reason=verdict.sentence, looks_like=verdict.looks_like,
        generation=before.generation + 1, checked_at=now,
    )  # fmt: skip
    odoo_connect.note(app, connection, who, held, "odoo.held", looks_like=verdict.looks_like)
    odoo_notices.is_held(connection, held, at=now)
    return held


def release(
    app: App, connection: Connection, who: Who, before: OdooConnection, event: str, **facts: Any
) -> OdooConnection:
    """It is connected again; what it was held for is over."""
    now = app.clock.now()
    free = odoo.change(
        connection, before, state="connected", state_since=now, reason=None, looks_like=None, checked_at=now, **facts
    )
    odoo_notices.is_over(connection, before, at=now)
    odoo_connect.note(app, connection, who, free, event)
    return free
