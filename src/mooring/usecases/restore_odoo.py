"""A backup may hold the key of an Odoo that was disconnected since: what the receipts file tells of it.

Whoever disconnected it destroyed the key here and may have left that Odoo for good. A restore brings the key back, so
the connection is closed again, without a call, before anything goes on. A mapping stays, as it does with Keep.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import odoo, people
from mooring.db.odoo import OdooConnection
from mooring.usecases import odoo_disconnect
from mooring.usecases.context import App
from mooring.usecases.ledger import ODOO_DISCONNECTED
from mooring.usecases.restore_news import SETTLED_FACT
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class OdooSince:
    """A connection that this database takes for open, and when it was closed."""

    project_id: str
    url: str
    database: str
    at: datetime

    @property
    def sentence(self) -> str:
        return f"Odoo at {self.url}, database {self.database} ({self.at:%d %b %Y, %H:%M} UTC)"


Closed = tuple[str, datetime]
"""Which project's connection was closed, and when."""


def told(app: App) -> list[Closed]:
    return list(_lines(app))


def _lines(app: App) -> Iterator[Closed]:
    for line in app.ledger.entries():
        if line.get("event") == ODOO_DISCONNECTED:
            try:
                yield str(line["project"]), datetime.fromisoformat(line["at"])
            except (KeyError, TypeError, ValueError):
                app.log.warning("receipts_line_unreadable")


def news(connection: Connection, closed: list[Closed]) -> tuple[OdooSince, ...]:
    """Open here, and closed after it was opened: whatever was connected later is not in this database."""
    settled = people.fact(connection, SETTLED_FACT)
    until = datetime.fromisoformat(settled) if settled else None
    late = [(project_id, at) for project_id, at in closed if until is None or at > until]
    return tuple(
        OdooSince(one.project_id, one.url, one.database, max(moments))
        for one in odoo.every(connection)
        if (moments := _moments(one, late))
    )


def _moments(one: OdooConnection, closed: list[Closed]) -> list[datetime]:
    if one.state == "disconnected":
        return []
    return [at for project_id, at in closed if project_id == one.project_id and at > one.connected_at]


def disconnect(app: App, connection: Connection, who: Who, since: OdooSince) -> None:
    odoo_disconnect.close(app, connection, who, odoo.load(connection, since.project_id))
