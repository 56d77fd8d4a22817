"""Rows of `odoo_turns`: planning and creating is one at a time per Odoo database and model, across stores, projects and
workers. `database` is the first part of a fingerprint, so that companies of one database take turns as well."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import odoo_turns


def take(
    connection: Connection, database: str, model: str, *, holder: str, epoch: int, at: datetime, until: datetime
) -> bool:
    """Whether it is this operation's turn, from now until `until`. Its own turn, taken again, is prolonged; an older
    epoch never takes it from a newer one of the same operation."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = ours(odoo_turns).values(fingerprint=database, model=model, holder=holder, epoch=epoch, until=until)
    row = odoo_turns.c
    mine = and_(row.holder == holder, row.epoch <= epoch)
    taken = made.on_conflict_do_update(
        index_elements=["fingerprint", "model"],
        set_={"holder": holder, "epoch": epoch, "until": until},
        where=or_(mine, row.until <= at),
    )
    return connection.execute(taken.returning(row.model)).first() is not None


def holds(connection: Connection, database: str, model: str, *, holder: str, epoch: int, at: datetime) -> bool:
    """Whether it still is this operation's turn: asked before anything is sent or bound."""
    row = odoo_turns.c
    mine = (row.fingerprint == database, row.model == model, row.holder == holder, row.epoch == epoch, row.until > at)
    return connection.execute(select(row.model).where(*mine)).first() is not None


def holder(connection: Connection, database: str, model: str, *, at: datetime) -> str | None:
    """Whose turn it is; None while it is nobody's."""
    row = odoo_turns.c
    query = select(row.holder).where(row.fingerprint == database, row.model == model, row.until > at)
    return connection.execute(query).scalar()


def release(connection: Connection, database: str, model: str, *, holder: str, epoch: int) -> None:
    row = odoo_turns.c
    mine = (row.fingerprint == database, row.model == model, row.holder == holder, row.epoch == epoch)
    connection.execute(delete(odoo_turns).where(*mine))
