"""The check before each run: is this still the database the mapping speaks of, and are the records written last there?

It reads only. What it finds wrong holds the connection before anything is written, and says what it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain import odoo_guard
from mooring.domain.mapping import MODULE, MappedKind, parsed, reference
from mooring.domain.odoo_guard import LOOKED_AT, Fate, Identity, LooksLike, Seen, Verdict, Written, held_sentence
from mooring.domain.rules import Role
from mooring.errors import Refused
from mooring.ports import Row
from mooring.usecases import odoo_connect, odoo_details, odoo_gate, odoo_notices
from mooring.usecases.context import App
from mooring.usecases.odoo_details import NEUTRALISED, UUID
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.who import SYSTEM, Who

_ARCHIVED_TOO = {"active_test": False}


def require_same(app: App, ticket: Ticket) -> Verdict:
    """Before a run. Raises `Refused` (code `odoo_held`) when something is wrong, and holds the connection."""
    verdict = look(app, ticket)
    held = settle(app, SYSTEM, ticket, verdict)
    if held.state == "held":
        raise Refused(f"The Odoo connection is held: {held.reason}", code="odoo_held", looks_like=held.looks_like)
    return verdict


def check(app: App, who: Who, project_id: str) -> tuple[OdooConnection, Verdict]:
    """The button: what is found holds the connection, or lets it go when what it was held for is over."""
    who.require(project_id, Role.EDITOR)
    ticket = odoo_gate.ticket(app, project_id, while_held=True)
    verdict = look(app, ticket)
    return settle(app, who, ticket, verdict), verdict


# -- looking -------------------------------------------------------------------------------------------------------


def look(app: App, ticket: Ticket) -> Verdict:
    """Two or three calls for who it is, one for our external ids, one for each model. Nothing is changed."""
    found = odoo_gate.admit(app, ticket)
    now = _identity(app, ticket)
    looks_like = odoo_guard.changed(found.details, now)
    if looks_like is not None:
        return odoo_guard.held(looks_like)
    with app.db.read() as connection:
        elsewhere = mappings_of.is_elsewhere(connection, ticket.project_id, found.fingerprint)
        written = mappings_of.last_written(connection, ticket.project_id, found.fingerprint, LOOKED_AT)
    if elsewhere:
        return odoo_guard.held(LooksLike.OTHER_DATABASE)
    seen = _still_meant(app, _seen(app, ticket, written))
    known = now.uuid is not None and found.details.uuid is not None
    return odoo_guard.judge(seen, uuid_known=known, kept_at=found.details.kept_at)


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


def _seen(app: App, ticket: Ticket, written: Sequence[Written]) -> list[Seen]:
    if not written:
        return []
    domain = [["module", "=", MODULE], ["name", "in", [one.name for one in written]]]
    rows = odoo_gate.search_read(app, ticket, "ir.model.data", domain, ["name", "model", "res_id"])
    planted = {row["name"]: row for row in rows}
    there = _records(app, ticket, written)
    return [_fate(one, planted.get(one.name), there.get((one.model, one.odoo_id))) for one in written]


def _records(app: App, ticket: Ticket, written: Iterable[Written]) -> dict[tuple[str, int], Row]:
    """What is under the ids that the mapping names: an external id can outlive its record."""
    found: dict[tuple[str, int], Row] = {}
    for model in sorted({one.model for one in written}):
        ids = sorted({one.odoo_id for one in written if one.model == model})
        fields = ["create_date", *(["ref"] if model == "res.partner" else [])]
        rows = odoo_gate.search_read(app, ticket, model, [["id", "in", ids]], fields, context=_ARCHIVED_TOO)
        found |= {(model, row["id"]): row for row in rows}
    return found


def _fate(one: Written, planted: Row | None, record: Row | None) -> Seen:
    if planted is not None and planted["model"] == one.model and planted["res_id"] != one.odoo_id:
        return Seen(one, Fate.MOVED, planted["res_id"])
    if record is None:
        return Seen(one, Fate.MISSING)
    if planted is not None:
        return Seen(one, Fate.THERE)
    return Seen(one, Fate.TAKEN if _is_another(one, record) else Fate.UNLINKED)


def _is_another(one: Written, record: Row) -> bool:
    """Whether a record without our external id is not the one Mooring knew. A contact that Mooring made carries our
    reference; anything else is another one if it was made when, or after, Mooring last wrote to the one it knew."""
    known = parsed(one.name)
    if one.created and one.kind is MappedKind.CUSTOMER and known is not None:
        return record["ref"] != reference(known.shop_id, known.shopify_id)
    made = record["create_date"]
    return bool(made) and datetime.fromisoformat(made).replace(tzinfo=UTC) >= one.written_at.replace(microsecond=0)


# -- what follows from it ------------------------------------------------------------------------------------------


def settle(app: App, who: Who, ticket: Ticket, verdict: Verdict) -> OdooConnection:
    """The connection as it is afterwards: held, let go, or as it was. Raises `Stale` where it has moved on."""
    with app.db.write() as connection:
        before = odoo.fence(connection, ticket.project_id, ticket.generation)
        if verdict.looks_like is not None:
            return _hold(app, connection, who, before, verdict.looks_like)
        if before.state == "held" and before.looks_like != LooksLike.LEAVING:
            return release(app, connection, who, before, "odoo.released")
        return odoo.change(connection, before, checked_at=app.clock.now())


def _hold(app: App, connection: Connection, who: Who, before: OdooConnection, looks_like: LooksLike) -> OdooConnection:
    """Nothing that was begun before may write any more."""
    now = app.clock.now()
    if before.state == "held":
        return odoo.change(connection, before, checked_at=now)
    held = odoo.change(
        connection, before, state="held", state_since=now, reason=held_sentence(looks_like), looks_like=looks_like,
        generation=before.generation + 1, checked_at=now,
    )  # fmt: skip
    odoo_connect.note(app, connection, who, held, "odoo.held", looks_like=looks_like)
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
