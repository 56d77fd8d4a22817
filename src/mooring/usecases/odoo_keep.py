"""Keep: a person has looked at a held connection and says that it is right. The mapping then belongs to the database
that is there now, and what it lacks counts as missing in Odoo, one by one: nothing is created again unasked. Which that
is a verify of each store finds out at once, so that people see it before anything is synced."""

from __future__ import annotations

import contextlib

import msgspec

from mooring.db import mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain.odoo_details import Details
from mooring.domain.odoo_guard import LooksLike
from mooring.domain.odoo_identity import fingerprint
from mooring.domain.rules import Role
from mooring.errors import Refused, Stale
from mooring.usecases import odoo_details, odoo_gate, odoo_guard, verify_mapping
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.who import Who


def request(app: App, who: Who, project_id: str) -> OdooConnection:
    """Raises `Refused` where nothing is held."""
    who.require(project_id, Role.ADMIN)
    ticket = odoo_gate.ticket(app, project_id, while_held=True)
    before = odoo_gate.admit(app, ticket)
    if before.state != "held" or before.looks_like == LooksLike.LEAVING:
        raise Refused("The Odoo connection is not held, so there is nothing to decide.", code="odoo_not_held")
    mark, details = identity(app, ticket)
    with app.db.write() as connection:
        before = odoo.fence(connection, project_id, ticket.generation)
        mappings_of.adopt(connection, project_id, mark)
        kept = msgspec.structs.replace(details, kept_at=app.clock.now())
        made = odoo_guard.release(
            app, connection, who, before, "odoo.kept", fingerprint=mark, details=msgspec.json.encode(kept).decode()
        )
        mapped = mappings_of.stores_with_any(connection, project_id)
    for store_id in mapped:
        _verify(app, who, store_id)
    return made


def _verify(app: App, who: Who, store_id: str) -> None:
    """What runs already is let run: a sync writes to nothing that does not bear our external id, and a clear or a
    rebuild leaves nothing to be looked for."""
    with contextlib.suppress(Refused, Stale):
        verify_mapping.request(app, who, store_id, kept=True)


def identity(app: App, ticket: Ticket) -> tuple[str, Details]:
    """Which database is there now: its fingerprint, and what it says of itself."""
    before, details = odoo_gate.admit(app, ticket), _now(app, ticket)
    return _mark(before, details), details


def _now(app: App, ticket: Ticket) -> Details:
    """Everything is read anew: it is the present database that is kept."""
    found = odoo_gate.admit(app, ticket)
    version = odoo_details.version_at(app, found.url)
    return odoo_gate.through(
        app, ticket, lambda access: odoo_details.read(app, access, version, found.company_id).details
    )


def _mark(before: OdooConnection, details: Details) -> str:
    """The uuid may not be readable, and then the old name stays: it is all there is."""
    if details.uuid is None and before.details.uuid is not None:
        return before.fingerprint
    return fingerprint(before.url, before.database, details)
