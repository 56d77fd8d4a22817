"""What people hear of their Odoo connection without asking: that it is held, and that this is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mooring.db.odoo import OdooConnection
from mooring.domain.odoo_guard import LooksLike
from mooring.usecases.notices import NoticeKind, raise_notice, settle_notice


def is_held(connection: Connection, found: OdooConnection, *, at: datetime) -> None:
    """Urgent, once per hold: nothing is synced until somebody looks."""
    looks_like = LooksLike(found.looks_like or LooksLike.OTHER_DATABASE)
    raise_notice(
        connection,
        at=at,
        project_id=found.project_id,
        kind=NoticeKind.ODOO_HELD,
        key=_key(found.generation),
        sentence=f"Odoo sync is held. {looks_like.label}: {found.reason}",
        address=f"/projects/{found.project_id}/odoo",
        urgent=True,
    )


def is_over(connection: Connection, found: OdooConnection, *, at: datetime) -> None:
    """`found`: as it was while it was held."""
    settle_notice(connection, found.project_id, _key(found.generation), at=at)


def _key(generation: int) -> str:
    return f"odoo_held:{generation}"
